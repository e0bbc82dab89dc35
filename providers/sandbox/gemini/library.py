"""Gemini's files, uploads and batches in the store, each seen by its own account only."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from providers.sandbox.clock import Clock
from providers.sandbox.gemini import refusals
from providers.sandbox.gemini.objects import (
    BATCH,
    FILE,
    TERMINAL,
    UPLOAD,
    Batch,
    File,
    Upload,
)
from providers.sandbox.store import Store

_CHUNK = 1024 * 1024

_encode = msgspec.json.Encoder().encode
_decode_file = msgspec.json.Decoder(File).decode
_decode_upload = msgspec.json.Decoder(Upload).decode
_decode_batch = msgspec.json.Decoder(Batch).decode


class Library:
    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock

    def add_file(self, bytes_at: Path, file: File) -> None:
        """Take the bytes at a path, which is gone afterwards."""
        bytes_at.rename(self.store.file(file.id))
        self.store.add(FILE, owner=file.owner, id=file.id, tag=file.source, document=_encode(file))

    def has_file(self, id: str) -> bool:
        return self.store.get(FILE, id=id) is not None

    def file(self, id: str, *, owner: str) -> File:
        kept = self.store.get(FILE, id=id)
        if kept is None or kept.owner != owner:
            raise refusals.no_such_file(id)
        file = _decode_file(kept.document)
        if file.ends() <= self.clock.now():
            self.delete_file(id)
            raise refusals.no_such_file(id)
        return file

    def delete_file(self, id: str) -> None:
        self.store.delete(FILE, id=id)
        self.store.file(id).unlink(missing_ok=True)

    def uploaded_files(self, *, owner: str, after: str) -> Iterator[File]:
        """From the newest; the files of results are not among them."""
        documents = self.store.list(
            FILE, owner=owner, tag="UPLOADED", after=after, newest_first=True
        )
        files = (_decode_file(document) for document in documents)
        return (file for file in files if file.ends() > self.clock.now())

    def part_path(self, upload: Upload) -> Path:
        """Where the bytes of an unfinished upload are; a restart does not sweep them away."""
        return self.store.file(f"upload-{upload.id}")

    def add_upload(self, upload: Upload) -> None:
        self.part_path(upload).touch()
        self.store.add(UPLOAD, owner=upload.owner, id=upload.id, document=_encode(upload))

    def save_upload(self, upload: Upload) -> None:
        self.store.replace(UPLOAD, id=upload.id, document=_encode(upload))

    def delete_upload(self, upload: Upload) -> None:
        self.store.delete(UPLOAD, id=upload.id)
        self.part_path(upload).unlink(missing_ok=True)

    def upload(self, id: str) -> Upload | None:
        """Whoever knows the id may upload: the SDK sends the bytes without a key."""
        kept = self.store.get(UPLOAD, id=id)
        return None if kept is None else _decode_upload(kept.document)

    def add_batch(self, batch: Batch) -> None:
        self.store.add(BATCH, owner=batch.owner, id=batch.id, document=_encode(batch))

    def save_batch(self, batch: Batch) -> None:
        self.store.replace(BATCH, id=batch.id, document=_encode(batch))

    def delete_batch(self, batch: Batch) -> None:
        self.store.delete(BATCH, id=batch.id)
        self.delete_file(batch.responses_file)

    def has_batch(self, id: str) -> bool:
        return self.store.get(BATCH, id=id) is not None

    def batch(self, id: str, *, owner: str | None = None) -> Batch:
        kept = self.store.get(BATCH, id=id)
        if kept is None or owner not in (None, kept.owner):
            raise refusals.no_such_batch()
        return _decode_batch(kept.document)

    def batches(self, *, owner: str, after: str) -> Iterator[Batch]:
        documents = self.store.list(BATCH, owner=owner, tag="", after=after, newest_first=True)
        return (_decode_batch(document) for document in documents)

    def unfinished(self) -> list[Batch]:
        batches = (_decode_batch(document) for document in self.store.every(BATCH))
        return [batch for batch in batches if batch.state not in TERMINAL]


class Read(NamedTuple):
    hash: str
    lines: int


def read_through(path: Path) -> Read:
    """Google encodes the hexadecimal digits of a hash, not the bytes that they stand for."""
    hashed, lines, last = hashlib.sha256(), 0, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            hashed.update(chunk)
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    return Read(b64encode(hashed.hexdigest().encode()).decode(), lines + (last != b"\n"))
