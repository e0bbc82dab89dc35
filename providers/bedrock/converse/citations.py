"""Texts with the sources that they rest on.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CitationsContentBlock.html
"""

from typing import Any, Literal

from providers.bedrock.converse.wire import (
    CitationBlock,
    CitationLocation,
    CitationsContent,
    DocumentLocation,
    SearchResultLocation,
    only,
)
from providers.records.chat import Citation, Location, Text

Unit = Literal["char", "page", "block", "result"]
UNITS: dict[str, Unit] = {
    "documentChar": "char",
    "documentPage": "page",
    "documentChunk": "block",
    "searchResultLocation": "result",
}
MEMBERS: dict[Unit, str] = {unit: member for member, unit in UNITS.items()}


def parse_cited(block: CitationsContent, where: str) -> Text:
    text = "".join(piece.text for piece in block.content or ())
    cited = (_parse_citation(citation, where) for citation in block.citations or ())
    return Text(text, tuple(cited))


def render_cited(text: Text) -> dict[str, Any]:
    """Converse cites whole blocks, so the block of a citation of some of its text is all of it."""
    return {
        "citationsContent": {
            "content": [{"text": text.text}],
            "citations": [_render_citation(citation) for citation in text.citations],
        }
    }


def _parse_citation(block: CitationBlock, where: str) -> Citation:
    quote = "".join(piece.text for piece in block.sourceContent or ()) or None
    url, location = None, None
    if block.location is not None:
        url, location = _parse_location(block.location, f"{where}.citations[].location")
    return Citation(block.title or block.source, url, quote, location)


def _render_citation(citation: Citation) -> dict[str, Any]:
    block: dict[str, Any] = {}
    if citation.title:
        block["title"] = citation.title
    if citation.quote:
        block["sourceContent"] = [{"text": citation.quote}]
    if citation.location:
        block["location"] = _render_location(citation.location)
    elif citation.url:
        block["location"] = {"web": {"url": citation.url}}
    return block


def _parse_location(location: CitationLocation, where: str) -> tuple[str | None, Location | None]:
    name, place = only(location, where)
    match place:
        case DocumentLocation():
            return None, Location(UNITS[name], place.documentIndex, place.start, place.end)
        case SearchResultLocation():
            return None, Location(UNITS[name], place.searchResultIndex, place.start, place.end)
        case _:
            return place.url, None


def _render_location(location: Location) -> dict[str, Any]:
    counted = "searchResultIndex" if location.unit == "result" else "documentIndex"
    place = {counted: location.document, "start": location.start, "end": location.end}
    return {MEMBERS[location.unit]: place}
