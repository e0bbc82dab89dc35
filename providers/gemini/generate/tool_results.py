"""What tools answered: Gemini wants an object. https://ai.google.dev/api/caching#FunctionResponse"""

from typing import Any

import msgspec

from providers.gemini.generate import wire
from providers.gemini.generate.media import parse_blob, parse_file, render_media
from providers.gemini.names import said
from providers.records import Losses, MalformedRecordError
from providers.records.chat import Data, Inline, Media, Text, ToolResult
from providers.records.rules import Alone, OnlyHere
from providers.records.values import EMPTY_OBJECT, is_object, one_line, text_of

ALONE = OnlyHere(
    {
        "scheduling": Alone(),
        "will_continue": Alone(
            "only Gemini takes a tool's answer piece by piece. Send all of it at once.",
            harmless=(False,),
        ),
    }
)
TEXT_KEYS = frozenset({"output", "result"})
SEVERAL = frozenset({"output", "error"})
SAID_BY_US = TEXT_KEYS | {"error"}

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_strings = msgspec.json.Decoder(list[str])
_string = msgspec.json.Decoder(str)


def parse_response(
    response: wire.FunctionResponse, id: str, name: str | None, losses: Losses
) -> ToolResult:
    ALONE.leave(response, losses)
    value = said(response.response) or EMPTY_OBJECT
    if not is_object(value):
        where = "request.contents[].parts[].functionResponse.response"
        raise MalformedRecordError(f"{where} is no object.", code="invalid_type", param=where)
    content, is_error = _parse_said(value)
    for part in response.parts or ():
        if part.inline_data is not None:
            content.append(parse_blob(part.inline_data))
        elif part.file_data is not None:
            content.append(parse_file(part.file_data))
    return ToolResult(id, content, name, is_error)


def _parse_said(value: msgspec.Raw) -> tuple[list[Text | Media | Data], bool]:
    fields = _object.decode(value)
    if len(fields) == 1:
        key, only = next(iter(fields.items()))
        if key in SAID_BY_US and bytes(only).startswith(b'"'):
            return [Text(_string.decode(only))], key == "error"
        if key in SEVERAL and (texts := _texts(only)):
            return texts, key == "error"
    return ([Data(value)] if fields else []), False


def _texts(raw: msgspec.Raw) -> list[Text | Media | Data]:
    """Several texts, as we say them; empty if it is anything else."""
    try:
        texts = _strings.decode(raw)
    except msgspec.ValidationError:
        return []
    return [Text(text) for text in texts] if len(texts) > 1 else []


def render_response(result: ToolResult, name: str, losses: Losses) -> dict[str, Any]:
    texts = [part for part in result.content if isinstance(part, Text | Data)]
    response: dict[str, Any] = {
        "id": result.call_id,
        "name": name,
        "response": _said(texts, is_error=result.is_error),
    }
    media = [_media(part, losses) for part in result.content if isinstance(part, Media)]
    if media:
        response["parts"] = media
    return {"functionResponse": response}


def _said(parts: list[Text | Data], *, is_error: bool) -> Any:
    if len(parts) == 1 and not is_error:
        only = parts[0]
        if isinstance(only, Data):
            return only.value if is_object(only.value) else {"output": only.value}
        return _as_object(only.text) or {"output": only.text}
    words = [part.text if isinstance(part, Text) else text_of(part.value) for part in parts]
    if not words and not is_error:
        return {}
    said_as = words[0] if len(words) == 1 else words or ""
    return {"error" if is_error else "output": said_as}


def _as_object(text: str) -> msgspec.Raw | None:
    """The JSON object that a text is, unless Gemini would take it for what we say ourselves."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        raw = text.encode()
        fields = _object.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if not fields or (len(fields) == 1 and fields.keys() <= SAID_BY_US):
        return None
    return one_line(raw)


def _media(media: Media, losses: Losses) -> dict[str, Any]:
    if not isinstance(media.source, Inline):
        feature = "tool_result_image" if media.kind == "image" else "tool_result_document"
        losses.refuse(
            feature,
            "Gemini fetches nothing for an answer of a tool. Put the bytes into the record.",
        )
    return render_media(media, losses, resolution=False)
