"""Images, documents, sounds and films: formats for media types, and what holds the bytes.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
"""

import re
from base64 import b64encode
from typing import Any

from providers.bedrock.converse.wire import DocumentBlock, MediaBlock, S3Location, Source, only
from providers.records import Losses
from providers.records.chat import Inline, Link, Media, MediaKind, Stored
from providers.records.media import type_of

IMAGE = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}
DOCUMENT = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
    "txt": "text/plain",
    "md": "text/markdown",
}
AUDIO = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "wav": "audio/wav",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "mp4": "audio/mp4",
    "ogg": "audio/ogg",
    "mkv": "audio/x-matroska",
    "mka": "audio/matroska",
    "x-aac": "audio/x-aac",
    "m4a": "audio/m4a",
    "mpeg": "audio/x-mpeg",
    "mpga": "audio/mpga",
    "pcm": "audio/pcm",
    "webm": "audio/webm",
}
VIDEO = {
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "flv": "video/x-flv",
    "mpeg": "video/mpeg",
    "mpg": "video/mpg",
    "wmv": "video/x-ms-wmv",
    "three_gp": "video/3gpp",
}
MIMES: dict[MediaKind, dict[str, str]] = {
    "image": IMAGE,
    "document": DOCUMENT,
    "audio": AUDIO,
    "video": VIDEO,
}
ALIASES = {
    "image/jpg": "jpeg",
    "audio/mp3": "mp3",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/x-m4a": "m4a",
    "audio/x-flac": "flac",
    "video/mov": "mov",
    "video/wmv": "wmv",
    "video/x-m4v": "mp4",
    "application/xhtml+xml": "html",
    "text/x-markdown": "md",
}
FORMATS: dict[MediaKind, dict[str, str]] = {
    kind: {mime: format for format, mime in mimes.items()} for kind, mimes in MIMES.items()
}
LONGEST_NAME = 200
# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
_NOT_IN_NAMES = re.compile(r"[^0-9A-Za-z\-()\[\]]+")


def parse_media(kind: MediaKind, block: MediaBlock, where: str, losses: Losses) -> Media:
    if block.error is not None:
        losses.drop(f"{where}.error")
    source, _ = _parse_source(block.source, where, losses)
    return Media(kind, source, MIMES[kind].get(block.format) or f"{kind}/{block.format}")


def parse_document(block: DocumentBlock, where: str, losses: Losses) -> Media:
    source, is_text = _parse_source(block.source, where, losses)
    format = block.format or ("txt" if is_text else None)
    return Media(
        "document",
        source,
        DOCUMENT.get(format, f"application/{format}") if format else None,
        name=block.name,
        context=block.context,
        cite=block.citations is not None and block.citations.enabled,
    )


def render_media(media: Media, losses: Losses) -> dict[str, Any]:
    """The block of an image, a sound or a film."""
    if media.detail:
        losses.drop("media_detail")
    if media.kind == "document":
        return {"document": _render_document(media, losses)}
    source = _render_source(media, losses)
    return {media.kind: {"format": _format_of(media, losses), "source": source}}


def _render_document(media: Media, losses: Losses) -> dict[str, Any]:
    source = _render_source(media, losses)
    document: dict[str, Any] = {
        "format": _format_of(media, losses),
        "name": name_of(media.name),
        "source": source,
    }
    if media.context:
        document["context"] = media.context
    if media.cite:
        document["citations"] = {"enabled": True}
    return document


def name_of(name: str | None) -> str:
    """A name in the few characters that Converse lets names have."""
    return _NOT_IN_NAMES.sub(" ", name or "").strip()[:LONGEST_NAME].rstrip() or "document"


def _parse_source(source: Source, where: str, losses: Losses) -> tuple[Inline | Link, bool]:
    match only(source, f"{where}.source"):
        case "bytes", str(data):
            return Inline(data), False
        case "s3Location", S3Location() as location:
            if location.bucketOwner:
                losses.drop(f"{where}.source.s3Location.bucketOwner")
            return Link(location.uri), False
        case "text", str(text):
            return Inline(b64encode(text.encode()).decode()), True
        case name, _:
            return losses.refuse(
                f"{where}.source.{name}",
                "a document in pieces has no words there. Send it as one text.",
            )


def _render_source(media: Media, losses: Losses) -> dict[str, Any]:
    match media.source:
        case Inline(data):
            return {"bytes": data}
        case Link(url) if url.startswith("s3://"):
            return {"s3Location": {"uri": url}}
        case Link():
            return losses.refuse(
                f"{media.kind}_link",
                "Bedrock fetches from S3 only. Put the file there, or its bytes into the record.",
            )
        case Stored():
            return losses.refuse(
                f"{media.kind}_file",
                "the file is kept by another provider. Put its bytes into the record.",
            )


def _format_of(media: Media, losses: Losses) -> str:
    mime = media.mime or _guessed(media)
    mime = (mime or "").partition(";")[0].strip().lower()
    format = FORMATS[media.kind].get(mime) or ALIASES.get(mime)
    if format not in MIMES[media.kind]:
        losses.refuse(
            media.kind,
            f"it takes no {media.kind} of the type {mime or 'that nobody named'}, only "
            f"{', '.join(MIMES[media.kind])}.",
        )
    return format


def _guessed(media: Media) -> str | None:
    place = media.source.url if isinstance(media.source, Link) else media.name
    return type_of(place)
