"""Tokens used, in OpenAI's words for a batch."""

from collections.abc import Mapping, Sequence
from typing import Any

from batches.models import Job
from providers.translation import Used


def usage_of_all(jobs: Sequence[Job], used: Used) -> dict[str, Any] | None:
    """What the providers say of their jobs; where one is silent, what the answers say, if they were read."""
    said = [job.usage for job in jobs if job.upstream_id]
    total = total_usage(said)
    return total if all(said) else usage_of(used) or total


def usage_of(used: Used) -> dict[str, Any] | None:
    """What the answers say themselves; None if none did."""
    if not used.answers:
        return None
    return {
        "input_tokens": used.input,
        "input_tokens_details": {"cached_tokens": used.cached},
        "output_tokens": used.output,
        "output_tokens_details": {"reasoning_tokens": used.reasoning},
        "total_tokens": used.input + used.output,
    }


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
