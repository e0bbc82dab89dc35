"""What is typed into a search: words, or `model:gpt-5`, `custom_id:abc`, `error:"rate limit"`."""

import re
from dataclasses import dataclass

NAMED = re.compile(r'\b(custom_id|model|name|error):(?:"([^"]*)"?|(\S+))\s*')


@dataclass(frozen=True)
class Terms:
    """What is looked for under a name, and the rest, which is looked for everywhere."""

    named: dict[str, str]
    rest: str

    def __str__(self) -> str:
        told = [f"{name}s" for name in self.named]
        return " and ".join([*told, *(["anything else"] if self.rest else [])])


def read(text: str) -> Terms:
    named = {name: quoted or plain for name, quoted, plain in NAMED.findall(text)}
    rest = NAMED.sub("", text).strip()
    return Terms({name: value for name, value in named.items() if value}, rest)
