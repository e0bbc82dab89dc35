"""Rules: how a dialect says each setting, as a table that a person and a program can read."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Literal

import msgspec

from providers.records.chat import ChatRequest
from providers.records.embeddings import EmbeddingRequest
from providers.records.losses import Losses

Rendered = dict[str, Any]
AnyRequest = ChatRequest | EmbeddingRequest
Write = Callable[[Rendered, Any, Any, Losses], None]


class Rule(msgspec.Struct, frozen=True):
    """How one setting is said.

    `words` is where it stands in the body, `note` is what a user must know of the change, or why there
    are no words for it. Made by the functions below.
    """

    outcome: Literal["carried", "changed", "dropped", "refused"]
    words: str
    note: str
    write: Write


def carried(words: str, *, note: str = "") -> Rule:
    """The value as it is, at `words`: "temperature", or "generationConfig.topP" for one inside another."""
    *outer, key = words.split(".")

    def write(body: Rendered, value: Any, request: AnyRequest, losses: Losses) -> None:
        for step in outer:
            body = body.setdefault(step, {})
        body[key] = value

    return Rule("carried", words, note, write)


def changed(words: str, write: Write, *, note: str) -> Rule:
    """What `write(body, value, request, losses)` makes of it. The body is still being built, and its own."""
    return Rule("changed", words, note, write)


def dropped(feature: str, why: str) -> Rule:
    """A hint that this dialect lacks: counted, and left behind."""

    def write(body: Rendered, value: Any, request: AnyRequest, losses: Losses) -> None:
        losses.drop(feature)

    return Rule("dropped", "", why, write)


def refused(feature: str, why: str) -> Rule:
    """A feature that this dialect lacks: the record fails."""

    def write(body: Rendered, value: Any, request: AnyRequest, losses: Losses) -> None:
        losses.refuse(feature, why)

    return Rule("refused", "", why, write)


def words_of(rules: Mapping[str, Rule]) -> dict[str, str]:
    """How a dialect names the settings it has."""
    return {feature: rule.words for feature, rule in rules.items() if rule.words}


class Alone(msgspec.Struct, frozen=True):
    """A field that only one dialect has. It goes with `why` if it is no mere hint; `harmless` values say
    nothing and are passed over."""

    why: str = ""
    harmless: tuple[Any, ...] = ()


class OnlyHere(dict[str, Alone]):
    """The fields of an object that have no place in the neutral form, as a table."""

    def __init__(self, fields: Mapping[str, Alone]) -> None:
        super().__init__(fields)
        self._values = attrgetter(*fields)
        self._nothing = (None,) * len(fields) if len(fields) > 1 else None

    def leave(self, parsed: Any, losses: Losses) -> None:
        """Drop or refuse those that a parsed object has."""
        if self._values(parsed) == self._nothing:
            return
        for name, field in self.items():
            value = getattr(parsed, name)
            if value is None or value in field.harmless:
                continue
            if field.why:
                losses.refuse(name, field.why)
            losses.drop(name)
