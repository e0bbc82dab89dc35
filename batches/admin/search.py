"""Batches and jobs by any id that anybody calls them by."""

from functools import reduce
from typing import Any

from django.db.models import Q, QuerySet

from batches.models import Batch, Job
from files.models import UpstreamFile
from providers.ids import core_id
from providers.models import Workspace

MOST = 1000


def batches_named(text: str) -> list[str]:
    """The batches that an id names: theirs, a file's or a job's, ours or the provider's, or the client's key.

    Every part of the union has an index to itself, so that the size of the tables does not matter.
    """
    core = core_id(text)
    batches, jobs = Batch.objects.order_by(), Job.objects.order_by()
    files = Q(input_file=core) | Q(output_file=core) | Q(error_file=core) | Q(results_file=core)
    return _together(
        batches.filter(pk=core).values_list("pk"),
        batches.filter(files).values_list("pk"),
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


def _copies(text: str) -> QuerySet[UpstreamFile]:
    """The input files at a provider that it calls so."""
    return UpstreamFile.objects.filter(upstream_id=text)


def _together(*parts: QuerySet[Any, Any]) -> list[str]:
    union = reduce(lambda one, other: one.union(other), parts)
    return [pk for (pk,) in union[:MOST]]
