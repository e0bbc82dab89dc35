"""Batches and jobs by any id that anybody calls them by, by what they are about, and by what went wrong."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest

from batches.admin.terms import Terms, read
from batches.models import BATCH_TROUBLED, JOB_TROUBLED, Batch, BatchEvent, Job
from batches.services.custom_ids import holders, holds
from files.models import UpstreamFile
from providers import lookback
from providers.console import ConsoleAdmin
from providers.ids import core_id
from providers.models import Workspace

MOST = 1000
READING_SECONDS = 0.5
Part = Callable[..., Iterable[str]]


def batches_named(text: str) -> list[str]:
    """The batches that an id names: theirs, a file's, a job's or a key's, ours or the provider's.

    What a client made itself to repeat a request safely names them, too.

    Every part of the union has an index to itself, so that the size of the tables does not matter.
    """
    core = core_id(text)
    batches, jobs = Batch.objects.order_by(), Job.objects.order_by()
    files = Q(input_file=core) | Q(output_file=core) | Q(error_file=core) | Q(results_file=core)
    return _together(
        batches.filter(pk=core).values_list("pk"),
        batches.filter(files).values_list("pk"),
        batches.filter(virtual_key=core).values_list("pk"),
        # The index of the keys begins with the workspace.
        batches.filter(
            workspace__in=Workspace.objects.order_by(), idempotency_key=text
        ).values_list("pk"),
        jobs.filter(pk=core).values_list("batch_id"),
        jobs.filter(upstream_id=text).values_list("batch_id"),
        jobs.filter(upstream_input__in=_copies(text)).values_list("batch_id"),
    )


def jobs_named(text: str) -> list[str]:
    """The jobs that an id names: theirs, the provider's, or their batch's."""
    core = core_id(text)
    jobs = Job.objects.order_by()
    return _together(
        jobs.filter(Q(pk=core) | Q(batch=core)).values_list("pk"),
        jobs.filter(upstream_id=text).values_list("pk"),
        jobs.filter(upstream_input__in=_copies(text)).values_list("pk"),
        jobs.filter(raw_results=core).values_list("pk"),
    )


def batches_about(terms: Terms) -> lookback.Matcher:
    """Those of some batches that all terms fit."""
    parts: list[Part] = [
        partial(BATCH_PARTS[name], text=text) for name, text in terms.named.items()
    ]
    if terms.rest:
        parts.append(partial(_anywhere, text=terms.rest))
    return partial(_all, parts)


def jobs_about(terms: Terms) -> lookback.Matcher:
    parts: list[Part] = [partial(JOB_PARTS[name], text=text) for name, text in terms.named.items()]
    if terms.rest:
        parts.append(partial(_any_of_job, text=terms.rest))
    return partial(_all, parts)


def _all(parts: list[Part], rows: QuerySet[Any]) -> list[str]:
    """A part that fits more rows than it tells is asked again, of what the others leave."""
    found: list[str] = []
    many: list[Part] = []
    for part in parts:
        found = list(part(rows))
        if not found:
            return []
        if len(found) < lookback.MOST:
            rows = rows.filter(pk__in=found)
        else:
            many.append(part)
    for part in many if len(parts) > 1 else ():
        found = list(part(rows))
        rows = rows.filter(pk__in=found)
    return found


def _anywhere(rows: QuerySet[Any], text: str) -> list[str]:
    named = Q(name__icontains=text) | Q(model__icontains=text)
    return [*lookback.where(named)(rows), *_with_error(rows, text), *_holding(rows, text)]


def _named(rows: QuerySet[Any], text: str) -> Iterable[str]:
    return lookback.where(Q(name__icontains=text))(rows)


def _of_model(rows: QuerySet[Any], text: str) -> Iterable[str]:
    """A batch names the model of its first record; its jobs know the others."""
    own = lookback.where(Q(model__icontains=text))(rows)
    jobs = Job.objects.filter(batch=OuterRef("pk"), model__icontains=text)
    return [*own, *lookback.where(Q(Exists(jobs)))(rows.exclude(pk__in=own))]


def _with_error(rows: QuerySet[Any], text: str) -> list[str]:
    """What is said of the batch, of its jobs, and in the timeline of those that had trouble."""
    told = rows.alias(told=Cast("errors", TextField()))
    own = told.filter(Q(last_error__icontains=text) | Q(told__icontains=text) & BATCH_TROUBLED)
    jobs = _wrong(Job.objects.filter(batch__in=rows.values("pk")).order_by(), text)
    troubled = rows.filter(BATCH_TROUBLED).values("pk")
    events = BatchEvent.objects.filter(batch__in=troubled, message__icontains=text).order_by()
    found = [*own.values_list("pk", flat=True)[: lookback.MOST]]
    for others in (jobs, events):
        found += others.values_list("batch_id", flat=True)[: lookback.MOST]
    return list(dict.fromkeys(found))


def _wrong(jobs: QuerySet[Any], text: str) -> QuerySet[Any]:
    told: QuerySet[Any] = jobs.alias(told=Cast("problems", TextField()))
    return told.filter(JOB_TROUBLED, Q(last_error__icontains=text) | Q(told__icontains=text))


def _job_wrong(rows: QuerySet[Any], text: str) -> Iterable[str]:
    return _wrong(rows, text).values_list("pk", flat=True)[: lookback.MOST]


def _job_model(rows: QuerySet[Any], text: str) -> Iterable[str]:
    return lookback.where(Q(model__icontains=text))(rows)


def _job_named(rows: QuerySet[Any], text: str) -> Iterable[str]:
    return lookback.where(Q(batch__name__icontains=text))(rows)


def _jobs_holding(rows: QuerySet[Any], text: str) -> Iterable[str]:
    found = _holding(Batch.objects.filter(jobs__in=rows.values("pk")).order_by(), text)
    return lookback.where(Q(batch__in=found))(rows)


def _holding(rows: QuerySet[Any], text: str) -> list[str]:
    """Those with a record of this custom_id. Where their inputs take too long to read, they may have one."""
    may = Batch.objects.filter(pk__in=holders(rows, text)).select_related("input_file")
    deadline = time.monotonic() + READING_SECONDS
    return [
        batch.pk for batch in may if time.monotonic() > deadline or holds(batch, text) is not False
    ]


def _any_of_job(rows: QuerySet[Any], text: str) -> list[str]:
    return [*_job_model(rows, text), *_job_wrong(rows, text)]


BATCH_PARTS: dict[str, Part] = {
    "custom_id": _holding,
    "model": _of_model,
    "name": _named,
    "error": _with_error,
}
JOB_PARTS: dict[str, Part] = {
    "custom_id": _jobs_holding,
    "model": _job_model,
    "name": _job_named,
    "error": _job_wrong,
}


def _copies(text: str) -> QuerySet[UpstreamFile]:
    """The input files at a provider that it calls so."""
    return UpstreamFile.objects.filter(upstream_id=text)


def _together(*parts: QuerySet[Any, Any]) -> list[str]:
    union = reduce(lambda one, other: one.union(other), parts)
    return [pk for (pk,) in union[:MOST]]


@dataclass(frozen=True)
class Search:
    """How rows of a kind are found: at once by an id, else by looking back for what they are about."""

    named: Callable[[str], list[str]]
    about: Callable[[Terms], lookback.Matcher]
    tried: str


BATCHES = Search(batches_named, batches_about, "ids, names, models, errors and custom_ids")
JOBS = Search(jobs_named, jobs_about, "ids, models and errors")


def searched(
    viewing: ConsoleAdmin, request: HttpRequest, rows: QuerySet[Any], text: str, search: Search
) -> QuerySet[Any]:
    """Those of the rows that what was typed into the box above a list leads to."""
    terms = read(text)
    if not terms.named and (named := search.named(text)):
        return rows.filter(pk__in=named)
    tried = str(terms) if terms.named else search.tried
    return viewing.search_back(request, rows, search.about(terms), tried=tried)
