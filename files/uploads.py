"""Files that come in several requests, at whichever process: begin, send parts, complete or give up.

The bytes of a part are a File that stays `writing`, and is a part once all of them are there. So whatever
a process leaves that dies on the way has a row, and is swept.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from files import services as files
from files.models import File, Upload, UploadPart, new_token
from files.services import FileTooLargeError, StoreError
from providers.models import Workspace

TRIES = 3
# Bytes of more parts than these are left to the sweep: a client waits for the answer.
DISCARDED_AT_ONCE = 256


class UploadEndedError(Exception):
    """It was completed or given up, or its time is over."""


class UploadCompletedError(UploadEndedError):
    """It was completed: this is what it has become."""

    def __init__(self, file: File) -> None:
        super().__init__(f"completed as {file.id}")
        self.file = file


class PartMissingError(Exception):
    """A part that the file is to be made of did not come."""

    def __init__(self, number: int) -> None:
        super().__init__(f"part {number} did not come")
        self.number = number


class PartWriter:
    """Takes the bytes of one part, once, from the first to the last. The digests are in hexadecimal.

    `checksum` is whatever else is to be kept of it.
    """

    def __init__(self, writer: files.Writer) -> None:
        self.checksum = ""
        self._writer = writer
        self._md5 = hashlib.md5(usedforsecurity=False)

    def write(self, chunk: bytes | bytearray) -> None:
        """Raises FileTooLargeError and StoreError."""
        self._md5.update(chunk)
        self._writer.write(chunk)

    @property
    def size(self) -> int:
        return self._writer.file.size

    @property
    def md5(self) -> str:
        return self._md5.hexdigest()

    @property
    def sha256(self) -> str:
        return self._writer.digest.hexdigest()


def begin(
    workspace: Workspace,
    surface: str,
    wanted: Mapping[str, Any],
    *,
    size: int | None = None,
    lasts: timedelta = Upload.LASTS,
    upload_id: str = "",
) -> Upload:
    """`wanted` is what the surface must remember, `size` how many bytes were announced.

    Its id is made here, if it is to be known by no other.
    """
    now = timezone.now()
    return Upload.objects.create(
        id=upload_id or new_token(),
        workspace=workspace,
        surface=surface,
        wanted=dict(wanted),
        size=size,
        created_at=now,
        expires_at=now + lasts,
    )


def parts(upload: Upload) -> list[UploadPart]:
    """What has come, in the order of the numbers.

    Raises UploadCompletedError and UploadEndedError: then the parts go, and some may have gone already.
    """
    came = list(upload.parts.order_by("number"))
    if file := _completed(upload):
        raise UploadCompletedError(file)
    return came


@contextmanager
def writing_part(upload: Upload, number: int) -> Iterator[PartWriter]:
    """A part to write to. It is there once the block ends, in place of one of the same number.

    If the block raises, nothing is left of it, and the other stays. Its etag is its MD5. Raises
    FileTooLargeError beyond what a file may have, UploadEndedError and StoreError.
    """
    limit = files.upload_limit()
    others = upload.parts.exclude(number=number).aggregate(size=Sum("size"))["size"] or 0
    try:
        with files.writing(upload.workspace, limit=limit - others) as writer:
            written = PartWriter(writer)
            yield written
    except FileTooLargeError:
        raise FileTooLargeError(limit) from None
    try:
        replaced = _keep(upload, number, writer.file, written)
    except UploadEndedError:
        files.discard(writer.file)
        raise
    if replaced:
        _discard_if_possible(replaced)


def complete(
    upload: Upload,
    numbers: Sequence[int] | None = None,
    *,
    publish: Callable[..., File] = files.publish,
    **fields: Any,
) -> File:
    """One file of the parts with these numbers, in this order; of all, if none are named.

    A repeated completion gives the same file, and so do two at once. `publish` makes the file one that can
    be seen, in the transaction that completes the upload. Raises PartMissingError, FileTooLargeError,
    UploadEndedError and StoreError.
    """
    for _ in range(TRIES):
        came = {part.number: part.file for part in upload.parts.select_related("file")}
        if done := _completed(upload):
            return done
        chosen = _chosen(came, numbers)
        try:
            # A single part is the file already.
            file = chosen[0] if len(chosen) == 1 else _joined(upload, chosen)
        except FileNotFoundError:
            # Another completion was faster, or a part was sent again and its bytes are new ones.
            continue
        with ExitStack() as undo:
            if file not in chosen:
                undo.callback(_discard_if_possible, file)
            if _finish(upload, file, partial(publish, file, **fields), whole=file in chosen):
                undo.pop_all()
                _discard_parts(upload)
                return file
    if done := _completed(upload):
        return done
    raise StoreError("the parts change while they are put together")


def abort(upload: Upload) -> None:
    """Give an upload up: nothing is left of it. Raises UploadEndedError if it was completed."""
    with transaction.atomic():
        if not _open(upload):
            raise UploadEndedError
        Upload.objects.filter(pk=upload.pk).update(expires_at=timezone.now())
    sweep(timezone.now(), only=upload)


def sweep(now: datetime, *, only: Upload | None = None) -> int:
    """Remove uploads whose time is over, and parts that are of no more use; returns how many parts."""
    ended = Upload.objects.ended(now)
    if only:
        ended = ended.filter(pk=only.pk)
    count = 0
    for part in UploadPart.objects.filter(upload__in=ended).select_related("file")[:1000]:
        files.discard(part.file)
        count += 1
    ended.filter(expires_at__lte=now, parts=None).delete()
    return count


def _open(upload: Upload) -> bool:
    """Whether more may be sent; nobody else changes that before the transaction ends."""
    rows = Upload.objects.live().select_for_update(no_key=True).filter(pk=upload.pk, file=None)
    return bool(rows)


def _keep(upload: Upload, number: int, file: File, written: PartWriter) -> File | None:
    """Make a written file the part, and return what it replaces. Raises UploadEndedError."""
    with transaction.atomic():
        if not _open(upload):
            raise UploadEndedError
        file.save(update_fields=["size", "lines", "sha256"])
        told = {"file": file, "size": file.size, "etag": written.md5, "checksum": written.checksum}
        part = UploadPart.objects.select_related("file").filter(upload=upload, number=number)
        if old := part.first():
            part.update(**told, created_at=timezone.now())
            return old.file
        UploadPart.objects.create(upload=upload, number=number, **told)
        return None


def _completed(upload: Upload) -> File | None:
    """The file, if it was made. Raises UploadEndedError if it never will be."""
    row = Upload.objects.live().select_related("file").filter(pk=upload.pk).first()
    if row is None:
        raise UploadEndedError
    return row.file


def _chosen(came: Mapping[int, File], numbers: Sequence[int] | None) -> list[File]:
    try:
        return [came[number] for number in (sorted(came) if numbers is None else numbers)]
    except KeyError as error:
        raise PartMissingError(error.args[0]) from None


def _joined(upload: Upload, chosen: Sequence[File]) -> File:
    """Raises FileNotFoundError, FileTooLargeError and StoreError."""
    limit = files.upload_limit()
    if sum(file.size for file in chosen) > limit:
        raise FileTooLargeError(limit)
    with files.writing(upload.workspace) as writer:
        for file in chosen:
            for chunk in files.stream(file):
                writer.write(chunk)
    return writer.file


def _finish(upload: Upload, file: File, publish: Callable[[], File], *, whole: bool) -> bool:
    """Make it the file of the upload; False if that has one or ended, or what was `whole` was replaced."""
    with transaction.atomic():
        part = UploadPart.objects.filter(file=file)
        if not _open(upload) or (whole and not part.exists()):
            return False
        part.delete()
        file.created_at = timezone.now()
        publish()
        Upload.objects.filter(pk=upload.pk).update(file=file)
    return True


def _discard_parts(upload: Upload) -> None:
    rest = upload.parts.select_related("file")[:DISCARDED_AT_ONCE]
    for part in rest:
        _discard_if_possible(part.file)


def _discard_if_possible(file: File) -> None:
    """Else the sweep does it: what its client asked for was done."""
    with suppress(StoreError):
        files.discard(file)
