"""What Anthropic insists on in the parameters of a message, beyond their types.

https://platform.claude.com/docs/en/api/messages/create
"""

from collections.abc import Callable
from typing import Any

from providers.sandbox.anthropic import refusals
from providers.sandbox.anthropic.conversation import check_conversation
from providers.sandbox.anthropic.models import Generation, generation
from providers.sandbox.anthropic.tool_rules import check_output_schema, check_tools

Params = dict[str, Any]

_NO_SAMPLING_SINCE = Generation(4, 7)
_ONE_OF_BOTH_SINCE = Generation(4, 1)
_ADAPTIVE_SINCE = Generation(4, 6)
_ADAPTIVE_ONLY_SINCE = Generation(4, 7)

_LEAST_BUDGET = 1024
_LONGEST_USER = 512

# The least and the most of a number.
_RANGES: dict[str, tuple[float, float | None]] = {
    "max_tokens": (1, None),
    "temperature": (0, 1),
    "top_p": (0, 1),
    "top_k": (0, None),
}


def check_rules(params: Params, version: str) -> None:
    """Raises the first complaint that the vendor would have."""
    for rule in _RULES:
        rule(params)
    check_conversation(params, version)


def _model(params: Params) -> None:
    if not params["model"].startswith("claude"):
        raise refusals.plain(404, f"model: {params['model']}")


def _ranges(params: Params) -> None:
    for name, (least, most) in _RANGES.items():
        value = params.get(name, least)
        if value < least:
            raise refusals.invalid(f"{name}: Input should be greater than or equal to {least}")
        if most is not None and value > most:
            raise refusals.invalid(f"{name}: Input should be less than or equal to {most}")


def _sampling(params: Params) -> None:
    """Younger models take only what means nothing.

    https://platform.claude.com/docs/en/api/migration-2026-10-21
    """
    age = generation(params["model"])
    if age >= _NO_SAMPLING_SINCE:
        for name, means_nothing in (
            ("temperature", params.get("temperature", 1) == 1),
            ("top_p", params.get("top_p", 1) >= 0.99),
            ("top_k", "top_k" not in params),
        ):
            if not means_nothing:
                raise refusals.invalid(f"`{name}` is deprecated for this model.")
    elif age >= _ONE_OF_BOTH_SINCE and {"temperature", "top_p"} <= params.keys():
        raise refusals.invalid(
            "`temperature` and `top_p` cannot both be specified for this model."
            " Please use only one."
        )


def _thinking(params: Params) -> None:
    """https://platform.claude.com/docs/en/build-with-claude/extended-thinking"""
    asked = params.get("thinking") or {}
    if asked.get("type") not in ("enabled", "adaptive"):
        return
    age = generation(params["model"])
    if asked["type"] == "adaptive" and age < _ADAPTIVE_SINCE:
        raise refusals.invalid("adaptive thinking is not supported on this model")
    if asked["type"] == "enabled":
        if age >= _ADAPTIVE_ONLY_SINCE:
            raise refusals.invalid(
                '"thinking.type.enabled" is not supported for this model. Use'
                ' "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
            )
        _budget(asked["budget_tokens"], params["max_tokens"])
    if (params.get("tool_choice") or {}).get("type") in ("any", "tool"):
        raise refusals.invalid("Thinking may not be enabled when tool_choice forces tool use.")
    if params.get("temperature", 1) != 1:
        raise refusals.invalid("`temperature` may only be set to 1 when thinking is enabled.")


def _budget(budget: int, most: int) -> None:
    if budget < _LEAST_BUDGET:
        raise refusals.invalid(
            "thinking.enabled.budget_tokens:"
            f" Input should be greater than or equal to {_LEAST_BUDGET}"
        )
    if budget >= most:
        raise refusals.invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")


def _stop_sequences(params: Params) -> None:
    if not all(sequence.strip() for sequence in params.get("stop_sequences", ())):
        raise refusals.invalid("stop_sequences: each stop sequence must contain non-whitespace")


def _metadata(params: Params) -> None:
    user = (params.get("metadata") or {}).get("user_id") or ""
    if len(user) > _LONGEST_USER:
        raise refusals.invalid(
            f"metadata.user_id: String should have at most {_LONGEST_USER} characters"
        )


_RULES: tuple[Callable[[Params], None], ...] = (
    _model,
    _ranges,
    _sampling,
    _thinking,
    _stop_sequences,
    _metadata,
    check_tools,
    check_output_schema,
)
