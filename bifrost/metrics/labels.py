"""Labels that stay few and short, whatever clients write."""

from collections.abc import Iterable, Mapping

LONGEST = 100
OTHER = "other"


def clipped(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def named(first: Iterable[str], most: int) -> Mapping[str, str]:
    """A label for each of the first so many. A counter goes on as it began only if they stay the same."""
    return {name: clipped(name) for name, _ in zip(first, range(most), strict=False)}
