"""Objects of the own store that come in parts, in any order, and at whichever process."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from files import names, uploads
from files import services as files
from files.models import File, Upload, UploadPart
from files.uploads import PartMissingError, UploadEndedError
from gateway.s3 import checksums
from gateway.s3.address import url_of
from gateway.s3.call import Answer, Call, Does, refuse_other_values
from gateway.s3.checksums import ALGORITHMS, COMPOSITE, POLYNOMIALS, WHOLE
from gateway.s3.conditions import copied_span
from gateway.s3.listing import encoded, most
from gateway.s3.own import found
from gateway.s3.own.objects import COPYING, source_of
from gateway.s3.refusals import S3Error, invalid
from gateway.s3.tags import name_fields, quoted, tag_of
from gateway.turns import give_back_connections, stepping_aside

SURFACE = "s3"
MOST_PARTS = 10_000
# More than anyone has open at once; they are sorted here.
MOST_UPLOADS = 10_000


def create_multipart_upload(call: Call) -> Answer:
    refuse_other_values(call, **found.STANDARD)
    found.refuse_bucket_of_all(call.bucket)
    algorithm, kind = _algorithm(call.given)
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
    return Answer(fields | _checksum_fields(upload))


def upload_part(call: Call) -> Answer:
    upload, number = _upload(call), _number(call)
    payload = call.payload(computed=upload.wanted["algorithm"])
    found.check_size(payload.length)
    part = _write(upload, number, payload)
    _remember(part, upload, number, payload.checksum)
    return Answer({"ETag": f'"{part}"', **payload.checksum})


def upload_part_copy(call: Call) -> Answer:
    upload, number = _upload(call), _number(call)
    source = source_of(call)
    span = copied_span(call.given.get("CopySourceRange"), source.size)
    chunks = files.opened(source, start=span.start, end=span.end) if span.size else iter(())
    digest = _Digest(upload.wanted["algorithm"], chunks)
    etag = _write(upload, number, digest)
    _remember(etag, upload, number, digest.checksum)
    part = UploadPart.objects.filter(upload=upload, number=number, etag=etag).first()
    if part is None:
        raise S3Error("NoSuchUpload")
    copied = {"ETag": f'"{etag}"', "LastModified": part.created_at, **digest.checksum}
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
        "Parts": [_described(upload, part) for part in rows[:size]],
        "StorageClass": "STANDARD",
        "Initiator": {"ID": call.workspace.pk},
        "Owner": {"ID": call.workspace.pk},
    }
    if len(rows) > size > 0:
        fields["NextPartNumberMarker"] = rows[size - 1].number
    return Answer(fields | _checksum_fields(upload))


def list_multipart_uploads(call: Call) -> Answer:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html"""
    given = call.given
    size = most(given, "MaxUploads", "max-uploads")
    marker = (given.get("KeyMarker", ""), given.get("UploadIdMarker", ""))
    if marker[0] and not marker[1]:
        marker = (marker[0], names.LAST)
    ours = Upload.objects.live().filter(workspace=call.workspace, surface=SURFACE, file=None)
    listed = sorted(
        (
            upload
            for upload in ours.order_by("-created_at")[:MOST_UPLOADS]
            if upload.wanted["bucket"] == call.bucket
            and upload.wanted["key"].startswith(given.get("Prefix", ""))
            and (upload.wanted["key"], upload.pk) > marker
        ),
        key=lambda upload: (upload.wanted["key"], upload.pk),
    )
    fields = {
        "Bucket": call.bucket,
        "KeyMarker": given.get("KeyMarker", ""),
        "UploadIdMarker": given.get("UploadIdMarker", ""),
        "Prefix": given.get("Prefix", ""),
        "MaxUploads": size,
        "IsTruncated": len(listed) > size,
        "Uploads": [_open_upload(call, upload) for upload in listed[:size]],
    }
    if len(listed) > size > 0:
        last = listed[size - 1]
        fields |= {"NextKeyMarker": last.wanted["key"], "NextUploadIdMarker": last.pk}
    return Answer(encoded(given, fields))


def abort_multipart_upload(call: Call) -> Answer:
    try:
        uploads.abort(_upload(call))
    except UploadEndedError:
        raise S3Error("NoSuchUpload") from None
    return Answer(status=204)


def complete_multipart_upload(call: Call) -> Answer:
    """A repeated completion is answered as the first was."""
    upload = _upload(call)
    file = upload.file or _completed(call, upload)
    fields = {
        "Location": url_of(call.bucket, call.key),
        "Bucket": call.bucket,
        "Key": call.key,
        "ETag": quoted(tag_of(file)),
        **{name: text for name, text in file.headers.items() if name.startswith("Checksum")},
    }
    return Answer(fields)


def _completed(call: Call, upload: Upload) -> File:
    named = call.said().get("MultipartUpload", {}).get("Parts", [])
    chosen = _chosen(upload, named)
    _check_whole_size(call, chosen)
    checksum = _checksum(call, upload, chosen)
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
    except UploadEndedError:
        raise S3Error("NoSuchUpload") from None
    except PartMissingError:
        raise S3Error("InvalidPart") from None
    return file


def _chosen(upload: Upload, named: Sequence[Mapping[str, Any]]) -> list[UploadPart]:
    """The parts that the object is to be of. Raises S3Error."""
    if not named:
        raise S3Error("MalformedXML")
    numbers = [one.get("PartNumber", 0) for one in named]
    if numbers != sorted(set(numbers)):
        raise S3Error("InvalidPartOrder")
    came = {part.number: part for part in uploads.parts(upload)}
    member = _member(upload)
    for one in named:
        part = came.get(one.get("PartNumber", 0))
        if part is None or one.get("ETag", "").strip('"') != part.etag:
            raise S3Error("InvalidPart", UploadId=upload.pk, PartNumber=str(one.get("PartNumber")))
        if member in one and one[member] != part.checksum:
            raise S3Error("InvalidPart", UploadId=upload.pk, PartNumber=str(part.number))
    return [came[number] for number in numbers]


def _check_whole_size(call: Call, chosen: Sequence[UploadPart]) -> None:
    announced, size = call.given.get("MpuObjectSize"), sum(part.size for part in chosen)
    if announced is not None and announced != size:
        message = (
            f"The provided 'x-amz-mp-object-size' header is {announced}, the parts have {size}."
        )
        raise S3Error("InvalidRequest", message)


def _checksum(call: Call, upload: Upload, chosen: Sequence[UploadPart]) -> dict[str, str]:
    """The checksum of the object, which is to be the one that the client says, if it does. Raises S3Error."""
    member, kind = _member(upload), upload.wanted["checksum_type"]
    if call.given.get("ChecksumType", kind) != kind:
        raise S3Error("InvalidRequest", f"The upload was begun with the checksum type {kind}.")
    given = {checksums.parameter(name) for name in ALGORITHMS} & call.given.keys()
    if given - {member}:
        raise S3Error("InvalidRequest", "The upload was begun with another checksum algorithm.")
    if not member or not all(part.checksum for part in chosen):
        return {}
    parts = [checksums.Part(part.checksum, part.size) for part in chosen]
    combine = checksums.of_whole if kind == WHOLE else checksums.of_parts
    checksum = combine(upload.wanted["algorithm"], parts)
    if given and call.given[member].partition("-")[0] != checksum.partition("-")[0]:
        message = "The checksum you specified did not match the calculated checksum."
        raise S3Error("BadDigest", message)
    return {member: checksum, "ChecksumType": kind}


def _algorithm(given: Mapping[str, Any]) -> tuple[str, str]:
    """What the parts are to have, and how that of the whole is told from theirs; both may be empty."""
    algorithm = given.get("ChecksumAlgorithm", "").lower()
    if algorithm not in {"", *ALGORITHMS}:
        message = "Checksum algorithm provided is unsupported."
        raise invalid("x-amz-checksum-algorithm", algorithm, message)
    if not algorithm:
        return "", ""
    usual = WHOLE if algorithm == "crc64nvme" else COMPOSITE
    kind = given.get("ChecksumType", usual)
    possible = (
        {WHOLE} if usual == WHOLE else {COMPOSITE, *([WHOLE] if algorithm in POLYNOMIALS else [])}
    )
    if kind not in possible:
        message = (
            f"The {kind} checksum type cannot be used with the {algorithm} checksum algorithm."
        )
        raise S3Error("InvalidRequest", message)
    return algorithm, kind


def _upload(call: Call) -> Upload:
    """Raises S3Error: also for an upload of another object, or of another workspace."""
    upload = uploads.find(SURFACE, call.given.get("UploadId", ""))
    if upload is None or upload.workspace_id != call.workspace.pk:
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


def _write(upload: Upload, number: int, chunks: "Iterator[bytes] | Any") -> str:
    """Returns the part's ETag."""
    try:
        with uploads.writing_part(upload, number) as writer:
            for chunk in chunks:
                writer.write(chunk)
    except UploadEndedError:
        raise S3Error("NoSuchUpload") from None
    return writer.md5


def _remember(etag: str, upload: Upload, number: int, checksum: Mapping[str, str]) -> None:
    """If the part was sent again meanwhile with other bytes, this is not its checksum."""
    if text := checksum.get(_member(upload), ""):
        same = UploadPart.objects.filter(upload=upload, number=number, etag=etag)
        same.update(checksum=text)


class _Digest:
    """Chunks, whose `checksum` is there after the last of them."""

    def __init__(self, algorithm: str, chunks: Iterator[bytes]) -> None:
        self.algorithm = algorithm
        self.chunks = chunks
        self.checksum: dict[str, str] = {}

    def __iter__(self) -> Iterator[bytes]:
        digest = ALGORITHMS[self.algorithm]() if self.algorithm else None
        for chunk in self.chunks:
            if digest:
                digest.update(chunk)
            yield chunk
        if digest:
            name = checksums.parameter(self.algorithm)
            self.checksum = {name: checksums.encoded(digest.digest())}


def _member(upload: Upload) -> str:
    algorithm = upload.wanted["algorithm"]
    return checksums.parameter(algorithm) if algorithm else ""


def _checksum_fields(upload: Upload) -> dict[str, str]:
    algorithm = upload.wanted["algorithm"]
    if not algorithm:
        return {}
    kind = upload.wanted["checksum_type"]
    return {"ChecksumAlgorithm": algorithm.upper(), "ChecksumType": kind}


def _described(upload: Upload, part: UploadPart) -> dict[str, Any]:
    checksum = {_member(upload): part.checksum} if part.checksum else {}
    return {
        "PartNumber": part.number,
        "LastModified": part.created_at,
        "ETag": f'"{part.etag}"',
        "Size": part.size,
        **checksum,
    }


def _open_upload(call: Call, upload: Upload) -> dict[str, Any]:
    return {
        "Key": upload.wanted["key"],
        "UploadId": upload.pk,
        "Initiated": upload.created_at,
        "StorageClass": "STANDARD",
        "Initiator": {"ID": call.workspace.pk},
        "Owner": {"ID": call.workspace.pk},
    }


UPLOAD = frozenset({"UploadId", "RequestPayer"})
OPERATIONS = {
    "CreateMultipartUpload": Does(create_multipart_upload, found.DESCRIBING),
    "UploadPart": Does(upload_part, UPLOAD | {"PartNumber", "ContentLength", "ContentMD5"}),
    "UploadPartCopy": Does(upload_part_copy, UPLOAD | COPYING | {"PartNumber", "CopySourceRange"}),
    "ListParts": Does(list_parts, UPLOAD | {"MaxParts", "PartNumberMarker"}),
    "ListMultipartUploads": Does(
        list_multipart_uploads,
        frozenset(
            {"EncodingType", "KeyMarker", "MaxUploads", "Prefix", "RequestPayer", "UploadIdMarker"}
        ),
    ),
    "AbortMultipartUpload": Does(abort_multipart_upload, UPLOAD),
    "CompleteMultipartUpload": Does(
        complete_multipart_upload, UPLOAD | {"IfMatch", "IfNoneMatch", "MpuObjectSize"}
    ),
}
