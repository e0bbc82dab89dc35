"""What an upstream is told of a job, and which records of the batch are the job's."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.utils import timezone

from batches import translate
from batches.chosen import unpacked
from batches.models import Batch, Job
from files import services as files
from providers import registry
from providers.base import OF_THE_ACCOUNT, JobRequest, Upstream, UpstreamError
from providers.secrets import SecretUnreadableError


def each(jobs: Iterable[Job], step: Callable[[Job], None]) -> None:
    """Take a step with every job: what is wrong with one of them delays no other. Raises UpstreamError."""
    failures = []
    for job in jobs:
        try:
            step(job)
        except UpstreamError as error:
            if error.code in OF_THE_ACCOUNT:
                raise
            failures.append(error)
    if failures:
        raise max(failures, key=lambda error: error.retry_after or 0)


def upstream_of(job: Job) -> Upstream:
    """Raises UpstreamError if the credential cannot be used."""
    try:
        return registry.upstream(job.credential.provider, job.credential.account)
    except SecretUnreadableError as error:
        raise UpstreamError(str(error), code="secret_unreadable") from error


def request_of(job: Job, batch: Batch, **more: Any) -> JobRequest:
    return JobRequest(
        id=job.id,
        endpoint=batch.endpoint,
        completion_window=batch.completion_window,
        since=job.submitting_at or timezone.now(),
        model=job.model,
        records=job.records,
        invocation=_invocation_of(job, batch),
        output_uri=batch.output_uri,
        role_arn=batch.role,
        tags=batch.tags,
        timeout_hours=batch.timeout_hours,
        known=Job.objects.exclude(pk=job.pk).filter(credential=job.credential).known,
        **more,
    )


def input_of(batch: Batch) -> translate.Input:
    """Answers whose provider tells no time are told as of one moment, however often they are told."""
    moments = (batch.finalizing_at, batch.cancelling_at, batch.in_progress_at)
    told_at = next(filter(None, moments), batch.created_at)
    return translate.Input(
        files.stream(batch.input_file),
        provider=batch.provider,
        model=batch.model_override,
        created=int(told_at.timestamp()),
    )


def share_of(job: Job) -> translate.Share:
    """Of a job that somebody else made it is all of the input, under ids that are not ours."""
    if job.adopted:
        return translate.Share(job.first, job.records)
    upstream = registry.upstream_class(job.credential.provider)
    return translate.Share(
        job.first,
        job.records,
        job.model if upstream.limits.one_model else None,
        mark_of(upstream, job.id),
        None if job.chosen is None else frozenset(unpacked(job.chosen)),
    )


def mark_of(upstream: type[Upstream], job_id: str) -> str:
    """What the ids of a job's records begin with upstream."""
    return f"{job_id}-" if upstream.marks_records else ""


def last_tried(jobs: Sequence[Job]) -> Sequence[Job]:
    """Of a batch's jobs those that carry what had no answer before: all, if nothing was tried again."""
    again = [job.created_at for job in jobs if job.chosen is not None]
    return [job for job in jobs if job.created_at == max(again)] if again else jobs


def _invocation_of(job: Job, batch: Batch) -> str:
    """As the client says, whose own records they are; whatever is translated says it itself."""
    if not registry.upstream_class(job.credential.provider).names_invocation:
        return ""
    source = input_of(batch)
    if batch.invocation and source.translation.untouched:
        return batch.invocation
    return source.invocation(share_of(job))
