"""The run of a batch: lines of requests in, lines of responses and errors out.

https://ai.google.dev/gemini-api/docs/batch-api
"""

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from providers.sandbox.directives import Directives, raw_directives
from providers.sandbox.gemini import refusals
from providers.sandbox.gemini.lines import Line, read_line
from providers.sandbox.gemini.methods import Method, method
from providers.sandbox.gemini.orders import ANSWERED, FAILED, Ran, Run
from providers.sandbox.orders import Report
from providers.sandbox.refusal import Refusal
from providers.sandbox.shuffled_lines import ShuffledLines
from providers.sandbox.words import digest_of

_REPORT_EVERY = 500
_BUFFER = 1024 * 1024

_encode = msgspec.json.Encoder().encode


def run(order: Run, report: Report) -> Ran:
    """Write the output, which exists and is empty; if it is gone, nobody wants the results."""
    try:
        with (
            open(order.path, "rb") as source,
            open(order.output, "r+b", buffering=_BUFFER) as output,
        ):
            runner = _Runner(method(order.method), order.model, output)
            _run_lines(runner, _lines(order, source), report)
    except FileNotFoundError:
        return Ran()
    return runner.ran


def _lines(order: Run, source: BinaryIO) -> Iterator[bytes]:
    """Results come in any order: https://github.com/googleapis/python-genai/issues/1909

    Unless nothing but their order tells them apart.
    """
    if order.is_shuffled:
        lines = ShuffledLines(source)
        return lines.between(0, len(lines))
    return (line for line in source if line.strip())


def _run_lines(runner: "_Runner", lines: Iterator[bytes], report: Report) -> None:
    outcomes: list[str] = []
    for line in lines:
        outcomes.append(runner.execute(read_line(line)))
        if len(outcomes) == _REPORT_EVERY:
            report("".join(outcomes))
            outcomes.clear()
    report("".join(outcomes))


class _Runner:
    def __init__(self, target: Method, model: str, output: BinaryIO) -> None:
        self._method = target
        self._model = model
        self._output = output
        self.ran = Ran()

    def execute(self, line: Line) -> str:
        raw = b"null" if isinstance(line.request, msgspec.UnsetType) else bytes(line.request)
        key = b"" if isinstance(line.key, msgspec.UnsetType) else bytes(line.key)
        digest = digest_of(key.decode(), raw)
        order = raw_directives(raw)
        try:
            said = b'"response":' + self._answer(raw, order, digest)
            self.ran.succeeded += 1
            outcome = ANSWERED
        except Refusal as refusal:
            said = b'"error":' + _encode(refusals.status_of(refusal))
            self.ran.failed += 1
            outcome = FAILED
        result = _result(line, key, said, digest)
        self._output.write(result * (0 if order.lost else 2 if order.twice else 1))
        return outcome

    def _answer(self, raw: bytes, order: Directives, digest: str) -> bytes:
        if order.status is not None and order.status >= 400:
            raise refusals.plain(order.status)
        body = self._method.judge(raw, model=self._model)
        return _encode(self._method.answer(body, self._model, order, digest))


def _result(line: Line, key: bytes, said: bytes, digest: str) -> bytes:
    """Metadata beside a key gets lost now and then, as it does at the vendor.

    https://github.com/googleapis/python-genai/issues/2008
    """
    parts = [b'"key":' + key] if key else []
    parts.append(said)
    if not isinstance(line.metadata, msgspec.UnsetType) and not (key and digest < "4"):
        parts.append(b'"metadata":' + bytes(line.metadata))
    return b"{" + b",".join(parts) + b"}\n"
