"""Images, files and sound: what Chat Completions and Responses say alike.

https://platform.openai.com/docs/guides/images-vision, https://platform.openai.com/docs/guides/pdf-files
"""

import base64
from urllib.parse import unquote_to_bytes

from providers.records import MalformedRecordError
from providers.records.chat import Inline, Link, Media, MediaKind
from providers.records.media import type_of

# Closest of the neutral form; "auto" says nothing, "original" is the image as it is.
DETAILS = {"low": "low", "high": "high", "original": "high", "auto": None, None: None}
# Lifetimes are minima, so the next longer one that others have: https://platform.openai.com/docs/guides/prompt-caching
LIFETIMES = {None: None, "30m": "1h", "12h": "1h"}
SOUNDS = {"wav": "audio/wav", "mp3": "audio/mpeg"}
SOUND_FORMATS = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
}
USUAL_FILE = "application/pdf"
NO_MIME = "application/octet-stream"


def parse_url(kind: MediaKind, url: str, where: str, *, name: str | None = None) -> Media:
    """What a URL leads to, or holds. Raises MalformedRecordError, which names `where` it stands."""
    if url[:5].lower() != "data:":
        return Media(kind, Link(url), type_of(url), name)
    mime, data = _parse_data_uri(url, where)
    return Media(kind, Inline(data), mime, name)


def parse_file(data: str, name: str | None, where: str) -> Media:
    """A file in a data: URI, or in base64 alone, and then of the type that its name says."""
    if data[:5].lower() == "data:":
        return parse_url("document", data, where, name=name)
    return Media("document", Inline(data), type_of(name) or USUAL_FILE, name)


def data_uri(media: Media) -> str:
    assert isinstance(media.source, Inline)
    return f"data:{media.mime or NO_MIME};base64,{media.source.data}"


def _parse_data_uri(uri: str, where: str) -> tuple[str | None, str]:
    """Its media type, and its bytes in base64: https://www.rfc-editor.org/rfc/rfc2397"""
    head, comma, data = uri.partition(",")
    if not comma:
        raise MalformedRecordError(
            f"{where} is a data: URI without a comma.", code="invalid_value", param=where
        )
    mime, *options = head[5:].split(";")
    if not options or options[-1].strip().lower() != "base64":
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    return mime.strip().lower() or None, data
