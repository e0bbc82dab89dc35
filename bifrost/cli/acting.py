"""What can be done with one batch: look at it, hurry it, stop it, try it again."""

import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from batches import services, tasks
from batches.models import Batch, Job
from bifrost.cli.listing import batch_named
from bifrost.cli.listing import row_of as row_of_list
from bifrost.cli.progress import progress
from bifrost.cli.verbs import Output, Row, actor, verb
from providers import audit
from providers.models import Provider

LOOK_AGAIN_SECONDS = 2.0
LATEST = 10


def add(verbs: Any) -> None:
    showing = _add(verbs, "show", show)
    showing.add_argument("--follow", action="store_true", help="until it has ended")
    showing.add_argument("--events", type=int, default=LATEST, metavar="N", help="the latest N")
    for name, run in (("poll", poll), ("cancel", cancel), ("retry", retry), ("collect", collect)):
        _add(verbs, name, run)
    cloning = _add(verbs, "clone", clone)
    cloning.add_argument("--provider", default="", choices=Provider.values)
    cloning.add_argument("--model", default="", help="to ask for instead of the records' own")


def _add(verbs: Any, name: str, run: Callable[[Output, dict[str, Any]], None]) -> ArgumentParser:
    parser = verb(verbs, name, run)
    parser.add_argument("id", help="as any surface writes it")
    return parser


def show(out: Output, options: dict[str, Any]) -> None:
    """Show a batch: how far it is, its jobs at the provider, and what happened last."""
    batch = batch_named(options["id"])
    if options["follow"]:
        _follow(batch)
        batch.refresh_from_db()
    jobs = [_row_of_job(job) for job in batch.jobs.select_related("credential").order_by("ordinal")]
    events = [
        {"at": event.at, "what": event.kind, "message": event.message}
        for event in reversed(batch.events.order_by("-at", "-id")[: max(options["events"], 0)])
    ]
    if out.as_json:
        out.row({**row_of(batch), "jobs": jobs, "events": events})
        return
    out.row(row_of(batch))
    for rows in (jobs, events):
        if rows:
            out.gap()
            out.rows(rows)


def poll(out: Output, options: dict[str, Any]) -> None:
    """Ask the provider now how far its jobs are."""
    batch = batch_named(options["id"])
    if not services.poll_now(Batch.objects.filter(pk=batch.pk)):
        raise CommandError(f"No job of batch {batch.pk} is running: it is {batch.status}.")
    transaction.on_commit(tasks.poll.delay, robust=True)
    _record(batch, "polled")
    out.row(row_of(batch))


def cancel(out: Output, options: dict[str, Any]) -> None:
    """Stop a batch. What is done by then is collected, and paid for."""
    _act(out, options, services.cancel, "cancelled")


def retry(out: Output, options: dict[str, Any]) -> None:
    """Send the records of an ended batch again that have no answer. That costs money again."""
    _act(out, options, services.retry, "retried")


def collect(out: Output, options: dict[str, Any]) -> None:
    """Collect the results of an ended batch again, from the provider if it still has them."""
    _act(out, options, services.collect_again, "collected_again")


def clone(out: Output, options: dict[str, Any]) -> None:
    """Send everything of a batch again, as a new one, perhaps to another provider or model."""
    batch = batch_named(options["id"])
    try:
        with transaction.atomic():
            new = services.clone(batch, provider=options["provider"], model=options["model"])
            _record(batch, "cloned", to=new.pk)
    except services.CLONE_REFUSALS as error:
        raise CommandError(str(error)) from None
    tasks.ring(new.pk)
    out.row(row_of(new))


def _act(out: Output, options: dict[str, Any], act: Callable[[Batch], Batch], done: str) -> None:
    batch = batch_named(options["id"])
    try:
        with transaction.atomic():
            batch = act(batch)
            _record(batch, done)
    except (
        services.NotCancellableError,
        services.NotCollectableError,
        services.NotRetriableError,
    ) as error:
        raise CommandError(str(error)) from None
    tasks.ring(batch.pk)
    out.row(row_of(batch))


def _record(batch: Batch, done: str, **detail: Any) -> None:
    audit.record(actor(), f"batch.{done}", batch, workspace=batch.workspace, **detail)


def _follow(batch: Batch) -> None:
    """A bar of its records, until it has ended. It takes no step itself: workers do."""
    with progress(f"batch_{batch.pk}", batch.total) as move:
        done = 0
        while True:
            batch.refresh_from_db()
            now = batch.completed + batch.failed
            move(max(now - done, 0))
            done = max(now, done)
            if batch.ended:
                return
            time.sleep(LOOK_AGAIN_SECONDS)


def row_of(batch: Batch) -> Row:
    usage: Mapping[str, Any] = batch.usage or {}
    return {
        **row_of_list(batch),
        "refused": batch.refused,
        "why_failed": [f"{count} {kind}" for kind, count in batch.failures.items()],
        "tokens": usage.get("total_tokens"),
        "endpoint": batch.endpoint,
        "input_file": batch.input_file_id,
        "output_file": batch.output_file_id,
        "error_file": batch.error_file_id,
        "errors": [one.get("message", "") for one in batch.errors or ()],
        "last_error": batch.last_error,
        "expires_at": batch.expires_at,
    }


def _row_of_job(job: Job) -> Row:
    return {
        "job": job.upstream_id or job.pk,
        "credential": str(job.credential),
        "status": job.status,
        "provider_says": job.upstream_status,
        "records": job.records,
        "completed": job.completed,
        "failed": job.failed,
        "stuck_since": job.stuck_at,
        "last_error": job.last_error,
    }
