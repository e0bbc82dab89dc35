"""Put, get, head, copy and delete objects of the own store."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote

from django.db import transaction

from files import names
from files import services as files
from files.models import File
from gateway.s3.address import Address, checked
from gateway.s3.call import DELETE_AT_ONCE, Answer, Call, Does, refuse_other_values
from gateway.s3.checksums import WHOLE, Digested
from gateway.s3.conditions import Span, check_read, names_tag, span_of
from gateway.s3.own import found
from gateway.s3.own.assembly import algorithm_of
from gateway.s3.refusals import S3Error, invalid
from gateway.s3.tags import name_fields, quoted, tag_of
from gateway.turns import give_back_connections, stepping_aside

OVERRIDES = {
    "ResponseCacheControl": "CacheControl",
    "ResponseContentDisposition": "ContentDisposition",
    "ResponseContentEncoding": "ContentEncoding",
    "ResponseContentLanguage": "ContentLanguage",
    "ResponseContentType": "ContentType",
    "ResponseExpires": "Expires",
}
CONDITIONS = {"IfMatch", "IfNoneMatch", "IfModifiedSince", "IfUnmodifiedSince"}
READING = frozenset(
    {*CONDITIONS, *OVERRIDES, "Range", "PartNumber", "VersionId", "ChecksumMode", "RequestPayer"}
)
CHECKED = frozenset({"ContentLength", "ContentMD5", "ChecksumAlgorithm"})
COPYING = frozenset({"CopySource", *(f"CopySource{name}" for name in CONDITIONS)})


def put_object(call: Call) -> Answer:
    refuse_other_values(call, **found.STANDARD)
    found.refuse_bucket_of_all(call.bucket)
    fields = found.fields_of(call.given)
    payload = call.payload()
    found.check_size(payload.length)
    found.check_name(call.given, names.find(call.workspace, call.bucket, call.key))
    file = _written(call, payload, limit=files.upload_limit())
    checksum = payload.checksum | ({"ChecksumType": WHOLE} if payload.checksum else {})
    fields["headers"] |= checksum
    _publish(call, file, fields)
    return Answer({"ETag": quoted(tag_of(file)), **checksum})


def copy_object(call: Call) -> Answer:
    refuse_other_values(
        call,
        **found.STANDARD,
        MetadataDirective=("COPY", "REPLACE"),
        TaggingDirective=("COPY", "REPLACE"),
    )
    found.refuse_bucket_of_all(call.bucket)
    source = source_of(call)
    found.check_name(call.given, names.find(call.workspace, call.bucket, call.key))
    replaced = call.given.get("MetadataDirective") == "REPLACE"
    fields = found.fields_of(call.given)
    if not replaced:
        fields = {"content_type": source.content_type, "headers": dict(source.headers)}
    if not replaced and (source.bucket, source.key) == (call.bucket, call.key):
        raise S3Error(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without "
            "changing the object's metadata.",
        )
    chunks = Digested(algorithm_of(call.given)[0], files.opened(source))
    file = _written(call, chunks, aside=True)
    fields["headers"] = {
        name: value for name, value in fields["headers"].items() if not name.startswith("Checksum")
    }
    checksum = _checksum_of_copy(source, chunks.checksum)
    fields["headers"] |= checksum
    _publish(call, file, fields)
    copied = {"ETag": quoted(tag_of(file)), "LastModified": file.created_at, **checksum}
    return Answer({"CopyObjectResult": copied})


def get_object(call: Call) -> Answer:
    file, span, answer = _read(call)
    if file.size:
        where = {"start": span.start, "end": span.end} if span else {}
        answer.content = files.opened(file, **where)
    else:
        answer.content = iter(())
    call.audit("file.downloaded", {call.key: file.pk})
    # A slow client must not hold a connection to the database for as long as it reads.
    give_back_connections()
    return answer


def head_object(call: Call) -> Answer:
    return _read(call)[2]


def delete_object(call: Call) -> Answer:
    """What is not there is deleted already, whatever the conditions."""
    refuse_other_values(call, VersionId=("null",))
    condition = call.given.get("IfMatch", "")
    file = found.find(call.caller, call.bucket, call.key, if_match=condition)
    if file is not None:
        _check_tag(file, condition)
        with transaction.atomic():
            files.delete(file)
            call.audit("file.deleted", {call.key: file.pk})
    return Answer(status=204)


def delete_objects(call: Call) -> Answer:
    wanted = call.said().get("Delete", {})
    objects = wanted.get("Objects", [])
    if not 1 <= len(objects) <= DELETE_AT_ONCE:
        raise S3Error("MalformedXML")
    by_key = _by_key(call, objects)
    deleted: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    gone: dict[str, str] = {}
    with transaction.atomic():
        for one in objects:
            key = one.get("Key", "")
            try:
                if one.get("VersionId", "null") != "null":
                    raise S3Error("NoSuchVersion")
                file = by_key.get(key) or found.find(call.caller, call.bucket, key)
                if file is not None:
                    _check_tag(file, one.get("ETag", ""))
                    files.delete(file)
                    gone[key] = file.pk
                deleted.append({"Key": key})
            except S3Error as error:
                errors.append({"Key": key, "Code": error.code, "Message": error.message})
        call.audit("file.deleted", gone)
    return Answer({"Deleted": [] if wanted.get("Quiet") else deleted, "Errors": errors})


def get_object_tagging(call: Call) -> Answer:
    """Nothing has tags here, since none can be given."""
    refuse_other_values(call, VersionId=("null",))
    found.wanted(call.caller, call.bucket, call.key)
    return Answer({"TagSet": []})


def source_of(call: Call) -> File:
    """The file that is to be copied. Raises S3Error."""
    text = call.given["CopySource"]
    path, _, version = text.partition("?versionId=")
    if version not in ("", "null"):
        raise S3Error("NoSuchVersion")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not bucket or not key:
        raise invalid(
            "x-amz-copy-source", text, "Copy Source must mention the source bucket and key"
        )
    address = checked(Address(bucket, key))
    file = found.wanted(call.caller, *address)
    check_read(call.given, tag_of(file), file.created_at, prefix="CopySource")
    return file


def _read(call: Call) -> tuple[File, Span | None, Answer]:
    """The file, which bytes of it are wanted, and what is said of them. Raises S3Error."""
    refuse_other_values(call, VersionId=("null",))
    given = call.given
    condition = given.get("IfMatch", "")
    file = found.wanted(call.caller, call.bucket, call.key, if_match=condition)
    check_read(given, tag_of(file), file.created_at)
    span = _span(given, file.size)
    whole = span is None
    fields = found.description(file, checksums=whole and given.get("ChecksumMode") == "ENABLED")
    fields |= {ours: given[name] for name, ours in OVERRIDES.items() if name in given}
    if span is None:
        return file, None, Answer(fields)
    fields |= {"ContentLength": span.size, "ContentRange": span.content_range(file.size)}
    return file, span, Answer(fields, status=206)


def _span(given: Mapping[str, Any], size: int) -> Span | None:
    """Every object is of one part here, however it came."""
    part = given.get("PartNumber")
    if part is None:
        return span_of(given.get("Range"), size)
    if "Range" in given:
        message = "Cannot specify both Range header and partNumber query parameter"
        raise S3Error("InvalidRequest", message)
    if part != 1:
        raise S3Error("InvalidPartNumber")
    return Span(0, size) if size else None


def _written(
    call: Call, chunks: Iterable[bytes], *, limit: int | None = None, aside: bool = False
) -> File:
    """`aside` if nobody but the store is waited for."""
    with files.writing(call.workspace, limit=limit) as writer:
        if aside:
            with stepping_aside():
                _copy(chunks, writer)
        else:
            _copy(chunks, writer)
    return writer.file


def _copy(chunks: Iterable[bytes], writer: files.Writer) -> None:
    for chunk in chunks:
        writer.write(chunk)


def _publish(call: Call, file: File, fields: Mapping[str, Any]) -> None:
    """Give a written file its name; if that fails, nothing is left of it."""
    try:
        names.publish(
            file,
            bucket=call.bucket,
            key=call.key,
            check=partial(found.check_name, call.given),
            **name_fields(call.key),
            **fields,
        )
    except BaseException:
        files.discard(file)
        raise


def _checksum_of_copy(source: File, made: Mapping[str, str]) -> dict[str, str]:
    """The one that was made of the copy, else that of the source, which has the same bytes."""
    if made:
        return {**made, "ChecksumType": WHOLE}
    return {name: text for name, text in source.headers.items() if name.startswith("Checksum")}


def _by_key(call: Call, objects: Iterable[Mapping[str, Any]]) -> dict[str, File]:
    if call.bucket == found.ALL_FILES:
        return {}
    keys = [one.get("Key", "") for one in objects]
    rows = names.in_bucket(call.workspace, call.bucket).filter(key__in=keys)
    return {row.key: row for row in rows}


def _check_tag(file: File, condition: str) -> None:
    if condition and not names_tag(condition, tag_of(file)):
        raise S3Error("PreconditionFailed", Condition="If-Match")


OPERATIONS = {
    "PutObject": Does(put_object, found.DESCRIBING | CHECKED | {"IfMatch", "IfNoneMatch"}),
    "CopyObject": Does(
        copy_object,
        found.DESCRIBING
        | COPYING
        | {"MetadataDirective", "TaggingDirective", "IfMatch", "IfNoneMatch"},
    ),
    "GetObject": Does(get_object, READING),
    "HeadObject": Does(head_object, READING),
    "DeleteObject": Does(delete_object, frozenset({"IfMatch", "VersionId", "RequestPayer"})),
    "DeleteObjects": Does(delete_objects, frozenset({"ChecksumAlgorithm", "RequestPayer"})),
    "GetObjectTagging": Does(get_object_tagging, frozenset({"VersionId", "RequestPayer"})),
}
