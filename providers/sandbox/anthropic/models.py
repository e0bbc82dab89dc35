"""What a model's name says of its age, since younger models refuse what older ones take."""

import re
from functools import lru_cache
from typing import NamedTuple

_OLD_STYLE = re.compile(r"claude-(\d)(?:-(\d))?-[a-z]")
_NEW_STYLE = re.compile(r"claude-[a-z]+-(\d+)(?:-(\d{1,2}))?(?:-|$)")


class Generation(NamedTuple):
    major: int
    minor: int


NEWEST = Generation(99, 0)


@lru_cache
def generation(model: str) -> Generation:
    """`claude-3-5-sonnet-20241022` is 3.5, `claude-opus-4-20250514` is 4.0."""
    found = _OLD_STYLE.match(model) or _NEW_STYLE.match(model)
    return Generation(int(found[1]), int(found[2] or 0)) if found else NEWEST
