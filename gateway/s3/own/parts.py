"""Objects of the own store that come in parts, in any order, and at whichever process."""

from contextlib import nullcontext
from functools import partial
from typing import Any

from django.utils import timezone

from files import names, uploads
from files import services as files
from files.models import File, Upload, UploadPart
from files.uploads import PartMissingError, UploadCompletedError, UploadEndedError
from gateway.s3.address import url_of
from gateway.s3.call import Answer, Call, Does, refuse_other_values
from gateway.s3.checksums import Digested
from gateway.s3.conditions import copied_span
from gateway.s3.listing import MOST_UPLOADS, UPLOADS, Begun, most, uploads_listed
from gateway.s3.own import found
from gateway.s3.own.assembly import (
    algorithm_of,
    check_size,
    checksum_fields,
    checksum_of,
    checksum_of_part,
    chosen_parts,
    remembered,
)
from gateway.s3.own.objects import COPYING, source_of
from gateway.s3.payload import Payload
from gateway.s3.refusals import S3Error, invalid
from gateway.s3.tags import name_fields, quoted, tag_of
from gateway.surface import one
from gateway.turns import give_back_connections, stepping_aside

SURFACE = "s3"
MOST_PARTS = 10_000


def create_multipart_upload(call: Call) -> Answer:
    refuse_other_values(call, **found.STANDARD)
    found.refuse_bucket_of_all(call.bucket)
    algorithm, kind = algorithm_of(call.given)
    upload = uploads.begin(
        call.workspace,
        SURFACE,
        {
            "bucket": call.bucket,
            "key": call.key,
            "algorithm": algorithm,
            "checksum_type": kind,
            **found.fields_of(call.given),
        },
    )
    fields = {"Bucket": call.bucket, "Key": call.key, "UploadId": upload.pk}
    return Answer(fields | checksum_fields(upload))


def upload_part(call: Call) -> Answer:
    upload, number = _upload(call), _number(call)
    algorithm = upload.wanted["algorithm"]
    payload = call.payload(computed=algorithm)
    if algorithm and payload.algorithm != algorithm:
        message = f"The upload was begun with the checksum algorithm {algorithm}."
        raise S3Error("InvalidRequest", message)
    found.check_size(payload.length)
    return Answer({"ETag": quoted(_write(upload, number, payload)), **payload.checksum})


def upload_part_copy(call: Call) -> Answer:
    upload, number = _upload(call), _number(call)
    source = source_of(call)
    span = copied_span(call.given.get("CopySourceRange"), source.size)
    chunks = files.opened(source, start=span.start, end=span.end) if span.size else iter(())
    digest = Digested(upload.wanted["algorithm"], chunks)
    etag = quoted(_write(upload, number, digest, aside=True))
    copied = {"ETag": etag, "LastModified": timezone.now(), **digest.checksum}
    return Answer({"CopyPartResult": copied})


def list_parts(call: Call) -> Answer:
    upload = _upload(call)
    size = most(call.given, "MaxParts", "max-parts")
    after = call.given.get("PartNumberMarker", 0)
    rows = list(upload.parts.filter(number__gt=after).order_by("number")[: size + 1])
    fields = {
        "Bucket": call.bucket,
        "Key": call.key,
        "UploadId": upload.pk,
        "PartNumberMarker": after,
        "MaxParts": size,
        "IsTruncated": len(rows) > size,
        "Parts": [_described(part) for part in rows[:size]],
        "StorageClass": "STANDARD",
        "Initiator": {"ID": call.workspace.pk},
        "Owner": {"ID": call.workspace.pk},
    }
    if len(rows) > size > 0:
        fields["NextPartNumberMarker"] = rows[size - 1].number
    return Answer(fields | checksum_fields(upload))


def list_multipart_uploads(call: Call) -> Answer:
    ours = call.caller.uploads(SURFACE).filter(file=None).order_by("-created_at")[:MOST_UPLOADS]
    begun = (
        Begun(upload.wanted["key"], upload.pk, upload.created_at)
        for upload in ours
        if upload.wanted["bucket"] == call.bucket
    )
    return uploads_listed(call, begun)


def abort_multipart_upload(call: Call) -> Answer:
    try:
        uploads.abort(_upload(call))
    except UploadEndedError:
        raise S3Error("NoSuchUpload") from None
    return Answer(status=204)


def complete_multipart_upload(call: Call) -> Answer:
    """A repeated completion is answered as the first was."""
    upload = _upload(call)
    try:
        file = upload.file or _completed(call, upload)
    except UploadCompletedError as done:
        file = done.file
    except UploadEndedError:
        raise S3Error("NoSuchUpload") from None
    fields = {
        "Location": url_of(call.bucket, call.key),
        "Bucket": call.bucket,
        "Key": call.key,
        "ETag": quoted(tag_of(file)),
        **{name: text for name, text in file.headers.items() if name.startswith("Checksum")},
    }
    return Answer(fields)


def _completed(call: Call, upload: Upload) -> File:
    """Raises S3Error and UploadEndedError."""
    named = call.said().get("MultipartUpload", {}).get("Parts", [])
    chosen = chosen_parts(upload, named)
    check_size(call.given, chosen)
    checksum = checksum_of(call.given, upload, chosen)
    found.check_name(call.given, names.find(call.workspace, call.bucket, call.key))
    publish = partial(
        names.publish,
        bucket=call.bucket,
        key=call.key,
        check=partial(found.check_name, call.given),
        **name_fields(call.key),
    )
    try:
        with stepping_aside():
            file = uploads.complete(
                upload,
                [part.number for part in chosen],
                publish=publish,
                content_type=upload.wanted["content_type"],
                headers=upload.wanted["headers"] | checksum,
            )
            give_back_connections()
    except PartMissingError:
        raise S3Error("InvalidPart") from None
    return file


def _upload(call: Call) -> Upload:
    """Raises S3Error: also for an upload of another object, or of another workspace."""
    upload = one(call.caller.uploads(SURFACE), call.given.get("UploadId", ""))
    if upload is None:
        raise S3Error("NoSuchUpload")
    if (upload.wanted["bucket"], upload.wanted["key"]) != (call.bucket, call.key):
        raise S3Error("NoSuchUpload")
    if upload.file_id and call.operation.name != "CompleteMultipartUpload":
        raise S3Error("NoSuchUpload")
    return upload


def _number(call: Call) -> int:
    number = int(call.given.get("PartNumber", 0))
    if not 1 <= number <= MOST_PARTS:
        message = f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive"
        raise invalid("partNumber", str(number), message)
    return number


def _write(upload: Upload, number: int, chunks: Payload | Digested, *, aside: bool = False) -> str:
    """Returns the part's ETag. `aside` if nobody but the store is waited for."""
    try:
        with uploads.writing_part(upload, number) as writer:
            with stepping_aside() if aside else nullcontext():
                for chunk in chunks:
                    writer.write(chunk)
            if chunks.checksum:
                writer.checksum = remembered(chunks.algorithm, chunks.checksum)
    except UploadEndedError:
        raise S3Error("NoSuchUpload") from None
    return writer.md5


def _described(part: UploadPart) -> dict[str, Any]:
    return {
        "PartNumber": part.number,
        "LastModified": part.created_at,
        "ETag": f'"{part.etag}"',
        "Size": part.size,
        **checksum_of_part(part),
    }


UPLOAD = frozenset({"UploadId", "RequestPayer"})
OPERATIONS = {
    "CreateMultipartUpload": Does(create_multipart_upload, found.DESCRIBING),
    "UploadPart": Does(upload_part, UPLOAD | {"PartNumber", "ContentLength", "ContentMD5"}),
    "UploadPartCopy": Does(upload_part_copy, UPLOAD | COPYING | {"PartNumber", "CopySourceRange"}),
    "ListParts": Does(list_parts, UPLOAD | {"MaxParts", "PartNumberMarker"}),
    "ListMultipartUploads": Does(list_multipart_uploads, UPLOADS),
    "AbortMultipartUpload": Does(abort_multipart_upload, UPLOAD),
    "CompleteMultipartUpload": Does(
        complete_multipart_upload, UPLOAD | {"IfMatch", "IfNoneMatch", "MpuObjectSize"}
    ),
}
