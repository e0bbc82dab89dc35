"""The latest failures by their cause. What a record says is never among it."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from batches.admin.dashboard.period import Window
from batches.models import Batch, Job
from providers import cells
from providers.models import Provider

NEWEST = 500
MOST = 9
MOST_OF_RECORDS = 4
RECORDS = "records failed"
WHAT = {
    "batches failed": ("batch", "batches", "failed"),
    "batches expired": ("batch", "batches", "expired"),
    "jobs in trouble": ("job", "jobs", "in trouble"),
    RECORDS: ("record", "records", "failed"),
}
# What tells one failure from the next of the same cause: ids and numbers.
PARTICULAR = re.compile(r"\b(?=\w*\d)[\w-]{6,}\b|\d[\d,.]*\d{3}|(?<=line )\d+")


@dataclass
class Cause:
    """How often something failed alike, and the newest of it."""

    what: str
    code: str
    provider: str
    count: int
    newest: datetime
    batch_id: str
    message: str = ""

    @property
    def counted(self) -> str:
        noun, plural, fate = WHAT[self.what]
        return f"{cells.count(self.count, noun, plural)} {fate}"

    @property
    def provider_name(self) -> str:
        return Provider(self.provider).label


def causes(window: Window, workspaces: Collection[str] | None) -> list[Cause]:
    """Of the newest failures of the period, the most frequent first: of batches, of jobs, then of records.

    Each query reads an index from its newest end, and no further than NEWEST rows.
    """
    grouped: dict[tuple[str, str, str], Cause] = {}
    recent = Batch.objects.filter(created_at__gte=window.start)
    jobs = Job.objects.filter(status__in=Job.UNFINISHED, batch__status__in=Batch.ACTIVE)
    if workspaces is not None:
        recent = recent.filter(workspace__in=workspaces)
        jobs = jobs.filter(batch__workspace__in=workspaces)
    for found in (*_of_batches(recent), *_of_records(recent), *_of_jobs(jobs)):
        key = (found.what, found.code, found.provider)
        known = grouped.setdefault(key, found)
        if known is found:
            continue
        count = known.count + found.count
        if found.newest > known.newest:
            grouped[key] = found
        grouped[key].count = count
    ranked = sorted(grouped.values(), key=lambda cause: (-cause.count, cause.code))
    of_records = [cause for cause in ranked if cause.what == RECORDS]
    others = [cause for cause in ranked if cause.what != RECORDS]
    return [*others[:MOST], *of_records[:MOST_OF_RECORDS]]


def _of_batches(recent: QuerySet[Batch]) -> Iterator[Cause]:
    for status in (Batch.Status.FAILED, Batch.Status.EXPIRED):
        names = (
            "pk",
            "provider",
            "created_at",
            "errors__0__code",
            "errors__0__message",
            "last_error",
        )
        for pk, provider, at, code, message, last_error in _newest(recent, status, names):
            said = message or last_error or ""
            known = code or (alike(said) if said else "out of time")
            yield Cause(f"batches {status}", known, provider, 1, at, pk, said if code else "")


def _of_records(recent: QuerySet[Batch]) -> Iterator[Cause]:
    names = ("pk", "provider", "created_at", "failed", "failures")
    for pk, provider, at, failed, failures in _newest(recent, Batch.Status.COMPLETED, names):
        kinds = failures if failed else {}
        for kind, count in kinds.items():
            yield Cause(RECORDS, kind.replace("_", " "), provider, count, at, pk)


def _of_jobs(jobs: QuerySet[Job]) -> Iterator[Cause]:
    troubled = jobs.exclude(last_error="").order_by("-created_at")
    names = ("batch_id", "batch__provider", "polled_at", "created_at", "last_error")
    for pk, provider, polled_at, created_at, said in troubled.values_list(*names)[:NEWEST]:
        yield Cause("jobs in trouble", alike(said), provider, 1, polled_at or created_at, pk)


def _newest(recent: QuerySet[Batch], status: str, names: Iterable[str]) -> Iterable[Any]:
    rows = recent.filter(status=status).order_by("-created_at")
    return rows.values_list(*names)[:NEWEST]


def alike(message: str) -> str:
    """A message without what is particular to one of its occurrences."""
    line = PARTICULAR.sub("…", message.strip().partition("\n")[0])
    return line if len(line) <= 100 else f"{line[:99]}…"
