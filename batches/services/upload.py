"""The records of a job on their way to the provider, and the copy that it keeps of them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, cast

from django.db import transaction
from django.utils import timezone

from batches.models import Job
from batches.services.claim import Claim
from batches.services.jobs import input_of, request_of, share_of
from files.models import UpstreamFile
from providers.base import Content, Upstream

BLOCK_BYTES = 256 * 1024


def content_of(claim: Claim, job: Job, spool: BinaryIO | None) -> Content:
    """The job's lines, as an upstream reads them: from its spool, if it has one. Reading keeps the claim."""
    return partial(_spooled, claim, job, spool)


def uploaded(claim: Claim, job: Job, upstream: Upstream, content: Content) -> str:
    """The provider's id of the job's records, uploaded if it has none of use; empty where they travel with
    the job. Raises UpstreamError."""
    copy = job.upstream_input
    if copy and not _outlived(copy, upstream):
        return copy.upstream_id
    upstream_id = upstream.upload(request_of(job, claim.batch), content)
    if upstream_id:
        # At once: a copy that no job needs is removed.
        with transaction.atomic():
            job.upstream_input = UpstreamFile.objects.create(
                file=claim.batch.input_file,
                credential=job.credential,
                role=UpstreamFile.Role.INPUT,
                upstream_id=upstream_id,
            )
            Job.objects.filter(pk=job.pk).update(upstream_input=job.upstream_input)
    return upstream_id


def _outlived(copy: UpstreamFile, upstream: Upstream) -> bool:
    age = timezone.now() - copy.created_at
    return upstream.input_lasts is not None and age > upstream.input_lasts


@contextmanager
def _spooled(claim: Claim, job: Job, spool: BinaryIO | None) -> Iterator[BinaryIO]:
    """The job's lines in a temporary file: their length must be known before they are sent."""
    if spool:
        yield cast(BinaryIO, _Kept(spool, claim))
        return
    source = input_of(claim.batch)
    with tempfile.TemporaryFile() as made:
        block: list[bytes] = []
        size = 0
        for _, line in source.sent(share_of(job)):
            block.append(line)
            size += len(line)
            if size >= BLOCK_BYTES:
                claim.keep()
                made.write(b"\n".join(block) + b"\n")
                block, size = [], 0
        if block:
            made.write(b"\n".join(block) + b"\n")
        yield cast(BinaryIO, _Kept(cast(BinaryIO, made), claim))


class _Kept:
    """A file that keeps the claim while it is read: an upload may outlast the lease."""

    def __init__(self, file: BinaryIO, claim: Claim) -> None:
        self.file = file
        self.claim = claim

    def read(self, size: int = -1) -> bytes:
        self.claim.keep()
        return self.file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)
