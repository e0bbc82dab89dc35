"""Records that stand in for those that results answer, where nobody has the requests any more.

They have the id of the result and the little that it tells of its question. Results can be told of them, in
every dialect; to send them again would be of no use.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from batches.translate import ENDPOINTS, dialect_of
from providers.records import MAX_LINE_BYTES, Failure, Result

UNKNOWN = "unknown"
EMBEDDINGS = "/v1/embeddings"


class _Answer(msgspec.Struct, gc=False):
    model: str | None = None


class _Asked(msgspec.Struct, gc=False):
    """What lines of results repeat of their questions: Bedrock's all of it, Gemini's what is its client's."""

    modelInput: msgspec.Raw = msgspec.Raw(b"{}")
    key: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    metadata: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_answer = msgspec.json.Decoder(_Answer).decode
_asked = msgspec.json.Decoder(_Asked).decode
_encode = msgspec.json.Encoder().encode


class StandIns:
    """Makes them for one job of a provider's. `model` is the job's, as far as its provider says."""

    def __init__(self, provider: str, *, endpoint: str, model: str) -> None:
        self._dialect = dialect_of(provider)
        self._make = MAKERS[provider]
        self._endpoint = endpoint
        self.model = model

    def record_for(self, line: bytes) -> tuple[str, bytes]:
        """The id and the line of the record that a line of results answers. Raises MalformedRecordError."""
        result = self._dialect.open_result(line)
        model = _model_of(result) or self.model or UNKNOWN
        self.model = self.model or model.replace(UNKNOWN, "")
        made = _encode(self._make(result, model, self._endpoint))
        if len(made) > MAX_LINE_BYTES:
            made = _encode(
                self._make(Result(result.id, result.outcome, b"{}"), model, self._endpoint)
            )
        return result.id, made


def _model_of(result: Result) -> str:
    if isinstance(result.outcome, Failure):
        return ""
    try:
        return _answer(result.outcome).model or ""
    except msgspec.DecodeError:
        return ""


def _openai(result: Result, model: str, endpoint: str) -> dict[str, Any]:
    return {
        "custom_id": result.id,
        "method": "POST",
        "url": endpoint or ENDPOINTS[0],
        "body": {"model": model},
    }


def _anthropic(result: Result, model: str, endpoint: str) -> dict[str, Any]:
    return {"custom_id": result.id, "params": {"model": model}}


def _bedrock(result: Result, model: str, endpoint: str) -> dict[str, Any]:
    return {"recordId": result.id, "modelInput": _asked(result.line).modelInput}


def _gemini(result: Result, model: str, endpoint: str) -> dict[str, Any]:
    said = _asked(result.line)
    places = {"key": said.key, "metadata": said.metadata}
    named = {name: raw for name, raw in places.items() if raw is not msgspec.UNSET}
    kind: dict[str, Any] = (
        {"content": {"parts": []}} if endpoint == EMBEDDINGS else {"contents": []}
    )
    return {**named, "request": kind}


MAKERS: dict[str, Callable[[Result, str, str], dict[str, Any]]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "bedrock": _bedrock,
    "gemini": _gemini,
}
