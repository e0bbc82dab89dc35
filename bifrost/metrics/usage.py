"""What was done and what it cost, since ever: counters from the sums of hours.

Hours that are over do not change, so each process adds them up once, and reads the last few every time. A
workspace that is erased takes its counters with it, in all processes at once.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Min, Sum, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from batches.models import UsageHour
from bifrost.metrics.labels import OTHER, named
from bifrost.metrics.upstream import buckets
from providers.models import Workspace
from providers.prices import DOLLAR

# What a transaction that was begun in an hour may still add to it.
SETTLED_AFTER = timedelta(hours=2)
MOST_MODELS = 200
# From 16 s to twelve days, as powers of two in seconds.
LENGTHS = range(4, 21)
KEY = ("workspace", "provider", "model", "status", "length")
SUMMED = (
    *("batches", "bytes", "completed", "failed"),
    *("input_tokens", "cached_tokens", "output_tokens", "cost", "unpriced"),
)
Key = tuple[Any, ...]


@dataclass
class _Sum:
    values: Counter[str]
    first: int


class Ledger:
    """The sums of all hours."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._upto: datetime | None = None
        self._settled: dict[Key, _Sum] = {}

    def read(self, now: datetime) -> dict[Key, _Sum]:
        with self._lock:
            upto = (now - SETTLED_AFTER).replace(minute=0, second=0, microsecond=0)
            if self._upto is None or self._upto < upto:
                after = {"hour__gte": self._upto} if self._upto else {}
                self._settled = _together(self._settled, _rows(hour__lt=upto, **after))
                self._upto = upto
            return _together(self._settled, _rows(hour__gte=self._upto))


ledger = Ledger()


def _rows(**hours: datetime) -> dict[Key, _Sum]:
    """What was taken back is left in: a counter that falls would be read as one that began anew."""
    sums: dict[str, Any] = {f"sum_{name}": Sum(Greatest(F(name), Value(0))) for name in SUMMED}
    rows = UsageHour.objects.filter(**hours).order_by().values_list(*KEY)
    return {
        row[: len(KEY)]: _Sum(
            Counter(dict(zip(SUMMED, row[len(KEY) + 1 :], strict=True))), row[len(KEY)]
        )
        for row in rows.annotate(first=Min("id"), **sums)
    }


def _together(some: dict[Key, _Sum], more: dict[Key, _Sum]) -> dict[Key, _Sum]:
    found = dict(some)
    for key, one in more.items():
        known = found.get(key)
        found[key] = _Sum(known.values + one.values, min(known.first, one.first)) if known else one
    return found


def usage() -> Iterator[Metric]:
    sums = ledger.read(timezone.now())
    workspaces = dict(Workspace.objects.order_by("created_at", "pk").values_list("pk", "name"))
    sums = {key: one for key, one in sums.items() if key[0] in workspaces}
    names = named(workspaces.values(), settings.METRICS_WORKSPACES)
    oldest_first = sorted(sums.items(), key=lambda item: item[1].first)
    models = named(dict.fromkeys(key[2] for key, _ in oldest_first), MOST_MODELS)
    told: dict[Key, Counter[str]] = {}
    ended: Counter[Key] = Counter()
    lengths: dict[Key, Counter[int]] = {}
    for (workspace, provider, model, status, length), one in sums.items():
        labels = (names.get(workspaces[workspace], OTHER), provider, models.get(model, OTHER))
        told.setdefault(labels, Counter()).update(one.values)
        ended[*labels, status] += one.values["batches"]
        lengths.setdefault((provider,), Counter())[length] += one.values["batches"]
    yield from _counters(told, ended)
    yield _durations(lengths)


def _counters(told: dict[Key, Counter[str]], ended: Counter[Key]) -> Iterator[Metric]:
    owner = ["workspace", "provider", "model"]
    batches = CounterMetricFamily(
        "bifrost_batches_ended", "Batches that have ended", labels=[*owner, "status"]
    )
    for labels, count in ended.items():
        batches.add_metric(labels, count)
    records = CounterMetricFamily(
        "bifrost_records", "Records of batches that have ended", labels=[*owner, "outcome"]
    )
    tokens = CounterMetricFamily(
        "bifrost_tokens",
        "Tokens that providers counted; those of the input without those from a cache",
        labels=[*owner, "kind"],
    )
    single = {
        "bytes": CounterMetricFamily("bifrost_input_bytes", "Bytes of the inputs", labels=owner),
        "spend": CounterMetricFamily(
            "bifrost_spend_dollars", "US dollars, of what has a known price", labels=owner
        ),
        "unpriced": CounterMetricFamily(
            "bifrost_unpriced_answers", "Answers whose price is not known", labels=owner
        ),
    }
    for key, sums in told.items():
        for outcome in ("completed", "failed"):
            records.add_metric([*key, outcome], sums[outcome])
        uncached = max(0, sums["input_tokens"] - sums["cached_tokens"])
        kinds = {
            "input": uncached,
            "cached": sums["cached_tokens"],
            "output": sums["output_tokens"],
        }
        for kind, count in kinds.items():
            tokens.add_metric([*key, kind], count)
        single["bytes"].add_metric(key, sums["bytes"])
        single["spend"].add_metric(key, sums["cost"] / DOLLAR)
        single["unpriced"].add_metric(key, sums["unpriced"])
    yield from (batches, records, tokens, *single.values())


def _durations(lengths: dict[Key, Counter[int]]) -> Metric:
    """Without a sum, which the hours do not tell."""
    found = HistogramMetricFamily(
        "bifrost_batch_duration_seconds",
        "How long batches took from their creation to their end",
        labels=["provider"],
    )
    for labels, counts in lengths.items():
        found.add_metric(labels, buckets(counts, LENGTHS, unit=1), None)
    return found
