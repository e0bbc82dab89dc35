"""Tokens used, in OpenAI's words for a batch."""

from collections.abc import Mapping, Sequence
from typing import Any

from batches.models import Job
from providers.answers import whole
from providers.prices import Tokens


def usage_of_all(jobs: Sequence[Job], told: Tokens | None) -> dict[str, Any] | None:
    """What the providers say of their jobs; where one is silent, what the answers say, if any does."""
    said = [job.usage for job in jobs if job.upstream_id]
    total = total_usage(said)
    return total if all(said) else usage_of(told) or total


def usage_of(told: Tokens | None) -> dict[str, Any] | None:
    if told is None:
        return None
    return {
        "input_tokens": told.input,
        "input_tokens_details": {"cached_tokens": told.cached},
        "output_tokens": told.output,
        "output_tokens_details": {"reasoning_tokens": told.reasoning},
        "total_tokens": told.input + told.output,
    }


def tokens_of(said: Mapping[str, Any] | None) -> Tokens:
    """What a provider says of a whole job."""
    said = said or {}
    inside, thought = said.get("input_tokens_details"), said.get("output_tokens_details")
    return Tokens(
        input=whole(said.get("input_tokens")),
        cached=whole(inside.get("cached_tokens")) if isinstance(inside, Mapping) else 0,
        output=whole(said.get("output_tokens")),
        reasoning=whole(thought.get("reasoning_tokens")) if isinstance(thought, Mapping) else 0,
    )


def total_usage(usages: Sequence[Mapping[str, Any] | None]) -> dict[str, Any] | None:
    """The sum of what the jobs used; None if no provider said."""
    said = [usage for usage in usages if usage]
    return _sum(said) if said else None


def _sum(usages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {}
    for usage in usages:
        for name, value in usage.items():
            if isinstance(value, Mapping):
                total[name] = _sum([total.get(name) or {}, value])
            elif isinstance(value, int):
                total[name] = total.get(name, 0) + value
    return total
