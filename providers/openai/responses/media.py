"""Content parts: text, and images, files and sound, each in the record, by URL or by id."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import structs

from providers.openai.citations import parse_citation
from providers.openai.media import DETAILS, LIFETIMES, SOUNDS, parse_file, parse_url
from providers.openai.responses import wire
from providers.records import Losses, MalformedRecordError
from providers.records.chat import (
    CachePoint,
    Citation,
    Inline,
    Media,
    MediaKind,
    Part,
    Refusal,
    Stored,
    Text,
)

CONTENT = "body.input[].content[]"


def parts_of(content: str | Sequence[wire.Part], losses: Losses) -> list[Part]:
    if isinstance(content, str):
        return [Text(content)]
    parts: list[Part] = []
    for part in content:
        parts.append(READERS[type(part)](part, losses))
        breakpoint = getattr(part, "prompt_cache_breakpoint", None)
        if breakpoint is not None:
            parts.append(CachePoint(LIFETIMES[breakpoint.ttl]))
    return parts


def _text(part: wire.InputText, losses: Losses) -> Part:
    return Text(part.text)


def _image(part: wire.InputImage, losses: Losses) -> Part:
    image = _media("image", part.image_url, part.file_id, None)
    return structs.replace(image, detail=DETAILS[part.detail])


def _file(part: wire.InputFile, losses: Losses) -> Part:
    if part.file_data is not None:
        file = parse_file(part.file_data, part.filename, CONTENT)
    else:
        file = _media("document", part.file_url, part.file_id, part.filename)
    return structs.replace(file, detail=DETAILS[part.detail])


def _media(kind: MediaKind, url: str | None, file_id: str | None, name: str | None) -> Media:
    if url is not None:
        return parse_url(kind, url, CONTENT, name=name)
    if file_id is not None:
        return Media(kind, Stored(file_id), name=name)
    raise MalformedRecordError(
        f"{CONTENT} holds neither data nor a URL nor a file_id.",
        code="missing_required_parameter",
        param=CONTENT,
    )


def _audio(part: wire.InputAudio, losses: Losses) -> Part:
    sound = part.input_audio
    return Media("audio", Inline(sound.data), SOUNDS[sound.format])


def _said(part: wire.OutputText, losses: Losses) -> Part:
    if part.logprobs:
        losses.drop("input[].content[].logprobs")
    if not part.annotations:
        return Text(part.text)
    citations = tuple(_citation(each, part.text) for each in part.annotations if _is_of_web(each))
    if len(citations) < len(part.annotations):
        losses.drop("citations")  # of files that OpenAI keeps
    return Text(part.text, citations)


def _is_of_web(annotation: wire.Annotation) -> bool:
    return isinstance(annotation, wire.URLCitation)


def _citation(said: Any, text: str) -> Citation:
    return parse_citation(text, said.url, said.title, said.start_index, said.end_index)


def _refused(part: wire.OutputRefusal, losses: Losses) -> Part:
    return Refusal(part.refusal)


READERS: dict[type, Callable[[Any, Losses], Part]] = {
    wire.InputText: _text,
    wire.InputImage: _image,
    wire.InputFile: _file,
    wire.InputAudio: _audio,
    wire.OutputText: _said,
    wire.OutputRefusal: _refused,
}
