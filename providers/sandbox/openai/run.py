"""The run of a batch: lines of questions in, lines of answers and of errors out.

https://platform.openai.com/docs/guides/batch
"""

from typing import Any, BinaryIO

import msgspec

from providers.sandbox.directives import Directives, raw_directives
from providers.sandbox.openai import refusals
from providers.sandbox.openai.endpoints import Endpoint, endpoint
from providers.sandbox.openai.orders import ANSWERED, FAILED, Ran, Run, Unexecuted
from providers.sandbox.orders import Report
from providers.sandbox.refusal import Refusal
from providers.sandbox.shuffled_lines import ShuffledLines
from providers.sandbox.words import digest_of

_UNEXECUTED: dict[Unexecuted, str] = {
    "batch_expired": ("This request could not be executed before the completion window expired."),
    "batch_cancelled": "This request was not executed because the batch was cancelled.",
}
_REPORT_EVERY = 500
_BUFFER = 1024 * 1024

_encode = msgspec.json.Encoder().encode


class _Line(msgspec.Struct):
    custom_id: str
    body: msgspec.Raw


_decode_line = msgspec.json.Decoder(_Line).decode


def run(order: Run, report: Report) -> Ran:
    """Write both files, which exist and are empty; if they are gone, nobody wants the results."""
    try:
        with (
            open(order.path, "rb") as source,
            open(order.output, "r+b", buffering=_BUFFER) as output,
            open(order.errors, "r+b", buffering=_BUFFER) as errors,
        ):
            runner = _Runner(endpoint(order.endpoint), output, errors)
            _run_lines(order, runner, ShuffledLines(source), report)
    except FileNotFoundError:
        return Ran()
    return runner.ran


def _run_lines(order: Run, runner: "_Runner", lines: ShuffledLines, report: Report) -> None:
    limit = len(lines) if order.limit is None else order.limit
    outcomes: list[str] = []
    for line in lines.between(0, limit):
        outcomes.append(runner.execute(_decode_line(line)))
        if len(outcomes) == _REPORT_EVERY:
            report("".join(outcomes))
            outcomes.clear()
    report("".join(outcomes))
    for line in lines.between(limit, len(lines)):
        runner.give_up(_decode_line(line), order.rest)


class _Runner:
    def __init__(self, target: Endpoint, output: BinaryIO, errors: BinaryIO) -> None:
        self._endpoint = target
        self._output = output
        self._errors = errors
        self.ran = Ran()

    def execute(self, line: _Line) -> str:
        raw = bytes(line.body)
        digest = digest_of(line.custom_id, raw)
        order = raw_directives(raw)
        try:
            body = self._answer(raw, order, digest)
        except Refusal as refusal:
            self._write(self._errors, line, order, digest, refusal.status, refusal.body)
            self.ran.failed += 1
            return FAILED
        self._write(self._output, line, order, digest, 200, body)
        self._count(body.get("usage") or {})
        return ANSWERED

    def give_up(self, line: _Line, code: Unexecuted) -> None:
        error = {"code": code, "message": _UNEXECUTED[code]}
        digest = digest_of(line.custom_id, bytes(line.body))
        self._errors.write(_result(line.custom_id, digest, response=None, error=error))

    def _answer(self, raw: bytes, order: Directives, digest: str) -> dict[str, Any]:
        if order.status is not None and order.status >= 400:
            raise refusals.plain(order.status)
        return self._endpoint.answer(self._endpoint.judge(raw), order, digest)

    def _write(
        self,
        file: BinaryIO,
        line: _Line,
        order: Directives,
        digest: str,
        status: int,
        body: dict[str, Any],
    ) -> None:
        response = {"status_code": status, "request_id": f"req_{digest}", "body": body}
        result = _result(line.custom_id, digest, response=response, error=None)
        file.write(result * (0 if order.lost else 2 if order.twice else 1))

    def _count(self, usage: dict[str, Any]) -> None:
        self.ran.completed += 1
        self.ran.input_tokens += usage.get("prompt_tokens", usage.get("input_tokens", 0))
        self.ran.output_tokens += usage.get("completion_tokens", usage.get("output_tokens", 0))


def _result(
    custom_id: str, digest: str, *, response: dict[str, Any] | None, error: dict[str, str] | None
) -> bytes:
    result = {
        "id": f"batch_req_{digest}",
        "custom_id": custom_id,
        "response": response,
        "error": error,
    }
    return _encode(result) + b"\n"
