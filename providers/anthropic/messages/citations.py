"""Citations: https://platform.claude.com/docs/en/build-with-claude/citations

Pages are counted from 1, all else from 0; ends are exclusive. That is how the neutral form counts, too.
"""

from itertools import pairwise
from typing import Any

from providers.anthropic.messages import wire
from providers.records import Losses
from providers.records.chat import Citation, Location, Text

_Block = dict[str, Any]
_MOST_CUTS = 64


def parse_citations(locations: list[wire.AnyLocation], losses: Losses) -> tuple[Citation, ...]:
    return tuple(_parse(location, losses) for location in locations)


def _parse(at: wire.AnyLocation, losses: Losses) -> Citation:
    match at:
        case wire.WebLocation():
            if at.encrypted_index:
                losses.drop("content[].citations[].encrypted_index")
            return Citation(at.title, at.url, at.cited_text or None)
        case wire.SearchResultLocation():
            place = Location(
                "result", at.search_result_index, at.start_block_index, at.end_block_index
            )
            return Citation(at.title, at.source, at.cited_text, place)
        case wire.CharLocation():
            place = Location("char", at.document_index, at.start_char_index, at.end_char_index)
        case wire.PageLocation():
            place = Location("page", at.document_index, at.start_page_number, at.end_page_number)
        case wire.BlockLocation():
            place = Location("block", at.document_index, at.start_block_index, at.end_block_index)
    if at.file_id:
        losses.drop("content[].citations[].file_id")
    return Citation(at.document_title, None, at.cited_text, place)


def render_text(text: Text, losses: Losses) -> list[_Block]:
    """The blocks of a text. A citation belongs to a whole block, so it is cut where one begins or ends."""
    if not text.citations:
        return [{"type": "text", "text": text.text, "citations": None}]
    blocks = []
    told: set[int] = set()
    for start, end in pairwise(_cuts(text)):
        cited = []
        for number, citation in enumerate(text.citations):
            said = _render(citation) if _covers(citation, start, end) else None
            if said:
                cited.append(said)
                told.add(number)
        blocks.append({"type": "text", "text": text.text[start:end], "citations": cited or None})
    if len(told) < len(text.citations):
        losses.drop("answer.citations")
    return blocks


def _covers(citation: Citation, start: int, end: int) -> bool:
    span = citation.span
    return span is None or (span[0] <= start and end <= span[1])


def _cuts(text: Text) -> list[int]:
    """Where the spans of citations begin and end, within reason: a block costs more than its text."""
    length = len(text.text)
    spans = {citation.span for citation in text.citations if citation.span}
    inside = {place for span in spans for place in span if 0 < place < length}
    return [0, *sorted(inside)[:_MOST_CUTS], length]


def _render(citation: Citation) -> _Block | None:
    place, quote = citation.location, citation.quote or ""
    if place is None:
        if citation.url is None:
            return None
        return {
            "type": "web_search_result_location",
            "cited_text": quote,
            "encrypted_index": "",
            "title": citation.title,
            "url": citation.url,
        }
    if place.unit == "result":
        return {
            "type": "search_result_location",
            "cited_text": quote,
            "search_result_index": place.document,
            "source": citation.url or "",
            "start_block_index": place.start,
            "end_block_index": place.end,
            "title": citation.title,
        }
    kind, start, end = _PLACES[place.unit]
    return {
        "type": kind,
        "cited_text": quote,
        "document_index": place.document,
        "document_title": citation.title,
        "file_id": None,
        start: place.start,
        end: place.end,
    }


_PLACES = {
    "char": ("char_location", "start_char_index", "end_char_index"),
    "page": ("page_location", "start_page_number", "end_page_number"),
    "block": ("content_block_location", "start_block_index", "end_block_index"),
}
