"""Orders to the sandbox that travel inside the text of a record: `[sandbox:status=429]`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

MARK = b"[sandbox:"

_DIRECTIVE = re.compile(r"\[sandbox:([a-z]+)(?:=([^\]]*))?\]")
_WHOLE_BATCH = re.compile(rb"\[sandbox:(batch|seconds)=([a-z0-9.]+)\]")


@dataclass(frozen=True, slots=True)
class Directives:
    """What one record asks for. Unknown names and unreadable values are left alone, as text."""

    status: int | None = None
    text: str | None = None
    finish: str | None = None
    refusal: bool = False
    tool: bool = False
    lost: bool = False
    twice: bool = False


NONE = Directives()


def directives(body: object) -> Directives:
    found: dict[str, str] = {}
    for text in _texts(body):
        found.update(_DIRECTIVE.findall(text))
    status = found.get("status", "")
    return Directives(
        status=int(status) if re.fullmatch("[1-5][0-9][0-9]", status) else None,
        text=found.get("text"),
        finish=found.get("finish"),
        refusal="refusal" in found,
        tool="tool" in found,
        lost="lost" in found,
        twice="twice" in found,
    )


def raw_directives(raw: bytes) -> Directives:
    """Those of a body as it came; what is no JSON has none."""
    if MARK not in raw:
        return NONE
    try:
        return directives(msgspec.json.decode(raw))
    except (msgspec.DecodeError, RecursionError):
        return NONE


def batch_directives(line: bytes) -> dict[str, str]:
    """The directives about the whole batch in one raw line, e.g. `{"batch": "fail"}`."""
    return {name.decode(): value.decode() for name, value in _WHOLE_BATCH.findall(line)}


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)
