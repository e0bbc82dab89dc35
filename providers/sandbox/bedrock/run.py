"""The run of a job: lines of records in, lines of results out.

https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
"""

from typing import Any, BinaryIO

import msgspec

from providers.sandbox.bedrock import refusals
from providers.sandbox.bedrock.models.asking import ask, tokens_of
from providers.sandbox.bedrock.orders import ANSWERED, FAILED, Ran, Run
from providers.sandbox.directives import raw_directives
from providers.sandbox.orders import Report
from providers.sandbox.refusal import Refusal
from providers.sandbox.shuffled_lines import ShuffledLines
from providers.sandbox.words import digest_of

_REPORT_EVERY = 500
_BUFFER = 1024 * 1024
_ID_LENGTH = 11

_encode = msgspec.json.Encoder().encode


class _Line(msgspec.Struct):
    modelInput: msgspec.Raw
    recordId: str | None = None


_decode = msgspec.json.Decoder(_Line).decode


def run(order: Run, report: Report) -> Ran:
    """Write the output, which exists; if it is gone, nobody wants the results."""
    try:
        with (
            open(order.path, "rb") as source,
            open(order.output, "r+b", buffering=_BUFFER) as output,
        ):
            output.truncate()
            runner = _Runner(order, output)
            _run_lines(runner, ShuffledLines(source), order.limit, report)
    except FileNotFoundError:
        return Ran()
    return runner.ran


def _run_lines(runner: "_Runner", lines: ShuffledLines, limit: int | None, report: Report) -> None:
    outcomes: list[str] = []
    for line in lines.between(0, len(lines) if limit is None else min(limit, len(lines))):
        outcomes.append(runner.execute(_decode(line)))
        if len(outcomes) == _REPORT_EVERY:
            report("".join(outcomes))
            outcomes.clear()
    report("".join(outcomes))


class _Runner:
    def __init__(self, order: Run, output: BinaryIO) -> None:
        self._model = order.model
        self._invocation = order.invocation
        self._output = output
        self.ran = Ran()

    def execute(self, line: _Line) -> str:
        raw = bytes(line.modelInput)
        digest = digest_of(line.recordId or "", raw)
        order = raw_directives(raw)
        result: dict[str, Any] = {
            "modelInput": line.modelInput,
            "recordId": line.recordId or digest[:_ID_LENGTH].upper(),
        }
        try:
            if order.status is not None and order.status >= 400:
                raise refusals.plain(order.status)
            answer = ask(self._model, self._invocation, raw, order, digest, is_batch=True)
            result["modelOutput"] = answer
            self._count(answer)
        except Refusal as refused:
            message = refusals.message_of(refused)
            result["error"] = {"errorCode": refused.status, "errorMessage": message}
            self.ran.failed += 1
        written = _encode(result) + b"\n"
        self._output.write(written * (0 if order.lost else 2 if order.twice else 1))
        return FAILED if "error" in result else ANSWERED

    def _count(self, answer: dict[str, Any]) -> None:
        self.ran.succeeded += 1
        asked, said = tokens_of(answer)
        self.ran.input_tokens += asked
        self.ran.output_tokens += said
