"""A bucket of an S3-compatible object store, to keep files in.

Apart from the folder: whoever has no bucket does without boto3, which takes a third of a start.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, BinaryIO, cast

from storages.backends.s3 import S3File, S3Storage

from files.storage import CHUNK_BYTES, PART_BYTES, wanted_range


class ObjectStore(S3Storage):  # type: ignore[misc]
    def get_default_settings(self) -> dict[str, Any]:
        return {**super().get_default_settings(), "file_overwrite": True, "default_acl": None}

    def create(self, path: str) -> BinaryIO:
        return cast(BinaryIO, S3File(self._normalize_name(path), "wb", self, PART_BYTES))

    def discard(self, path: str, written: BinaryIO) -> None:
        # S3File knows no way to give up: closing it would make the object of what came so far.
        file = cast(S3File, written)
        try:
            if file._file is not None:
                file._file.close()
            if file._multipart is not None:
                file._multipart.abort()
        finally:
            # The answer to its completion may be what got lost.
            self.delete(path)

    def stream(self, path: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        try:
            answer = self.bucket.Object(self._normalize_name(path)).get(**wanted_range(start, end))
        except self.connection.meta.client.exceptions.NoSuchKey as error:
            raise FileNotFoundError(f"{path} is not in the bucket") from error
        with closing(answer["Body"]) as content:
            yield from content.iter_chunks(CHUNK_BYTES)

    def at_hand(self, path: str) -> BinaryIO | None:
        return None

    def forget(self, path: str) -> None:
        key = self._normalize_name(path)
        for upload in self.bucket.multipart_uploads.filter(Prefix=key):
            if upload.object_key == key:
                upload.abort()
        self.delete(path)

    def check(self) -> None:
        self.connection.meta.client.head_bucket(Bucket=self.bucket_name)
