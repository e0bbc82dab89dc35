"""Pictures, documents, sounds and films. https://ai.google.dev/api/caching#Blob"""

from typing import Any

from providers.gemini.generate import wire
from providers.records import Losses, MalformedRecordError
from providers.records.chat import Inline, Link, Media, MediaKind, Stored
from providers.records.media import type_of

# https://ai.google.dev/gemini-api/docs/files, which keeps them for two days and one project
FILES = ("https://generativelanguage.googleapis.com/", "files/")
YOUTUBE = ("https://www.youtube.com/", "https://youtube.com/", "https://youtu.be/")
KINDS: dict[str, MediaKind] = {"image": "image", "audio": "audio", "video": "video"}
LEVEL = "MEDIA_RESOLUTION_"
LEVELS = {"low": "LOW", "medium": "MEDIUM", "high": "HIGH"}
DETAILS = {"LOW": "low", "MEDIUM": "medium", "HIGH": "high", "ULTRA_HIGH": "high"}


def kind_of(mime: str | None) -> MediaKind:
    return KINDS.get((mime or "").partition("/")[0], "document")


def detail_of(level: str | None) -> str | None:
    return DETAILS.get(level.removeprefix(LEVEL)) if level else None


def parse_blob(blob: wire.Blob, detail: str | None = None) -> Media:
    if not blob.mime_type:
        where = "request.contents[].parts[].inlineData.mimeType"
        raise MalformedRecordError(
            f"Missing required parameter: '{where}'.",
            code="missing_required_parameter",
            param=where,
        )
    return Media(
        kind_of(blob.mime_type),
        Inline(standard(blob.data)),
        blob.mime_type,
        name=blob.display_name,
        detail=detail,
    )


def parse_file(file: wire.FileData, detail: str | None = None) -> Media:
    uri, mime = file.file_uri, file.mime_type
    source = Stored(uri) if uri.startswith(FILES) else Link(uri)
    if mime is None:
        mime = type_of(uri)
    kind = "video" if uri.startswith(YOUTUBE) else kind_of(mime)
    return Media(kind, source, mime, name=file.display_name, detail=detail)


def standard(data: str) -> str:
    """Base64 as others want it: Google reads that of URLs, and without its padding, too."""
    if "-" in data or "_" in data:
        data = data.replace("-", "+").replace("_", "/")
    return data + "=" * (-len(data) % 4)


def render_media(media: Media, losses: Losses, *, resolution: bool) -> dict[str, Any]:
    """A part. `resolution` is whether the model takes one for each."""
    if media.cite:
        losses.refuse(
            "document_citations",
            "Gemini does not cite the documents of a request. Ask for no citations.",
        )
    if media.name is not None:
        losses.drop("document_name")
    if media.context is not None:
        losses.drop("document_context")
    part = _part(media, losses)
    if media.detail is not None:
        if resolution and media.detail in LEVELS:
            part["mediaResolution"] = {"level": LEVEL + LEVELS[media.detail]}
        else:
            losses.drop("media_detail")
    return part


def _part(media: Media, losses: Losses) -> dict[str, Any]:
    match media.source:
        case Inline(data=data):
            return {"inlineData": {"mimeType": media.mime or _unnamed(media.kind), "data": data}}
        case Link(url=url):
            mime = media.mime or type_of(url)
            return {"fileData": {"fileUri": url, **({"mimeType": mime} if mime else {})}}
    return losses.refuse(
        f"{media.kind}_file",
        "the file is kept by another vendor. Put its bytes into the record, or a URL.",
    )


def _unnamed(kind: MediaKind) -> str:
    return "application/pdf" if kind == "document" else "application/octet-stream"
