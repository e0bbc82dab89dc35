"""Efforts and budgets: vendors count reasoning in one or the other.

The figures are those of Google's own mapping of OpenAI's efforts, continued upwards:
https://ai.google.dev/gemini-api/docs/openai#thinking
"""

from providers.records.chat import Effort, Reasoning

BUDGETS: dict[Effort, int] = {
    "none": 0,
    "minimal": 1024,
    "low": 1024,
    "medium": 8192,
    "high": 24576,
    "xhigh": 32768,
    "max": 65536,
}


def effort_of(reasoning: Reasoning) -> Effort | None:
    """The effort that was asked for, or the least one whose budget is no smaller than the one asked for."""
    if reasoning.effort or reasoning.budget is None:
        return reasoning.effort
    if reasoning.budget < 0:  # -1 is Gemini's word for "as the model likes"
        return None
    enough = (effort for effort, budget in BUDGETS.items() if budget >= (reasoning.budget or 0))
    return next((effort for effort in enough if effort != "minimal"), "max")


def budget_of(reasoning: Reasoning) -> int | None:
    """The budget that was asked for, or that of the effort."""
    if reasoning.budget is not None:
        return reasoning.budget
    return BUDGETS[reasoning.effort] if reasoning.effort else None
