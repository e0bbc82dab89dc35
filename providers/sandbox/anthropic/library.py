"""Anthropic's batches in the store, each seen by its own account only."""

from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from providers.sandbox.anthropic import refusals
from providers.sandbox.anthropic.objects import BATCH, KeptBatch
from providers.sandbox.store import Store

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(KeptBatch).decode


class Library:
    def __init__(self, store: Store) -> None:
        self.store = store

    def add(self, kept: KeptBatch) -> None:
        self.store.add(BATCH, owner=kept.owner, id=kept.batch.id, document=_encode(kept))

    def save(self, kept: KeptBatch) -> None:
        self.store.replace(BATCH, id=kept.batch.id, document=_encode(kept))

    def has_batch(self, id: str) -> bool:
        return self.store.get(BATCH, id=id) is not None

    def batch(self, id: str, *, owner: str | None = None) -> KeptBatch:
        kept = self.store.get(BATCH, id=id)
        if kept is None or owner not in (None, kept.owner):
            raise refusals.no_such_batch(id)
        return _decode(kept.document)

    def delete(self, id: str) -> None:
        self.store.delete(BATCH, id=id)
        self.results(id).unlink(missing_ok=True)

    def page(
        self, *, owner: str, beside: str, is_behind: bool, limit: int
    ) -> tuple[list[KeptBatch], bool]:
        """At most `limit` batches, the newest first, and whether there are more that way."""
        if beside:
            self.batch(beside, owner=owner)
        documents = self.store.list(
            BATCH, owner=owner, tag="", after=beside, newest_first=is_behind
        )
        found = [_decode(document) for document in islice(documents, limit + 1)]
        page = found[:limit]
        return page if is_behind else page[::-1], len(found) > limit

    def unfinished(self) -> list[KeptBatch]:
        batches = map(_decode, self.store.every(BATCH))
        return [kept for kept in batches if kept.batch.processing_status != "ended"]

    def records(self, id: str) -> Path:
        """The requests of a batch that is not over, one a line."""
        return self.store.file(id)

    def results(self, id: str) -> Path:
        return self.store.file(f"{id}.results")


def as_list(objects: list[Any], has_more: bool) -> dict[str, Any]:
    """One page of a list, in the vendor's form."""
    return {
        "data": objects,
        "has_more": has_more,
        "first_id": objects[0].id if objects else None,
        "last_id": objects[-1].id if objects else None,
    }
