"""Images and documents: https://platform.claude.com/docs/en/build-with-claude/vision and …/pdf-support"""

from base64 import b64decode, b64encode
from typing import Any

from providers.anthropic.messages import wire
from providers.records import Losses
from providers.records.chat import Inline, Link, Media, Stored
from providers.records.media import type_of

IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
PDF = "application/pdf"
PLAIN = "text/plain"
_PDF_IN_BASE64 = "JVBER"  # "%PDF"

_NO_FILES = (
    "a file id means nothing to another provider. Send the bytes in the record, or a URL of them."
)
_NO_SUCH_IMAGE = "it takes JPEG, PNG, GIF and WebP in the record, and they must say which it is."
_NO_SUCH_DOCUMENT = "it takes PDF and text. Send the document as one of them."
_NO_SUCH_LINK = "it fetches only PDF documents. Send the document's text in the record."
_NO_BLOCKS = "a document made of content blocks has no like elsewhere. Send it as plain text."

_Block = dict[str, Any]


def parse_image(block: wire.ImageBlock, losses: Losses, signer: str) -> Media:
    if block.transformations:
        losses.drop("messages[].content[].image.transformations")
    match block.source:
        case wire.Base64(media_type=mime, data=data):
            return Media("image", Inline(data), mime)
        case wire.Url(url=url):
            return Media("image", Link(url), type_of(url))
        case wire.FileSource(file_id=file_id):
            return Media("image", Stored(file_id))


def render_image(part: Media, losses: Losses) -> _Block:
    if part.detail:
        losses.drop("media_detail")
    match part.source:
        case Inline(data=data):
            if part.mime not in IMAGES:
                losses.refuse("image", _NO_SUCH_IMAGE)
            source = {"type": "base64", "media_type": part.mime, "data": data}
        case Link(url=url):
            source = {"type": "url", "url": url}
        case Stored():
            losses.refuse("image_file", _NO_FILES)
    return {"type": "image", "source": source}


def parse_document(block: wire.DocumentBlock, losses: Losses, signer: str) -> Media:
    source: Inline | Link | Stored
    mime: str | None = PDF
    match block.source:
        case wire.Base64(media_type=mime, data=data):
            source = Inline(data)
        case wire.PlainText(data=text) | wire.ContentSource(content=str(text)):
            source, mime = Inline(b64encode(text.encode()).decode()), PLAIN
        case wire.Url(url=url):
            source = Link(url)
        case wire.FileSource(file_id=file_id):
            source, mime = Stored(file_id), None
        case wire.ContentSource():
            losses.refuse("messages[].content[].document.source.content", _NO_BLOCKS)
    cite = block.citations is not None and block.citations.enabled
    return Media("document", source, mime, name=block.title, context=block.context, cite=cite)


def render_document(part: Media, losses: Losses) -> _Block:
    if part.detail:
        losses.drop("media_detail")
    block: _Block = {"type": "document", "source": _document_source(part, losses)}
    if part.name:
        block["title"] = part.name
    if part.context:
        block["context"] = part.context
    if part.cite:
        block["citations"] = {"enabled": True}
    return block


def _document_source(part: Media, losses: Losses) -> _Block:
    source = part.source
    if isinstance(source, Stored):
        losses.refuse("document_file", _NO_FILES)
    if isinstance(source, Inline):
        return _inline_document(part.mime, source.data, losses)
    if part.mime not in (None, PDF):
        losses.refuse("document_link", _NO_SUCH_LINK)
    return {"type": "url", "url": source.url}


def _inline_document(mime: str | None, data: str, losses: Losses) -> _Block:
    if mime == PDF or (mime is None and data.startswith(_PDF_IN_BASE64)):
        return {"type": "base64", "media_type": PDF, "data": data}
    if mime is None or not mime.startswith("text/"):
        losses.refuse("document", _NO_SUCH_DOCUMENT)
    try:
        text = b64decode(data, validate=True).decode()
    except ValueError:
        losses.refuse("document", "it is no text in UTF-8, in base64. Send it as PDF or as text.")
    return {"type": "text", "media_type": PLAIN, "data": text}
