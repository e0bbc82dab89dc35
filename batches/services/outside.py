"""Jobs that stand at a provider on one of our accounts, and that Bifrost did not make: found, and adopted."""

import logging
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from batches.models import Batch, Job, OutsideJob, Surface
from batches.services.create import WINDOWS
from batches.translate import ENDPOINTS
from files import services as files
from files.models import File
from providers import audit, registry
from providers.audit import Actor
from providers.base import Listed, Upstream, UpstreamError
from providers.listed import CLOCK_SKEW
from providers.models import Credential, Provider, Workspace
from providers.secrets import SecretUnreadableError

logger = logging.getLogger(__name__)

# So far back a list is read, and so many of its jobs: most providers keep results for about a month.
OLDEST = timedelta(days=30)
MOST = 2000
AT_ONCE = 100
# What is listed no longer is forgotten after this, unless it was adopted.
KEPT_UNSEEN = timedelta(days=30)
SEEN = ("upstream_status", "ending", "total", "completed", "failed", "seen_at")
TOLD = ("name", "model", "endpoint", "input_id", "made_at")
# The surface whose SDK would have made such a job.
SURFACES = {
    Provider.OPENAI: Surface.OPENAI,
    Provider.ANTHROPIC: Surface.ANTHROPIC,
    Provider.BEDROCK: Surface.BEDROCK,
    Provider.GEMINI: Surface.GENAI,
}
# Whose jobs have one model, which their records do not name.
NAMES_NO_MODEL = (Provider.BEDROCK, Provider.GEMINI)


class NotAdoptableError(Exception):
    """The job cannot be made a batch of that workspace."""


class NoSuchJobError(Exception):
    """The provider lists no such job that is not one of ours."""


@dataclass
class Synced:
    """What a look at a provider's list found: `outside` jobs, of which `new` ones, and such that made no
    sense; and whether the list was `cut` off behind the newest."""

    outside: int = 0
    new: int = 0
    unreadable: int = 0
    cut: bool = False


def credentials_to_sync() -> list[str]:
    """All but those that clients brought: what stands on their accounts is not ours to list."""
    return list(Credential.objects.filter(direct=False).values_list("pk", flat=True))


def sync(credential_id: str) -> Synced:
    """List the account's jobs, and keep what is known of those that no job of ours stands for.

    Raises UpstreamError if the list cannot be read to its end; what was read is kept.
    """
    credential = Credential.objects.get(pk=credential_id, direct=False)
    began, found = timezone.now(), Synced()
    every = _upstream_of(credential).jobs(began - OLDEST)
    listed = islice(every, MOST)
    while page := list(islice(listed, AT_ONCE)):
        jobs = [one for one in page if isinstance(one, Listed)]
        found.unreadable += len(page) - len(jobs)
        kept, new = _keep(credential, jobs)
        found.outside += kept
        found.new += new
    unseen = OutsideJob.objects.filter(credential=credential, batch=None)
    unseen.filter(seen_at__lt=began - KEPT_UNSEEN).delete()
    if found.unreadable:
        logger.warning("%s lists %d jobs that make no sense", credential, found.unreadable)
    found.cut = next(every, None) is not None
    if found.cut:
        logger.info("of the jobs of %s the newest %d were looked at", credential, MOST)
    return found


def sync_one(credential: Credential, upstream_id: str) -> OutsideJob:
    """Look at one job, of any age. Raises UpstreamError, and NoSuchJobError if it is none or one of ours."""
    try:
        listed = _upstream_of(credential).job(upstream_id)
    except UpstreamError as error:
        if error.permanent:
            raise NoSuchJobError(
                f"{credential} does not show a job {upstream_id!r}: {error.message}"
            ) from error
        raise
    _keep(credential, [listed])
    named = OutsideJob.objects.filter(upstream_id=listed.state.upstream_id, credential=credential)
    if found := named.select_related("credential", "batch").first():
        return found
    raise NoSuchJobError(
        f"{upstream_id} is a job that Bifrost made, or may be one whose submission is not settled yet."
    )


def adopt(outside: OutsideJob, workspace: Workspace, *, by: Actor) -> Batch:
    """Make it a batch of the workspace, which is watched to its end and whose results are collected.

    Nothing is sent to the provider. A second time gives the same batch. Raises NotAdoptableError and
    StoreError.
    """
    if batch := outside.batch:
        return _same(batch, workspace)
    _refuse_crossing(outside.credential, workspace)
    with files.writing(workspace) as writer:
        pass
    with ExitStack() as undo:
        undo.callback(files.discard, writer.file)
        with transaction.atomic():
            # Other credentials may reach the same account.
            same = OutsideJob.objects.filter(upstream_id=outside.upstream_id).order_by("pk")
            if outside not in list(same.select_for_update()):
                raise NotAdoptableError(f"{outside} is not listed any more.")
            outside.refresh_from_db()
            if outside.batch:
                return _same(outside.batch, workspace)
            _refuse_ours(outside)
            batch = _adopted(outside, workspace, writer.file, by)
        undo.pop_all()
    return batch


def _upstream_of(credential: Credential) -> Upstream:
    """Raises UpstreamError if the credential cannot be used."""
    try:
        return registry.upstream(credential.provider, credential.account)
    except SecretUnreadableError as error:
        raise UpstreamError(str(error), code="secret_unreadable") from error


def _keep(credential: Credential, listed: Sequence[Listed]) -> tuple[int, int]:
    """How many are outside, and how many of them were not known."""
    # In this order: a submission that is settled meanwhile is found as the one or as the other.
    doubts = _doubts(credential.provider)
    ours = _ours(credential, listed)
    names = {one.state.upstream_id: one for one in listed}
    rows = OutsideJob.objects.filter(credential=credential, upstream_id__in=names)
    known = dict(rows.values_list("upstream_id", "created_at"))
    now = timezone.now()
    outside = [
        _row(credential, one)
        for name, one in names.items()
        if name not in ours and not _may_be_ours(one.made_at, known.get(name, now), doubts)
    ]
    with transaction.atomic():
        rows.filter(upstream_id__in=ours, batch=None).delete()
        OutsideJob.objects.bulk_create(
            outside,
            update_conflicts=True,
            unique_fields=["credential", "upstream_id"],
            update_fields=[*SEEN, *TOLD],
        )
    return len(outside), sum(row.upstream_id not in known for row in outside)


def _ours(credential: Credential, listed: Sequence[Listed]) -> set[str]:
    """Those that a job of ours stands for, by the provider's id or by the mark of ours that they bear.

    What was adopted from this very account stays in the list.
    """
    jobs = Job.objects.filter(credential__provider=credential.provider)
    others = jobs.exclude(adopted=True, credential=credential)
    names = [one.state.upstream_id for one in listed]
    found = set(others.filter(upstream_id__in=names).values_list("upstream_id", flat=True))
    marks = {one.job_id: one.state.upstream_id for one in listed if one.job_id}
    marked = Job.objects.filter(pk__in=marks).values_list("pk", flat=True)
    return found | {marks[pk] for pk in marked}


def _doubts(provider: str) -> list[datetime]:
    """Since when which jobs of ours may be on any list without our knowing which they are."""
    if not registry.upstream_class(provider).marks_records:
        return []
    unsettled = Job.objects.filter(
        credential__provider=provider, status=Job.Status.SUBMITTING, submitting_at__isnull=False
    )
    return list(unsettled.values_list("submitting_at", flat=True))


def _may_be_ours(
    made_at: datetime | None, first_seen: datetime, doubts: Iterable[datetime]
) -> bool:
    return any(
        first_seen >= since and (made_at is None or made_at >= since - CLOCK_SKEW)
        for since in doubts
    )


def _row(credential: Credential, listed: Listed) -> OutsideJob:
    state = listed.state
    return OutsideJob(
        credential=credential,
        upstream_id=state.upstream_id,
        upstream_status=state.raw[:100],
        ending=state.ended or "",
        total=state.total,
        completed=state.completed,
        failed=state.failed,
        name=listed.name[:512],
        model=listed.model[:255],
        endpoint=listed.endpoint[:100],
        input_id=listed.input_id[:1100],
        made_at=listed.made_at,
        seen_at=timezone.now(),
    )


def _refuse_crossing(credential: Credential, workspace: Workspace) -> None:
    """Raises NotAdoptableError."""
    if credential.direct or credential.workspace_id not in (None, workspace.pk):
        raise NotAdoptableError(
            f"{credential} is not an account that workspace {workspace} may use: adopt the job into the "
            "workspace that the credential belongs to."
        )


def _refuse_ours(outside: OutsideJob) -> None:
    """Raises NotAdoptableError."""
    provider = outside.credential.provider
    jobs = Job.objects.filter(credential__provider=provider, upstream_id=outside.upstream_id)
    if job := jobs.first():
        raise NotAdoptableError(f"{outside} belongs to batch {job.batch_id} already.")
    if _may_be_ours(outside.made_at, outside.created_at, _doubts(provider)):
        raise NotAdoptableError(
            f"{outside} may be a job of Bifrost's own, whose submission got no answer: try again when that "
            "is settled, which takes some minutes."
        )


def _same(batch: Batch | None, workspace: Workspace) -> Batch:
    """Raises NotAdoptableError if it is another workspace's."""
    if batch is None or batch.workspace_id != workspace.pk:
        raise NotAdoptableError("It was adopted into another workspace already.")
    return batch


def _adopted(outside: OutsideJob, workspace: Workspace, empty: File, by: Actor) -> Batch:
    """The batch and its job, in one transaction. The job counts as running: the next poll tells."""
    now, credential = timezone.now(), outside.credential
    surface = SURFACES[Provider(credential.provider)]
    counts = {"completed": outside.completed, "failed": outside.failed}
    files.publish(
        empty,
        purpose=File.Purpose.BATCH,
        filename=f"{outside.upstream_id.rpartition('/')[2][:200]}.jsonl",
        content_type="application/jsonl",
        surface=surface,
    )
    batch = Batch.objects.create(
        workspace=workspace,
        surface=surface,
        provider=credential.provider,
        endpoint=outside.endpoint or ENDPOINTS[0],
        name=outside.name,
        inline=not outside.input_id,
        metadata={"adopted_from": outside.upstream_id},
        status=Batch.Status.IN_PROGRESS,
        input_file=empty,
        total=outside.total,
        created_at=now,
        in_progress_at=now,
        expires_at=now + WINDOWS["24h"],
        due_at=None,
        **_models(outside),
        **counts,
    )
    job = Job.objects.create(
        batch=batch,
        credential=credential,
        ordinal=0,
        first=0,
        records=outside.total,
        model=outside.model,
        status=Job.Status.RUNNING,
        adopted=True,
        upstream_id=outside.upstream_id,
        upstream_status=outside.upstream_status,
        submitted_at=now,
        moved_at=now,
        due_at=now,
        **counts,
    )
    outside.batch = batch
    outside.save(update_fields=["batch"])
    batch.note("adopted", f"{outside} of {credential}, made elsewhere", job=job)
    audit.record(by, "job.adopted", outside, workspace=workspace, batch=batch.pk)
    return batch


def _models(outside: OutsideJob) -> dict[str, Any]:
    names_none = outside.credential.provider in NAMES_NO_MODEL
    return {"model": outside.model, "model_override": outside.model if names_none else ""}
