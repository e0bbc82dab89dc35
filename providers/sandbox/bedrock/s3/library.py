"""The buckets of all accounts. Each account sees its own; a bucket begins with its first object.

The simulated Bedrock reads and writes here as S3's clients do.
"""

import shutil
from collections.abc import Sequence
from hashlib import md5
from pathlib import Path
from secrets import token_hex

import msgspec

from providers.sandbox.bedrock.s3 import refusals
from providers.sandbox.bedrock.s3.objects import OBJECT, UPLOAD, Object, Upload
from providers.sandbox.clock import Clock
from providers.sandbox.store import Store

MISSING = "missing"
_CHUNK = 1024 * 1024

_encode = msgspec.json.Encoder().encode
_decode_object = msgspec.json.Decoder(Object).decode
_decode_upload = msgspec.json.Decoder(Upload).decode


class Library:
    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock

    def check_bucket(self, bucket: str) -> None:
        """Every bucket is there, but for those that are named so."""
        if bucket.startswith(MISSING):
            raise refusals.no_such_bucket()

    def find(self, owner: str, bucket: str, key: str) -> Object | None:
        kept = self.store.get(OBJECT, id=_id(owner, bucket, key))
        return None if kept is None else _decode_object(kept.document)

    def get(self, owner: str, bucket: str, key: str) -> Object:
        self.check_bucket(bucket)
        found = self.find(owner, bucket, key)
        if found is None:
            raise refusals.no_such_key()
        return found

    def list(self, owner: str, bucket: str, prefix: str) -> list[Object]:
        """Those whose keys begin so, in the order of their keys."""
        self.check_bucket(bucket)
        documents = self.store.list(OBJECT, owner=owner, tag=bucket, after="", newest_first=False)
        found = (_decode_object(document) for document in documents)
        return sorted(
            (each for each in found if each.key.startswith(prefix)), key=lambda each: each.key
        )

    def path(self, found: Object) -> Path:
        return self.store.file(found.file)

    def put(self, owner: str, made: Object, bytes_at: Path) -> Object:
        """Take the bytes at a path, which is gone afterwards, in place of what had the key."""
        old = self.find(owner, made.bucket, made.key)
        bytes_at.rename(self.path(made))
        with self.store.transaction():
            id = _id(owner, made.bucket, made.key)
            self.store.delete(OBJECT, id=id)
            self.store.add(OBJECT, owner=owner, id=id, tag=made.bucket, document=_encode(made))
        if old is not None:
            self.path(old).unlink(missing_ok=True)
        return made

    def put_file(self, owner: str, bucket: str, key: str, bytes_at: Path) -> Object:
        """Keep what a service of AWS itself wrote."""
        hashed = md5(usedforsecurity=False)
        with bytes_at.open("rb") as file:
            while chunk := file.read(_CHUNK):
                hashed.update(chunk)
        made = Object(
            bucket=bucket,
            key=key,
            file=new_file(),
            bytes=bytes_at.stat().st_size,
            etag=hashed.hexdigest(),
            modified=self.clock.now(),
        )
        return self.put(owner, made, bytes_at)

    def delete(self, owner: str, bucket: str, key: str) -> None:
        self.check_bucket(bucket)
        found = self.find(owner, bucket, key)
        if found is not None:
            self.store.delete(OBJECT, id=_id(owner, bucket, key))
            self.path(found).unlink(missing_ok=True)

    def add_upload(self, owner: str, upload: Upload) -> None:
        self.store.add(UPLOAD, owner=owner, id=upload.id, document=_encode(upload))

    def uploads(self, owner: str, bucket: str, prefix: str) -> Sequence[Upload]:
        """The unfinished ones, in the order of their keys."""
        self.check_bucket(bucket)
        documents = self.store.list(UPLOAD, owner=owner, tag="", after="", newest_first=False)
        found = [_decode_upload(document) for document in documents]
        wanted = (one for one in found if one.bucket == bucket and one.key.startswith(prefix))
        return sorted(wanted, key=lambda each: each.key)

    def save_upload(self, upload: Upload) -> None:
        self.store.replace(UPLOAD, id=upload.id, document=_encode(upload))

    def upload(self, owner: str, id: str, bucket: str, key: str) -> Upload:
        kept = self.store.get(UPLOAD, id=id)
        if kept is None or kept.owner != owner:
            raise refusals.no_such_upload()
        upload = _decode_upload(kept.document)
        if (upload.bucket, upload.key) != (bucket, key):
            raise refusals.no_such_upload()
        return upload

    def drop_upload(self, upload: Upload) -> None:
        self.store.delete(UPLOAD, id=upload.id)
        for part in upload.parts.values():
            self.store.file(part.file).unlink(missing_ok=True)

    def join(self, files: Sequence[str], target: Path) -> None:
        """Write the bytes of files one after the other. Blocks: call it from a thread."""
        with target.open("wb", buffering=0) as whole:
            for name in files:
                with self.store.file(name).open("rb") as part:
                    shutil.copyfileobj(part, whole, _CHUNK)


def new_file() -> str:
    return f"s3-{token_hex(16)}"


def _id(owner: str, bucket: str, key: str) -> str:
    return f"{owner}/{bucket}/{key}"
