"""Remove what lies at providers and nobody needs: it costs, and holds prompts and answers.

What was sent ahead of jobs goes when their batch has ended. What jobs wrote stays, since it can be collected
again, until the results of the batch are removed; then `forgetting` is set.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cached_property, partial

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from batches.models import Batch, Job
from files.models import UpstreamFile
from providers import registry
from providers.base import Upstream, UpstreamError
from providers.models import Credential
from providers.secrets import SecretUnreadableError

logger = logging.getLogger(__name__)

AT_ONCE = 100
# So long a provider is asked that cannot be reached, or does not know our key any more. By then most of
# them have removed everything by themselves.
PATIENCE = timedelta(days=30)


def credentials_with_leftovers() -> list[str]:
    """The credentials whose providers have such things. Each has a turn of its own: one may hang."""
    found = (copies_left(), jobs_to_forget())
    ids = (some.order_by().values_list("credential_id", flat=True).distinct() for some in found)
    return list(dict.fromkeys(pk for some in ids for pk in some))


def discard(credential_id: str) -> int:
    """Remove the oldest of them; returns how many. What fails for now is left for the next turn."""
    cleaner = _Cleaner(Credential.objects.get(pk=credential_id))
    copies = copies_left().filter(credential=credential_id).order_by("created_at", "pk")
    jobs = jobs_to_forget().filter(credential=credential_id).select_related("batch").order_by("pk")
    return sum(
        (
            _each(partial(cleaner.discard, copy) for copy in copies[:AT_ONCE]),
            _each(partial(cleaner.forget, job) for job in jobs[:AT_ONCE]),
        )
    )


def copies_left() -> QuerySet[UpstreamFile]:
    """Copies that no job needs any more."""
    needed = Job.objects.filter(upstream_input=OuterRef("pk"), batch__status__in=Batch.ACTIVE)
    return UpstreamFile.objects.filter(~Exists(needed), role=UpstreamFile.Role.INPUT)


def jobs_to_forget() -> QuerySet[Job]:
    return Job.objects.filter(forgetting=True)


def _each(steps: Iterable[Callable[[], None]]) -> int:
    """How many were taken before the first trouble."""
    count = 0
    try:
        for step in steps:
            step()
            count += 1
    except (UpstreamError, SecretUnreadableError) as error:
        logger.warning("what lies at a provider is not removed: %s", error)
    return count


class _Cleaner:
    """Removes at one provider. Raises UpstreamError and SecretUnreadableError for what may pass.

    What its provider will not remove is given up, which the timeline says.
    """

    def __init__(self, credential: Credential) -> None:
        self.credential = credential

    @cached_property
    def upstream(self) -> Upstream:
        return registry.upstream(self.credential.provider, self.credential.account)

    def discard(self, copy: UpstreamFile) -> None:
        told = self._remove(
            copy.upstream_id,
            lambda: self.upstream.discard(copy.upstream_id),
            since=copy.created_at,
        )
        if job := Job.objects.filter(upstream_input=copy).select_related("batch").first():
            job.batch.note("input removed", told, job=job)
        copy.delete()

    def forget(self, job: Job) -> None:
        told = self._remove(
            job.upstream_id,
            lambda: self.upstream.forget(job.upstream_id, job.upstream_files),
            since=job.batch.archived_at or timezone.now(),
        )
        job.batch.note("results removed", told, job=job)
        Job.objects.filter(pk=job.pk).update(forgetting=False, upstream_files={})

    def _remove(self, name: str, remove: Callable[[], None], *, since: datetime) -> str:
        """What the timeline is to say."""
        try:
            remove()
        except (UpstreamError, SecretUnreadableError) as error:
            is_final = isinstance(error, UpstreamError) and error.permanent
            if not is_final and since > timezone.now() - PATIENCE:
                raise
            logger.warning("%s is left at its provider: %s", name, error)
            return f"{name} at the provider could not be: {error}"
        return f"{name} at the provider"
