"""What Gemini models differ in, by the beginnings of their names. What is not named here is taken for new.

https://ai.google.dev/gemini-api/docs/thinking, https://ai.google.dev/gemini-api/docs/gemini-3
"""

from functools import lru_cache
from typing import Any

import msgspec

from providers.records.chat import Effort, Reasoning
from providers.records.errors import NO_JSON
from providers.records.reasoning import budget_of, effort_of

PREFIX = "models/"
Level = str
ALL_LEVELS: tuple[Level, ...] = ("MINIMAL", "LOW", "MEDIUM", "HIGH")


class Model(msgspec.Struct, frozen=True):
    """`levels` are the efforts it knows; if it knows none, `least` and `most` bound its budgets of tokens.

    A model that `signs` demands a signature on the function calls in a history, and takes a resolution for
    each picture.
    """

    levels: tuple[Level, ...] = ALL_LEVELS
    least: int = 0
    most: int = 24_576
    signs: bool = True


# https://ai.google.dev/gemini-api/docs/thinking#levels-budgets; the first that fits counts
MODELS: tuple[tuple[str, Model], ...] = (
    ("gemini-1", Model(levels=(), signs=False)),
    ("gemini-2.5-pro", Model(levels=(), least=128, most=32_768, signs=False)),
    ("gemini-2.5-flash-lite", Model(levels=(), most=24_576, signs=False)),
    ("gemini-2", Model(levels=(), signs=False)),
    ("gemini-3-pro", Model(levels=("LOW", "HIGH"))),
    ("gemini-3.1-pro", Model(levels=("LOW", "MEDIUM", "HIGH"))),
)
NEWEST = Model()

LEVELS: dict[Effort, Level] = {
    "none": "MINIMAL",
    "minimal": "MINIMAL",
    "low": "LOW",
    "medium": "MEDIUM",
    "high": "HIGH",
    "xhigh": "HIGH",
    "max": "HIGH",
}


class _Named(msgspec.Struct, gc=False):
    model: str | None = None


_named = msgspec.json.Decoder(_Named)


def model_of(raw: bytes) -> str | None:
    """The model in a request; most of Gemini's name it beside the batch."""
    if b'"model"' not in raw:
        return None
    try:
        return plain_model(_named.decode(raw).model)
    except NO_JSON:
        return None


def plain_model(name: str | None) -> str | None:
    """A model's name without Google's prefix."""
    return name.removeprefix(PREFIX) if name else None


@lru_cache(maxsize=256)
def model_named(name: str | None) -> Model:
    for beginning, model in MODELS:
        if name and name.startswith(beginning):
            return model
    return NEWEST


def thinking_config(reasoning: Reasoning, model: Model) -> dict[str, Any]:
    """A thinkingConfig: a level or a budget, whichever the model takes, and no more than it can."""
    config: dict[str, Any] = {}
    if model.levels:
        effort = effort_of(reasoning)
        if effort:
            config["thinkingLevel"] = _level(LEVELS[effort], model.levels)
    else:
        budget = budget_of(reasoning)
        if budget is not None:
            config["thinkingBudget"] = _budget(budget, model)
    if reasoning.show is not None:
        config["includeThoughts"] = reasoning.show
    return config


def _level(wanted: Level, known: tuple[Level, ...]) -> Level:
    """The level wanted, or else the next one up that the model knows."""
    rank = ALL_LEVELS.index
    return next((level for level in known if rank(level) >= rank(wanted)), known[-1])


def _budget(wanted: int, model: Model) -> int:
    if wanted < 0:  # as the model likes
        return -1
    return max(model.least, min(wanted, model.most))
