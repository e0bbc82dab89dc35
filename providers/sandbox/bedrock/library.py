"""Bedrock's jobs in the store, each seen by its own account only."""

from collections.abc import Iterator

import msgspec

from providers.sandbox.bedrock import refusals
from providers.sandbox.bedrock.objects import JOB, TERMINAL, Job
from providers.sandbox.store import Store

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Job).decode


class Library:
    def __init__(self, store: Store) -> None:
        self.store = store

    def add(self, job: Job) -> None:
        self.store.add(JOB, owner=job.owner, id=job.id, tag=job.token, document=_encode(job))

    def save(self, job: Job) -> None:
        self.store.replace(JOB, id=job.id, document=_encode(job))

    def has(self, id: str) -> bool:
        return self.store.get(JOB, id=id) is not None

    def job(self, id: str, *, owner: str | None = None) -> Job:
        """By its id or its ARN."""
        kept = self.store.get(JOB, id=id.rpartition("/")[2])
        job = None if kept is None else _decode(kept.document)
        if job is None or owner not in (None, job.owner) or id not in (job.id, job.arn):
            message = f"Could not find job with identifier {id}"
            raise refusals.refusal(404, "ResourceNotFoundException", message)
        return job

    def jobs(self, *, owner: str, after: str, newest_first: bool) -> Iterator[Job]:
        documents = self.store.list(
            JOB, owner=owner, tag="", after=after, newest_first=newest_first
        )
        return (_decode(document) for document in documents)

    def by_token(self, token: str, *, owner: str) -> Job | None:
        documents = self.store.list(JOB, owner=owner, tag=token, after="", newest_first=True)
        return next((_decode(document) for document in documents), None)

    def unfinished(self) -> list[Job]:
        jobs = (_decode(document) for document in self.store.every(JOB))
        return [job for job in jobs if job.status not in TERMINAL]
