"""The stores that bytes lie in: a folder, or (object_store.py) a bucket of an S3-compatible object store.

Both are Django storages that can also be read as a stream, and written so that what broke off is gone.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import FileSystemStorage, default_storage

CHUNK_BYTES = 256 * 1024
# Parts of a multipart upload. S3 takes at most 10,000 of them, so this allows 78 GB.
PART_BYTES = 8 * 2**20

STORE_FAILURES = (OSError, BotoCoreError, ClientError)


class StoreError(Exception):
    """The store cannot be used now."""


class Store(Protocol):
    """What Bifrost asks of a store."""

    def create(self, path: str) -> BinaryIO:
        """A new object to write to. It is there once closed."""

    def discard(self, path: str, written: BinaryIO) -> None:
        """Leave nothing of an object whose writing broke off."""

    def stream(self, path: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes of an object, from `start` up to `end`. Raises FileNotFoundError."""

    def at_hand(self, path: str) -> BinaryIO | None:
        """The object, to be read at any place, if it lies on this machine. Raises FileNotFoundError."""

    def delete(self, path: str) -> None:
        """Remove an object, if it is there."""

    def forget(self, path: str) -> None:
        """Remove what a writer left who died: an object, or the parts of one."""

    def check(self) -> None:
        """Raises one of STORE_FAILURES if the store cannot be reached."""


def wanted_range(start: int, end: int | None) -> dict[str, str]:
    """What S3 wants to be told of which bytes to send."""
    if not start and end is None:
        return {}
    return {"Range": f"bytes={start}-{'' if end is None else end - 1}"}


def store() -> Store:
    return cast(Store, default_storage)


class FolderStore(FileSystemStorage):
    def create(self, path: str) -> BinaryIO:
        target = Path(self.path(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.open("xb", buffering=0)

    def discard(self, path: str, written: BinaryIO) -> None:
        written.close()
        self.delete(path)

    def stream(self, path: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        with Path(self.path(path)).open("rb", buffering=0) as content:
            at = content.seek(start)
            while chunk := content.read(CHUNK_BYTES if end is None else min(CHUNK_BYTES, end - at)):
                at += len(chunk)
                yield chunk

    def at_hand(self, path: str) -> BinaryIO | None:
        return Path(self.path(path)).open("rb", buffering=0)

    def forget(self, path: str) -> None:
        self.delete(path)

    def check(self) -> None:
        Path(self.location).mkdir(parents=True, exist_ok=True)
