"""Tokens, as OpenAI counts them: https://platform.openai.com/docs/api-reference/chat/object#chat-object-usage"""

from operator import attrgetter
from typing import Any

from providers.openai.chat import wire
from providers.records import Losses
from providers.records.chat import Usage
from providers.records.rules import Rendered

# Details that are counted within the sums, and that only OpenAI tells. Nought says nothing.
ALONE = {
    "prompt_tokens_details": ("audio_tokens", "text_tokens", "image_tokens"),
    "completion_tokens_details": (
        "audio_tokens",
        "text_tokens",
        "accepted_prediction_tokens",
        "rejected_prediction_tokens",
    ),
}

_alone = {where: attrgetter(*names) for where, names in ALONE.items()}


def parse_usage(said: wire.Usage | None, losses: Losses) -> Usage | None:
    if said is None:
        return None
    prompt, completion = said.prompt_tokens_details, said.completion_tokens_details
    if prompt is None and completion is None:
        return Usage(said.prompt_tokens, said.completion_tokens)
    _drop_alone("prompt_tokens_details", prompt, losses)
    _drop_alone("completion_tokens_details", completion, losses)
    return Usage(
        said.prompt_tokens,
        said.completion_tokens,
        cached=prompt.cached_tokens if prompt else None,
        cache_written=prompt.cache_write_tokens if prompt else None,
        reasoning=completion.reasoning_tokens if completion else None,
    )


def render_usage(usage: Usage) -> Rendered:
    said: Rendered = {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
    }
    if usage.cached is not None or usage.cache_written is not None:
        prompt = {"cached_tokens": usage.cached, "cache_write_tokens": usage.cache_written}
        said["prompt_tokens_details"] = {
            name: count for name, count in prompt.items() if count is not None
        }
    if usage.reasoning is not None:
        said["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning}
    return said


def _drop_alone(where: str, details: Any, losses: Losses) -> None:
    if details is None or not any(_alone[where](details)):
        return
    for name in ALONE[where]:
        if getattr(details, name):
            losses.drop(f"usage.{where}.{name}")
