"""The parts of a message, there and back.

https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages
"""

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from providers.openai.chat import wire
from providers.openai.citations import parse_citation
from providers.openai.media import (
    DETAILS,
    LIFETIMES,
    SOUND_FORMATS,
    SOUNDS,
    data_uri,
    parse_file,
    parse_url,
)
from providers.records import Losses, MalformedRecordError
from providers.records.chat import (
    CachePoint,
    Citation,
    Data,
    Inline,
    Link,
    Media,
    Part,
    Refusal,
    Stored,
    Text,
    Thinking,
    ToolCall,
)
from providers.records.media import ending_of
from providers.records.rules import Rendered
from providers.records.values import text_of

UNSENT_FILE = "The file is kept by another vendor. Put its bytes into the record."
IMAGE_URL = "messages[].content[].image_url.url"
FILE = "messages[].content[].file"


def parse_content(content: str | Sequence[Any] | None) -> list[Part]:
    """A plain string, or a list of parts that need no losses."""
    if type(content) is str:
        return [Text(content)]
    parts: list[Part] = []
    for said in content or ():
        parts.append(_parse_part(said))
        point = getattr(said, "prompt_cache_breakpoint", None)
        if point is not None:
            parts.append(CachePoint(LIFETIMES[point.ttl]))
    return parts


def is_plain(parts: Sequence[Part]) -> bool:
    """One text and nothing else, as most messages are."""
    return len(parts) == 1 and type(parts[0]) is Text and not parts[0].citations


def render_content(parts: Sequence[Part], losses: Losses) -> str | list[Rendered]:
    """A string if it is one text, else a list."""
    rendered = [said for part in parts if (said := _render_part(part, losses))]
    if len(rendered) == 1 and rendered[0]["type"] == "text":
        text: str = rendered[0]["text"]
        return text
    return rendered or ""


def _parse_part(said: Any) -> Part:
    match said:
        case wire.TextPart():
            return Text(said.text)
        case wire.ImagePart():
            return _parse_image(said.image_url)
        case wire.FilePart():
            return _parse_file(said.file)
        case wire.AudioPart():
            sound = said.input_audio
            return Media("audio", Inline(sound.data), SOUNDS[sound.format])
        case _:
            return Refusal(said.refusal)


def _render_part(part: Part, losses: Losses) -> Rendered | None:
    match part:
        case Text():
            return render_text(part, losses)
        case Media():
            return _render_media(part, losses)
        case Refusal():
            return {"type": "text", "text": part.text}
        case Data():
            return {"type": "text", "text": text_of(part.value)}
        case CachePoint():
            losses.drop("cache_point")
        case Thinking():
            losses.drop("thinking")
        case ToolCall():
            return losses.refuse("tool_call", "Only an assistant calls tools.")
        case _:
            return losses.refuse("tool_result", "Only a user's message has results of tools.")
    return None


def render_text(part: Text, losses: Losses) -> Rendered:
    if part.citations:
        losses.drop("citations")
    return {"type": "text", "text": part.text}


def parse_citations(annotations: Sequence[wire.Annotation], text: str) -> tuple[Citation, ...]:
    """What a text rests on. An annotation of the whole text has no span."""
    cited = (said.url_citation for said in annotations)
    return tuple(
        parse_citation(text, at.url, at.title, at.start_index, at.end_index) for at in cited
    )


def _parse_image(said: wire.ImageURL) -> Media:
    image = parse_url("image", said.url, IMAGE_URL)
    detail = DETAILS[said.detail]
    return structs.replace(image, detail=detail) if detail else image


def _render_image(media: Media, losses: Losses) -> Rendered:
    image = {"url": media.source.url if isinstance(media.source, Link) else data_uri(media)}
    if media.detail in ("low", "high"):
        image["detail"] = media.detail
    elif media.detail:
        losses.drop("media_detail")
    return {"type": "image_url", "image_url": image}


def _parse_file(said: wire.File) -> Media:
    if said.file_id is not None:
        return Media("document", Stored(said.file_id), name=said.filename)
    if said.file_data is None:
        raise MalformedRecordError(
            f"{FILE} needs file_data or file_id.", code="missing_required_parameter", param=FILE
        )
    return parse_file(said.file_data, said.filename, f"{FILE}.file_data")


def _render_file(media: Media, losses: Losses) -> Rendered:
    if isinstance(media.source, Link):
        losses.refuse(
            "document_link",
            "Chat Completions takes no document by URL. Put its bytes into the record.",
        )
    if media.cite:
        losses.refuse("document_citations", "Its answers cite no documents. Ask for no citations.")
    if media.context:
        losses.drop("document_context")
    name = media.name or f"document{ending_of(media.mime)}"
    return {"type": "file", "file": {"filename": name, "file_data": data_uri(media)}}


def _render_sound(media: Media, losses: Losses) -> Rendered:
    if not isinstance(media.source, Inline):
        losses.refuse("audio_link", "It takes no sound by URL. Put the bytes into the record.")
    format = SOUND_FORMATS.get(media.mime or "")
    if format is None:
        losses.refuse("audio", f"It takes sound as WAV and MP3 only, and this is {media.mime}.")
    sound = {"data": media.source.data, "format": format}
    return {"type": "input_audio", "input_audio": sound}


def _refuse_film(media: Media, losses: Losses) -> Rendered:
    feature = "video_link" if isinstance(media.source, Link) else "video"
    losses.refuse(feature, "It takes no films. Send images of it.")


MEDIA = {
    "image": _render_image,
    "document": _render_file,
    "audio": _render_sound,
    "video": _refuse_film,
}


def _render_media(media: Media, losses: Losses) -> Rendered:
    if isinstance(media.source, Stored):
        losses.refuse(f"{media.kind}_file", UNSENT_FILE)
    return MEDIA[media.kind](media, losses)
