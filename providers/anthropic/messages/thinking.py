"""Reasoning: https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking and …/effort"""

from providers.anthropic.messages import wire
from providers.anthropic.models import EFFORTS, ClaudeModel, model_named
from providers.records import Losses
from providers.records.chat import ChatRequest, Reasoning
from providers.records.reasoning import BUDGETS, budget_of, effort_of
from providers.records.rules import Rendered

# https://platform.claude.com/docs/en/build-with-claude/extended-thinking
LEAST_BUDGET = 1024
_DISPLAYS = {True: "summarized", False: "omitted"}
_SHOWN = {"summarized": True, "omitted": False, None: None}
_OFF = ("disabled", "between_tools")


def parse(request: wire.Request, losses: Losses) -> Reasoning | None:
    asked = request.thinking
    effort = request.output_config.effort if request.output_config else None
    if asked is None:
        return Reasoning(effort) if effort else None
    if asked.type in _OFF:
        if effort:  # it also says how much to write, but not without thoughts elsewhere
            losses.drop("output_config.effort")
        return Reasoning("none")
    budget = asked.budget_tokens
    if budget is not None and asked.type == "adaptive":  # which has none
        losses.drop("thinking.budget_tokens")
        budget = None
    return Reasoning(effort, budget, _SHOWN[asked.display])


def is_on(request: ChatRequest, model: ClaudeModel) -> bool:
    """Whether thoughts were asked for, and the model has any."""
    reasoning = request.settings.get("reasoning")
    return reasoning is not None and not _wants_none(reasoning) and model.thinks != "never"


def render(body: Rendered, value: Reasoning, request: ChatRequest, losses: Losses) -> None:
    model = model_named(request.model)
    if _wants_none(value):
        _render_none(body, model, losses)
    elif model.thinks == "never":
        losses.drop("reasoning")
    elif model.thinks == "adaptive":
        _render_effort(body, value, model)
    else:
        _render_budget(body, value, request, losses)


def _wants_none(reasoning: Reasoning) -> bool:
    return effort_of(reasoning) == "none"


def _render_none(body: Rendered, model: ClaudeModel, losses: Losses) -> None:
    if model.quiet in _OFF:
        if model.thinks != "never":
            body["thinking"] = {"type": model.quiet}
    elif model.quiet == "impossible":  # as little as it can
        losses.drop("reasoning")
        body.setdefault("output_config", {})["effort"] = "low"


def _render_effort(body: Rendered, value: Reasoning, model: ClaudeModel) -> None:
    thinking = {"type": "adaptive"}
    if value.show is not None:
        thinking["display"] = _DISPLAYS[value.show]
    body["thinking"] = thinking
    effort = effort_of(value)
    if effort:
        word = "high" if effort == "xhigh" and not model.xhigh else EFFORTS[effort]
        body.setdefault("output_config", {})["effort"] = word


def _render_budget(body: Rendered, value: Reasoning, request: ChatRequest, losses: Losses) -> None:
    most = body["max_tokens"] - 1
    budget = budget_of(value)
    if budget is None or budget < 0:
        budget = BUDGETS["medium"]
    if value.budget is None or value.budget < 0:  # an effort is no promise: leave room to answer
        budget = min(budget, most // 2)
    budget = max(LEAST_BUDGET, budget)
    if budget > most:
        losses.refuse(
            "reasoning",
            f"its thoughts are part of max_tokens, and {budget} tokens of them do not fit into "
            f"{most + 1}. Allow more tokens, or ask for less reasoning.",
        )
    thinking: Rendered = {"type": "enabled", "budget_tokens": budget}
    if value.show is not None:
        thinking["display"] = _DISPLAYS[value.show]
    body["thinking"] = thinking
