"""How the providers answered, since ever."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from providers.models import UpstreamCalls

# From 8 ms to two minutes, as powers of two in milliseconds.
LENGTHS = range(3, 18)


def upstream() -> Iterator[Metric]:
    calls = CounterMetricFamily(
        "bifrost_upstream_calls",
        "Calls to providers; the outcome is ok, or the code of the error",
        labels=["provider", "operation", "outcome"],
    )
    times = HistogramMetricFamily(
        "bifrost_upstream_call_duration_seconds",
        "How long providers took for calls",
        labels=["provider", "operation"],
    )
    outcomes: Counter[tuple[str, str, str]] = Counter()
    lengths: dict[tuple[str, str], Counter[int]] = {}
    milliseconds: Counter[tuple[str, str]] = Counter()
    for row in UpstreamCalls.objects.order_by("provider", "operation", "outcome", "length"):
        kind = (row.provider, row.operation)
        outcomes[*kind, row.outcome] += row.count
        lengths.setdefault(kind, Counter())[row.length] += row.count
        milliseconds[kind] += row.milliseconds
    for labels, count in outcomes.items():
        calls.add_metric(labels, count)
    for kind, counts in lengths.items():
        times.add_metric(kind, buckets(counts, LENGTHS, unit=1000), milliseconds[kind] / 1000)
    yield from (calls, times)


def buckets(counts: Counter[int], lengths: range, *, unit: int) -> list[tuple[str, float]]:
    """How many took at most 2^length, for each length and for all."""
    upto = [
        (str(2**length / unit), float(sum(n for one, n in counts.items() if one <= length)))
        for length in lengths
    ]
    return [*upto, ("+Inf", float(counts.total()))]
