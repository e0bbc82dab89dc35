"""What each Claude model takes. Data only: how much it may say, and which settings it knows.

As of 2026-11: https://platform.claude.com/docs/en/models/overview and each model's migration guide, such as
https://platform.claude.com/docs/en/models/opus-5-5/migration-guide
"""

from functools import lru_cache
from typing import Literal

import msgspec

from providers.records.chat import Effort

Thinks = Literal["never", "budget", "adaptive"]
Quiet = Literal["disabled", "between_tools", "omitted", "impossible"]

# Nothing on offer says less: the answers that a client did not limit are not cut short by us.
DEFAULT_MAX_TOKENS = 64_000


class ClaudeModel(msgspec.Struct, frozen=True):
    """`quiet` is how to ask for no thinking: with that type, by leaving it out, or not at all.

    `together` says that temperature and top_p may stand side by side.
    """

    max_tokens: int = DEFAULT_MAX_TOKENS
    sampling: bool = False
    together: bool = False
    thinks: Thinks = "adaptive"
    quiet: Quiet = "impossible"
    xhigh: bool = True


def _old(max_tokens: int, thinks: Thinks = "never") -> ClaudeModel:
    return ClaudeModel(max_tokens, sampling=True, together=True, thinks=thinks, quiet="disabled")


def _budgeted(max_tokens: int) -> ClaudeModel:
    """Claude 4 takes a temperature or a top_p, but not both:
    https://platform.claude.com/docs/en/about-claude/models/migrating-to-claude-4"""
    return ClaudeModel(max_tokens, sampling=True, thinks="budget", quiet="disabled")


def _both(max_tokens: int) -> ClaudeModel:
    """Claude 4.6: adaptive thinking, and the last to take sampling parameters."""
    return ClaudeModel(max_tokens, sampling=True, quiet="disabled", xhigh=False)


def _adaptive(quiet: Quiet, *, xhigh: bool = True) -> ClaudeModel:
    """From 4.7 on: no sampling parameters, no budgets."""
    return ClaudeModel(128_000, quiet=quiet, xhigh=xhigh)


# By the beginning of the id, from "claude-" on; the longest that fits counts.
MODELS: dict[str, ClaudeModel] = {
    "claude-3-": _old(4_096),
    "claude-3-5-": _old(8_192),
    "claude-3-7-": _old(64_000, "budget"),
    "claude-opus-4": _budgeted(32_000),
    "claude-4-opus": _budgeted(32_000),
    "claude-sonnet-4": _budgeted(64_000),
    "claude-4-sonnet": _budgeted(64_000),
    "claude-opus-4-1": _budgeted(32_000),
    "claude-opus-4-5": _budgeted(64_000),
    "claude-haiku-4": _budgeted(64_000),
    "claude-opus-4-6": _both(128_000),
    "claude-sonnet-4-6": _both(64_000),  # the page says 64k at first, 128k since the summer
    "claude-opus-4-7": _adaptive("omitted"),
    "claude-opus-4-8": _adaptive("omitted"),
    "claude-mythos-preview": _adaptive("impossible", xhigh=False),
    "claude-opus-5": _adaptive("disabled"),
    "claude-sonnet-5": _adaptive("disabled"),
    "claude-opus-5-5": _adaptive("impossible"),
    "claude-sonnet-5-5": _adaptive("between_tools"),
    "claude-haiku-5": _adaptive("disabled"),
    "claude-fable-5": _adaptive("impossible"),
    "claude-mythos-5": _adaptive("impossible"),
}
UNKNOWN = ClaudeModel()
"""A model that is not in the table is taken for a newer one."""

EFFORTS: dict[Effort, str] = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}
"""https://platform.claude.com/docs/en/build-with-claude/effort"""


@lru_cache(maxsize=256)
def model_named(model: str | None) -> ClaudeModel:
    """What is known of a model, by its id at Anthropic ("claude-opus-4-6") or at Bedrock
    ("us.anthropic.claude-opus-4-6-v1")."""
    if not model:
        return UNKNOWN
    _, word, rest = model.partition("claude-")
    name = word + rest
    fitting = [beginning for beginning in MODELS if name.startswith(beginning)]
    return MODELS[max(fitting, key=len)] if fitting else UNKNOWN
