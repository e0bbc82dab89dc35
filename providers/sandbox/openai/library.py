"""OpenAI's files and batches in the store, each seen by its own account only."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec

from providers.sandbox.clock import Clock
from providers.sandbox.openai import refusals
from providers.sandbox.openai.objects import BATCH, FILE, TERMINAL, File, KeptBatch
from providers.sandbox.store import Store

_encode = msgspec.json.Encoder().encode
_decode_file = msgspec.json.Decoder(File).decode
_decode_batch = msgspec.json.Decoder(KeptBatch).decode


class Library:
    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock

    def add_file(
        self, bytes_at: Path, *, owner: str, filename: str, purpose: str, seconds: int | None
    ) -> File:
        """Take the bytes at a path, which is gone afterwards."""
        now = int(self.clock.now())
        file = File(
            id=f"file-{token_hex(12)}",
            bytes=bytes_at.stat().st_size,
            created_at=now,
            expires_at=None if seconds is None else now + seconds,
            filename=filename,
            purpose=purpose,
        )
        bytes_at.rename(self.store.file(file.id))
        self.store.add(FILE, owner=owner, id=file.id, tag=purpose, document=_encode(file))
        return file

    def file(self, id: str, *, owner: str) -> File:
        kept = self.store.get(FILE, id=id)
        if kept is None or kept.owner != owner:
            raise refusals.no_such_file(id)
        file = _decode_file(kept.document)
        if file.is_expired(self.clock.now()):
            self.delete_file(file)
            raise refusals.no_such_file(id)
        return file

    def delete_file(self, file: File) -> None:
        self.store.delete(FILE, id=file.id)
        self.store.file(file.id).unlink(missing_ok=True)

    def files(self, *, owner: str, purpose: str, after: str, newest_first: bool) -> Iterator[File]:
        if after:
            self.file(after, owner=owner)
        documents = self.store.list(
            FILE, owner=owner, tag=purpose, after=after, newest_first=newest_first
        )
        files = (_decode_file(document) for document in documents)
        return (file for file in files if not file.is_expired(self.clock.now()))

    def add_batch(self, kept: KeptBatch) -> None:
        self.store.add(BATCH, owner=kept.owner, id=kept.batch.id, document=_encode(kept))

    def save_batch(self, kept: KeptBatch) -> None:
        self.store.replace(BATCH, id=kept.batch.id, document=_encode(kept))

    def batch(self, id: str, *, owner: str | None = None) -> KeptBatch:
        kept = self.store.get(BATCH, id=id)
        if kept is None or owner not in (None, kept.owner):
            raise refusals.no_such_batch(id)
        return _decode_batch(kept.document)

    def has_batch(self, id: str) -> bool:
        return self.store.get(BATCH, id=id) is not None

    def batches(self, *, owner: str, after: str) -> Iterator[KeptBatch]:
        if after:
            self.batch(after, owner=owner)
        documents = self.store.list(BATCH, owner=owner, tag="", after=after, newest_first=True)
        return (_decode_batch(document) for document in documents)

    def unfinished(self) -> list[KeptBatch]:
        batches = (_decode_batch(document) for document in self.store.every(BATCH))
        return [kept for kept in batches if kept.batch.status not in TERMINAL]


def page(objects: Iterable[Any], limit: int) -> dict[str, Any]:
    """One page of a list, in the vendor's form."""
    data = list(islice(objects, limit + 1))
    has_more = len(data) > limit
    data = data[:limit]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0].id if data else None,
        "last_id": data[-1].id if data else None,
        "has_more": has_more,
    }
