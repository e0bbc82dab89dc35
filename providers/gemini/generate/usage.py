"""What an answer cost. https://ai.google.dev/api/generate-content#UsageMetadata"""

from operator import attrgetter
from typing import Any

from providers.gemini.generate import wire
from providers.records import Losses
from providers.records.chat import Usage

ALONE = (
    *("traffic_type", "prompt_tokens_details", "candidates_tokens_details"),
    *("response_tokens_details", "cache_tokens_details", "tool_use_prompt_tokens_details"),
)
_details = attrgetter(*ALONE)
_NO_DETAILS = (None,) * len(ALONE)


def parse_usage(usage: wire.UsageMetadata, losses: Losses) -> Usage:
    """Google counts thoughts beside the answer, and what its own tools read beside the prompt."""
    if _details(usage) != _NO_DETAILS:
        _drop_details(usage, losses)
    said = usage.candidates_token_count
    if said is None:
        said = usage.response_token_count or 0
    return Usage(
        usage.prompt_token_count + (usage.tool_use_prompt_token_count or 0),
        said + (usage.thoughts_token_count or 0),
        usage.cached_content_token_count,
        None,
        usage.thoughts_token_count,
    )


def _drop_details(usage: wire.UsageMetadata, losses: Losses) -> None:
    """What a sum is made of says something only if it is not all text."""
    for name, details in zip(ALONE, _details(usage), strict=True):
        if details and not _is_text(details):
            losses.drop(name)


def _is_text(details: Any) -> bool:
    return isinstance(details, list) and all(
        isinstance(each, dict) and each.get("modality") == "TEXT" for each in details
    )


def render_usage(usage: Usage, losses: Losses) -> dict[str, int]:
    thoughts = min(usage.reasoning or 0, usage.output)
    counts = {"promptTokenCount": usage.input, "candidatesTokenCount": usage.output - thoughts}
    if usage.cached is not None:
        counts["cachedContentTokenCount"] = usage.cached
    if usage.reasoning is not None:
        counts["thoughtsTokenCount"] = thoughts
    if usage.cache_written:
        losses.drop("usage.cache_written")
    counts["totalTokenCount"] = usage.input + usage.output
    return counts
