"""Citations of pages of the web: https://platform.openai.com/docs/guides/tools-web-search

An annotation says from which to which character of a text it is, the end excluded.
"""

from collections.abc import Sequence

from providers.records import Losses
from providers.records.chat import Citation
from providers.records.rules import Rendered


def parse_citation(
    text: str, url: str, title: str | None, start: int | None, end: int | None
) -> Citation:
    """One annotation of a text. That of the whole text, or of a place that the text has not, has no span."""
    if start is None or end is None or not 0 <= start < end <= len(text):
        return Citation(title or None, url)
    return Citation(title or None, url, span=None if end - start == len(text) else (start, end))


def render_citation(citation: Citation, text: str, *, start: int = 0) -> Rendered:
    """What an annotation says of a text that begins at the character `start`."""
    first, last = citation.span or (0, len(text))
    return {
        "url": citation.url,
        "title": citation.title or "",
        "start_index": start + first,
        "end_index": start + last,
    }


def sayable(citations: Sequence[Citation], losses: Losses) -> list[Citation]:
    """Those that have a place: quotations, and places in documents, have none."""
    if any(each.url is None or each.quote or each.location for each in citations):
        losses.drop("answer.citations")
    return [each for each in citations if each.url is not None]
