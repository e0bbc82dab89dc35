"""Remove what was sent to providers ahead of jobs, once nobody needs it: it costs, and holds prompts.

Results are left to the provider, which can be asked for them again, and which deletes them in its own time.
"""

import logging

from django.db.models import Exists, OuterRef, QuerySet

from batches.models import Batch, Job
from files.models import UpstreamFile
from providers import registry
from providers.base import Upstream, UpstreamError
from providers.models import Credential
from providers.secrets import SecretUnreadableError

logger = logging.getLogger(__name__)

AT_ONCE = 100


def credentials_with_leftovers() -> list[str]:
    """The credentials whose providers have such copies. Each has a turn of its own: one may hang."""
    return list(leftovers().order_by().values_list("credential_id", flat=True).distinct())


def discard(credential_id: str) -> int:
    """Remove the oldest of them; returns how many. What fails for now is left for the next turn."""
    count = 0
    credential = Credential.objects.get(pk=credential_id)
    copies = leftovers().filter(credential=credential).order_by("created_at", "pk")[:AT_ONCE]
    try:
        upstream = registry.upstream(credential.provider, credential.account)
        for copy in copies:
            _discard(upstream, copy)
            count += 1
    except (UpstreamError, SecretUnreadableError) as error:
        logger.warning("what lies at credential %s is not removed: %s", credential_id, error)
    return count


def leftovers() -> QuerySet[UpstreamFile]:
    """Copies that no job needs any more."""
    needed = Job.objects.filter(upstream_input=OuterRef("pk"), batch__status__in=Batch.ACTIVE)
    return UpstreamFile.objects.filter(~Exists(needed), role=UpstreamFile.Role.INPUT)


def _discard(upstream: Upstream, copy: UpstreamFile) -> None:
    """Raises UpstreamError for what may pass. A copy that its provider will not remove is given up."""
    message = f"{copy.upstream_id} at the provider"
    try:
        upstream.discard(copy.upstream_id)
    except UpstreamError as error:
        if not error.permanent:
            raise
        message += f" could not be: {error.message}"
    if job := Job.objects.filter(upstream_input=copy).select_related("batch").first():
        job.batch.note("input removed", message, job=job)
    copy.delete()
