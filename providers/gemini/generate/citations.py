"""What an answer rests on: grounding and recitation. Google counts places in a text in bytes.

https://ai.google.dev/api/generate-content#GroundingMetadata
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from providers.gemini.generate import wire
from providers.records import Losses
from providers.records.chat import Citation, Text
from providers.records.rules import Alone, OnlyHere

Found = defaultdict[int, list[tuple[int, int, Citation]]]
"""By the number of the part: from and to which byte, and the citation."""

ALONE_IN_GROUNDING = OnlyHere(
    {
        name: Alone()
        for name in wire.GroundingMetadata.__struct_fields__
        if name not in ("grounding_chunks", "grounding_supports")
    }
)
ALONE_IN_SOURCES = OnlyHere(
    {
        name: Alone()
        for name in wire.Source.__struct_fields__
        if name not in ("uri", "title", "text", "domain", "image_uri", "source_uri")
    }
)
ALONE_IN_RECITATION = OnlyHere({"license": Alone(), "publication_date": Alone()})


def parse_citations(
    candidate: wire.Candidate, texts: dict[int, str], losses: Losses
) -> dict[int, tuple[Citation, ...]]:
    """The citations of each text. `texts` are by the number of their part."""
    found: Found = defaultdict(list)
    if candidate.grounding_metadata is not None:
        _parse_grounding(candidate.grounding_metadata, found, losses)
    if candidate.citation_metadata is not None:
        _parse_recitation(candidate.citation_metadata, texts, found, losses)
    cited = {}
    for number, citations in found.items():
        if number in texts:
            cited[number] = tuple(_with_spans(texts[number], citations))
        else:
            losses.drop("answer.citations")
    return cited


def _parse_grounding(grounding: wire.GroundingMetadata, found: Found, losses: Losses) -> None:
    ALONE_IN_GROUNDING.leave(grounding, losses)
    sources = [_parse_chunk(chunk, losses) for chunk in grounding.grounding_chunks or ()]
    used = set()
    for support in grounding.grounding_supports or ():
        segment = support.segment or wire.Segment()
        for index in support.grounding_chunk_indices or ():
            if index < len(sources):
                used.add(index)
                where = (segment.start_index, segment.end_index)
                found[segment.part_index].append((*where, sources[index]))
    if len(used) < len(sources):
        losses.drop("answer.citations")


def _parse_chunk(chunk: wire.GroundingChunk, losses: Losses) -> Citation:
    source = chunk.web or chunk.retrieved_context or chunk.maps or chunk.image or wire.Source()
    ALONE_IN_SOURCES.leave(source, losses)
    return Citation(source.title, source.uri or source.source_uri, source.text)


def _parse_recitation(
    recitation: wire.CitationMetadata, texts: dict[int, str], found: Found, losses: Losses
) -> None:
    """Its places are counted over all the text of an answer."""
    numbers, starts, end = list(texts), [], 0
    for text in texts.values():
        starts.append(end)
        end += len(text.encode())
    for source in recitation.citation_sources or recitation.citations or ():
        ALONE_IN_RECITATION.leave(source, losses)
        if not starts:
            losses.drop("answer.citations")
            continue
        which = bisect_right(starts, source.start_index) - 1
        last = end if source.end_index is None else source.end_index
        where = (source.start_index - starts[which], max(last - starts[which], 0))
        found[numbers[which]].append((*where, Citation(source.title, source.uri)))


def _with_spans(text: str, citations: list[tuple[int, int, Citation]]) -> Iterable[Citation]:
    places = _characters(text, {place for start, end, _ in citations for place in (start, end)})
    for start, end, citation in citations:
        span = (places[start], places[end])
        if span in ((0, 0), (0, len(text))) or span[0] > span[1]:
            yield citation
        else:
            yield Citation(citation.title, citation.url, citation.quote, span=span)


def _characters(text: str, places: set[int]) -> dict[int, int]:
    """Places in bytes as places in characters, within the text."""
    if text.isascii():
        return {place: min(place, len(text)) for place in places}
    data, count, last, found = text.encode(), 0, 0, {}
    for place in sorted(places):
        at = min(place, len(data))
        while 0 < at < len(data) and data[at] & 0xC0 == 0x80:  # in the middle of a character
            at -= 1
        count += len(data[last:at].decode())
        last = at
        found[place] = count
    return found


class Grounding:
    """Says the citations of one answer."""

    def __init__(self) -> None:
        self._chunks: dict[tuple[str | None, ...], int] = {}
        self._said: list[dict[str, Any]] = []
        self._supports: list[dict[str, Any]] = []

    def add(self, part_index: int, text: Text, losses: Losses) -> None:
        spans = [citation.span or (0, len(text.text)) for citation in text.citations]
        places = _bytes(text.text, {place for span in spans for place in span})
        for citation, (start, end) in zip(text.citations, spans, strict=True):
            if citation.location is not None:
                losses.drop("answer.citations")
            segment: dict[str, Any] = {"partIndex": part_index, "startIndex": places[start]}
            segment |= {"endIndex": places[end], "text": text.text[start:end]}
            self._supports.append(
                {"segment": segment, "groundingChunkIndices": [self._chunk(citation)]}
            )

    def _chunk(self, citation: Citation) -> int:
        key = (citation.url, citation.title, citation.quote)
        if key not in self._chunks:
            self._chunks[key] = len(self._said)
            named = zip(("uri", "title", "text"), key, strict=True)
            source = {name: value for name, value in named if value is not None}
            self._said.append({"retrievedContext" if citation.quote else "web": source})
        return self._chunks[key]

    def metadata(self) -> dict[str, Any] | None:
        if not self._said:
            return None
        return {"groundingChunks": self._said, "groundingSupports": self._supports}


def _bytes(text: str, places: set[int]) -> dict[int, int]:
    """Places in characters as places in bytes."""
    if text.isascii():
        return {place: place for place in places}
    count, last, found = 0, 0, {}
    for place in sorted(places):
        count += len(text[last:place].encode(errors="surrogatepass"))
        last = max(last, place)
        found[place] = count
    return found
