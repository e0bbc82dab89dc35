"""How likely tokens were. https://ai.google.dev/api/generate-content#LogprobsResult"""

from typing import Any

from providers.gemini.generate import wire
from providers.records import Losses
from providers.records.chat import TokenChance, TokenChoice


def parse_logprobs(result: wire.LogprobsResult, losses: Losses) -> list[TokenChoice]:
    tops = result.top_candidates or []
    choices = []
    for number, chosen in enumerate(result.chosen_candidates or ()):
        if chosen.token_id is not None:
            losses.drop("token_id")
        top = tops[number].candidates or [] if number < len(tops) else []
        choices.append(
            TokenChoice(
                chosen.token,
                chosen.log_probability,
                [TokenChance(each.token, each.log_probability) for each in top],
            )
        )
    return choices


def render_logprobs(candidate: dict[str, Any], choices: list[TokenChoice]) -> None:
    """Google's SDK shows the average beside the result."""
    if choices:
        candidate["avgLogprobs"] = sum(each.logprob for each in choices) / len(choices)
    result: dict[str, Any] = {"chosenCandidates": [_chance(each) for each in choices]}
    if any(each.top for each in choices):
        result["topCandidates"] = [
            {"candidates": [_chance(each) for each in choice.top]} for choice in choices
        ]
    candidate["logprobsResult"] = result


def _chance(chance: TokenChoice | TokenChance) -> dict[str, str | float]:
    return {"token": chance.token, "logProbability": chance.logprob}
