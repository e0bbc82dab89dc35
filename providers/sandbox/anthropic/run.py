"""The run of a batch: lines of requests in, lines of results out.

https://platform.claude.com/docs/en/build-with-claude/batch-processing
"""

from typing import Any, BinaryIO

import msgspec

from providers.sandbox.anthropic import refusals
from providers.sandbox.anthropic.answers import answer
from providers.sandbox.anthropic.judge import Judge, judge
from providers.sandbox.anthropic.orders import Ran, Rest, Run
from providers.sandbox.directives import Directives, raw_directives
from providers.sandbox.orders import Report
from providers.sandbox.refusal import Refusal
from providers.sandbox.shuffled_lines import ShuffledLines
from providers.sandbox.words import digest_of

SUCCEEDED, ERRORED = "s", "e"

_REPORT_EVERY = 500
_BUFFER = 1024 * 1024

_encode = msgspec.json.Encoder().encode


class _Line(msgspec.Struct):
    custom_id: str
    params: msgspec.Raw


_decode_line = msgspec.json.Decoder(_Line).decode


def run(order: Run, report: Report) -> Ran:
    """Write the results to a file, which exists; if it is gone, nobody wants them."""
    try:
        with (
            open(order.path, "rb") as source,
            open(order.results, "r+b", buffering=_BUFFER) as results,
        ):
            results.truncate()
            runner = _Runner(judge(order.version, has_betas=order.has_betas), results)
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
    def __init__(self, check: Judge, results: BinaryIO) -> None:
        self._check = check
        self._results = results
        self.ran = Ran()

    def execute(self, line: _Line) -> str:
        raw = bytes(line.params)
        digest = digest_of(line.custom_id, raw)
        order = raw_directives(raw)
        try:
            message = self._answer(raw, order, digest)
        except Refusal as refusal:
            self._write(line, order, _errored(refusal, digest))
            self.ran.errored += 1
            return ERRORED
        self._write(line, order, {"type": "succeeded", "message": message})
        self.ran.succeeded += 1
        return SUCCEEDED

    def give_up(self, line: _Line, rest: Rest) -> None:
        result: dict[str, Any] = {"type": rest}
        match rest:
            case "canceled":
                self.ran.canceled += 1
            case "expired":
                self.ran.expired += 1
            case "errored":
                self.ran.errored += 1
                digest = digest_of(line.custom_id, bytes(line.params))
                result = _errored(refusals.plain(500), digest)
        self._results.write(_encode({"custom_id": line.custom_id, "result": result}) + b"\n")

    def _answer(self, raw: bytes, order: Directives, digest: str) -> dict[str, Any]:
        if order.status is not None and order.status >= 400:
            raise refusals.of_request(order.status)
        return answer(self._check(raw), order, digest)

    def _write(self, line: _Line, order: Directives, result: dict[str, Any]) -> None:
        written = _encode({"custom_id": line.custom_id, "result": result}) + b"\n"
        self._results.write(written * (0 if order.lost else 2 if order.twice else 1))


def _errored(refusal: Refusal, digest: str) -> dict[str, Any]:
    return {"type": "errored", "error": refusals.signed(refusal, f"req_{digest}")}
