"""The check of an input file before a batch runs: a stream of lines in, a verdict out.

https://platform.openai.com/docs/guides/batch
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from providers.sandbox.directives import MARK, batch_directives
from providers.sandbox.openai.objects import BatchError
from providers.sandbox.openai.orders import Check, Verdict

# A file of 50,000 bad lines must not become an answer of 10 MB.
MOST_ERRORS = 100

NEEDS_MODEL = frozenset({"/v1/chat/completions", "/v1/completions", "/v1/embeddings"})


class _Line(msgspec.Struct):
    custom_id: Any = msgspec.UNSET
    method: Any = msgspec.UNSET
    url: Any = msgspec.UNSET
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Body(msgspec.Struct):
    model: Any = None
    input: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_line = msgspec.json.Decoder(_Line).decode
_decode_body = msgspec.json.Decoder(_Body).decode


def check(order: Check) -> Verdict:
    size = Path(order.path).stat().st_size
    if size > order.limits.batch_bytes:
        message = f"The input file is larger than {order.limits.batch_bytes} bytes."
        return Verdict(errors=[BatchError("file_too_large", message)])
    checker = _Checker(order)
    with open(order.path, "rb") as file:
        for number, line in enumerate(file, 1):
            checker.add(number, line)
    return checker.verdict()


class _Checker:
    def __init__(self, order: Check) -> None:
        self._endpoint = order.endpoint
        self._limits = order.limits
        self._found = Verdict()
        self._seen: set[str] = set()
        self._blank: int | None = None
        self._inputs = 0

    def add(self, number: int, line: bytes) -> None:
        if not line.strip():
            self._blank = self._blank or number
            return
        if self._blank is not None:
            # Blank lines are forgiven at the end of the file only.
            self._complain(_not_json(self._blank))
            self._blank = None
        self._found.total += 1
        if MARK in line:
            self._obey(batch_directives(line))
        for error in self._errors(number, line):
            self._complain(error)

    def verdict(self) -> Verdict:
        found, limits = self._found, self._limits
        if found.total == 0 and not found.errors:
            message = "The input file is empty. It must contain at least one request."
            self._complain(BatchError("empty_file", message))
        if found.total > limits.requests:
            message = f"The input file has more than {limits.requests} requests."
            self._complain(BatchError("too_many_tasks", message))
        if self._inputs > limits.embedding_inputs:
            message = f"The input file has more than {limits.embedding_inputs} embedding inputs."
            self._complain(BatchError("too_many_tasks", message))
        if found.outcome == "fail":
            self._complain(BatchError("sandbox_failure", "The batch failed as it was told to."))
        return found

    def _complain(self, error: BatchError) -> None:
        if len(self._found.errors) < MOST_ERRORS:
            self._found.errors.append(error)

    def _obey(self, ordered: dict[str, str]) -> None:
        self._found.outcome = ordered.get("batch", self._found.outcome)
        seconds = ordered.get("seconds", "")
        if seconds.replace(".", "", 1).isdigit():
            self._found.seconds = float(seconds)

    def _errors(self, number: int, raw: bytes) -> Iterator[BatchError]:
        try:
            # msgspec does not look into what it skips, so the encoding is checked apart.
            line = _decode_line(raw.decode())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield _not_json(number)
            return
        for name in ("custom_id", "method", "url", "body"):
            if getattr(line, name) is msgspec.UNSET:
                yield _missing(number, name)
        yield from self._custom_id_errors(number, line.custom_id)
        yield from self._route_errors(number, line)
        if not isinstance(line.body, msgspec.UnsetType):
            yield from self._body_errors(number, line.body)

    def _custom_id_errors(self, number: int, custom_id: Any) -> Iterator[BatchError]:
        if custom_id is msgspec.UNSET:
            return
        if not isinstance(custom_id, str):
            message = "Invalid type for 'custom_id': expected a string."
            yield BatchError("invalid_type", message, "custom_id", number)
        elif custom_id in self._seen:
            message = (
                f"The custom_id '{custom_id}' is a duplicate of another request's."
                " It must be unique for each request in a batch."
            )
            yield BatchError("duplicate_custom_id", message, "custom_id", number)
        else:
            self._seen.add(custom_id)

    def _route_errors(self, number: int, line: _Line) -> Iterator[BatchError]:
        if line.method is not msgspec.UNSET and line.method != "POST":
            message = "Invalid value for 'method'. Only POST is supported."
            yield BatchError("invalid_method", message, "method", number)
        if line.url is not msgspec.UNSET and line.url != self._endpoint:
            message = "The URL provided for this request does not match the batch endpoint."
            yield BatchError("invalid_url", message, "url", number)

    def _body_errors(self, number: int, raw: msgspec.Raw) -> Iterator[BatchError]:
        try:
            body = _decode_body(raw)
        except msgspec.ValidationError:
            message = "Invalid type for 'body': expected an object."
            yield BatchError("invalid_type", message, "body", number)
            return
        except msgspec.DecodeError:
            yield _not_json(number)
            return
        if self._endpoint == "/v1/embeddings":
            self._inputs += _count_inputs(body.input)
        if body.model is None and self._endpoint in NEEDS_MODEL:
            yield _missing(number, "body.model")
        elif isinstance(body.model, str):
            yield from self._model_errors(number, body.model)

    def _model_errors(self, number: int, model: str) -> Iterator[BatchError]:
        if self._found.model is None:
            self._found.model = model
        elif model != self._found.model:
            message = (
                "Each batch must contain requests for a single model:"
                f" '{model}' is not '{self._found.model}'."
            )
            yield BatchError("mismatched_model", message, "body.model", number)


def _not_json(number: int) -> BatchError:
    message = "This line is not parseable as valid JSON."
    return BatchError("invalid_json_line", message, None, number)


def _missing(number: int, name: str) -> BatchError:
    message = f"Missing required parameter: '{name}'."
    return BatchError("missing_required_parameter", message, name, number)


def _count_inputs(raw: msgspec.Raw | msgspec.UnsetType) -> int:
    """A string, or the tokens of one, is one input; a list of either is as many as it has."""
    if isinstance(raw, msgspec.UnsetType):
        return 1
    value = msgspec.json.decode(raw)
    if isinstance(value, list) and value and not isinstance(value[0], int):
        return len(value)
    return 1
