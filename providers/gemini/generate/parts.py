"""Parts of messages, in Gemini's words and back. https://ai.google.dev/api/caching#Part"""

from collections import deque
from operator import attrgetter
from typing import Any

from providers.gemini.generate import wire
from providers.gemini.generate.media import (
    detail_of,
    parse_blob,
    parse_file,
    render_media,
)
from providers.gemini.generate.tool_results import parse_response, render_response
from providers.gemini.models import Model
from providers.gemini.names import said
from providers.records import Losses, MalformedRecordError
from providers.records.chat import (
    CachePoint,
    Media,
    Part,
    Refusal,
    Signature,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from providers.records.rules import Alone, OnlyHere
from providers.records.values import EMPTY_OBJECT, is_object

NAME = "gemini"

# What a function call bears that Gemini did not make: https://ai.google.dev/gemini-api/docs/thought-signatures#faqs
UNSIGNED = "skip_thought_signature_validator"
NO_SIGNATURES = frozenset({UNSIGNED, "context_engineering_is_the_way_to_go", ""})

_OWN_CODE = "only Gemini runs code itself. Leave such parts out of the history."
_OWN_TOOL = "it is of a tool of Google's own. Leave such parts out of the history."
ALONE = OnlyHere(
    {
        "executable_code": Alone(_OWN_CODE),
        "code_execution_result": Alone(_OWN_CODE),
        "own_tool_call": Alone(_OWN_TOOL),
        "own_tool_response": Alone(_OWN_TOOL),
        "video_metadata": Alone("only Gemini can look at a part of a film. Cut the film instead."),
        "part_metadata": Alone(),
        "media_processing": Alone(),
        "audio_transcription": Alone(),
        "speech_metadata": Alone(),
        "document_metadata": Alone(),
        "spreadsheet_metadata": Alone(),
        "audio_metadata": Alone(),
    }
)


PART = "contents[].parts[]"
_union = attrgetter("text", "inline_data", "file_data", "function_call", "function_response")
_beside_text = attrgetter(*(name for name in wire.Part.__struct_fields__ if name != "text"))
_NOTHING_BESIDE = (None,) * (len(wire.Part.__struct_fields__) - 1)


class Calls:
    """The function calls of a conversation: Gemini's may lack ids, and their answers with them."""

    __slots__ = ("_answer", "_answered", "_count", "_minted", "_names", "_waiting")

    def __init__(self, answer: str | None = None) -> None:
        """`answer` is the id of the answer that they are in, so that ids are unique in a conversation."""
        self._answer = answer
        self._count = 0
        self._minted = 0
        self._names: dict[str, str] = {}
        self._answered: set[str] = set()
        self._waiting: dict[str, deque[str]] = {}

    def called(self, call: wire.FunctionCall) -> str:
        """The id of a call."""
        self._count += 1
        id = call.id or self._mint()
        self._names[id] = call.name
        self._waiting.setdefault(call.name, deque()).append(id)
        return id

    def answered(self, response: wire.FunctionResponse) -> tuple[str, str | None]:
        """The id of the call that is answered, and the name of the function if no call says it."""
        id = response.id or self._next(response.name)
        self._answered.add(id)
        return id, None if self._names.get(id) == response.name else response.name

    def _next(self, name: str) -> str:
        """The first call of this name that waits for its answer."""
        waiting = self._waiting.get(name)
        while waiting:
            id = waiting.popleft()
            if id not in self._answered:
                return id
        return self._mint()

    def _mint(self) -> str:
        """An id that nobody has yet: the number of the call, or the next one that is free."""
        self._minted = max(self._minted + 1, self._count)
        prefix = "call_" if self._answer is None else f"call_{self._answer}_"
        while (id := f"{prefix}{self._minted}") in self._names or id in self._answered:
            self._minted += 1
        return id


def parse_part(part: wire.Part, calls: Calls, losses: Losses, detail: str | None) -> Part | None:
    """One part of a request; None if it says nothing."""
    if part.text is not None and is_plain(part):
        return Text(part.text)
    if sum(said is not None for said in _union(part)) > 1:
        raise MalformedRecordError(
            f"{PART} holds several things. Make a part of each.", code="invalid_value", param=PART
        )
    ALONE.leave(part, losses)
    if part.text is not None and part.thought:
        return Thinking(part.text, signature_of(part.thought_signature))
    if part.function_call is not None:
        return parse_call(part.function_call, part.thought_signature, calls)
    if signature_of(part.thought_signature) is not None:
        losses.drop("thought_signature")  # of what only Gemini signs
    return _parse_unsigned(part, calls, losses, detail)


def _parse_unsigned(
    part: wire.Part, calls: Calls, losses: Losses, detail: str | None
) -> Part | None:
    if part.text is not None:
        return Text(part.text)
    if part.function_response is not None:
        id, name = calls.answered(part.function_response)
        return parse_response(part.function_response, id, name, losses)
    if part.thought:  # a picture on the way to the one that counts
        losses.drop("thinking")
        return None
    return parse_media(part, losses, detail)


def is_plain(part: wire.Part) -> bool:
    """Whether it is nothing but a text, as most are."""
    return _beside_text(part) == _NOTHING_BESIDE


def parse_media(part: wire.Part, losses: Losses, detail: str | None = None) -> Media | None:
    resolution = part.media_resolution
    if resolution is not None:
        detail = detail_of(resolution.level) or detail
        if resolution.num_tokens is not None:
            losses.drop("media_detail")
    if part.inline_data is not None:
        return parse_blob(part.inline_data, detail)
    if part.file_data is not None:
        return parse_file(part.file_data, detail)
    return None


def parse_call(call: wire.FunctionCall, signature: str | None, calls: Calls) -> ToolCall:
    arguments = said(call.args) or EMPTY_OBJECT
    if not call.name or not is_object(arguments) or call.partial_args or call.will_continue:
        raise MalformedRecordError(
            "A functionCall needs a name and an object of args.",
            code="invalid_value",
            param=f"{PART}.functionCall",
        )
    return ToolCall(calls.called(call), call.name, arguments, signature_of(signature))


def signature_of(value: str | None) -> Signature | None:
    return None if value is None or value in NO_SIGNATURES else Signature(NAME, value)


class Renderer:
    """Says the parts of one request."""

    def __init__(self, model: Model, losses: Losses) -> None:
        self._model = model
        self._losses = losses
        self._names: dict[str, str] = {}

    def message(self, parts: list[Part]) -> list[dict[str, Any]]:
        rendered = []
        unsigned = self._model.signs
        for part in parts:
            one = self._part(part)
            if one is None:
                continue
            if "functionCall" in one:  # of calls made at once, only the first needs to be signed
                if unsigned and "thoughtSignature" not in one:
                    one["thoughtSignature"] = UNSIGNED
                unsigned = False
            rendered.append(one)
        return rendered

    def _part(self, part: Part) -> dict[str, Any] | None:
        match part:
            case Text():
                return text(part, self._losses)
            case Media():
                return render_media(part, self._losses, resolution=self._model.signs)
            case ToolCall():
                self._names[part.id] = part.name
                return render_call(part)
            case ToolResult():
                return render_response(part, self._name(part), self._losses)
            case Thinking():
                return self._thinking(part)
            case Refusal(text=words):
                return {"text": words}
            case CachePoint():
                self._losses.drop("cache_point")
                return None
            case _:
                return self._losses.refuse(type(part).__name__, "Gemini has no such part.")

    def _name(self, result: ToolResult) -> str:
        name = self._names.get(result.call_id) or result.name
        if name is None:
            self._losses.refuse(
                "tool_result",
                f"Gemini must be told the tool's name, and no earlier call has the id "
                f"{result.call_id!r}. Keep the call in the history.",
            )
        return name

    def _thinking(self, part: Thinking) -> dict[str, Any] | None:
        signature = part.signature
        if part.redacted or (signature is not None and signature.by != NAME):
            self._losses.drop("thinking")
            return None
        thought: dict[str, Any] = {"text": part.text, "thought": True}
        if signature is not None:
            thought["thoughtSignature"] = signature.value
        return thought


def text(part: Text, losses: Losses) -> dict[str, Any]:
    if part.citations:
        losses.drop("citations")
    return {"text": part.text}


def render_call(call: ToolCall) -> dict[str, Any]:
    part: dict[str, Any] = {
        "functionCall": {"id": call.id, "name": call.name, "args": call.arguments}
    }
    if call.signature is not None and call.signature.by == NAME:
        part["thoughtSignature"] = call.signature.value
    return part
