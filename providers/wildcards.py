"""Names in which a * stands for any text."""

import re
from functools import lru_cache


def matches(pattern: str, name: str) -> bool:
    """A * stands for any text, and nothing else for anything but itself."""
    return _compiled(pattern).fullmatch(name) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
