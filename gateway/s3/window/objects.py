"""Put, get, head, copy and delete objects in clients' buckets."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any
from urllib.parse import unquote

from django.db.models import Q

from files import objects
from files import services as files
from files.buckets import Entry
from files.models import File
from gateway.s3.address import Address, checked
from gateway.s3.call import DELETE_AT_ONCE, Answer, Call, Does
from gateway.s3.conditions import ANY, check_read, check_write, names_tag, tags
from gateway.s3.refusals import S3Error, invalid
from gateway.s3.tags import name_fields
from gateway.s3.window.place import CONDITIONS, Place, fields_of, passed_on, status_of
from gateway.s3.window.sending import Sending
from gateway.turns import give_back_connections

SOURCE_CONDITIONS = tuple(f"CopySource{name}" for name in CONDITIONS)


class Content:
    """The bytes that S3 sends. To be closed even if nobody reads them: its connection is not ours alone."""

    def __init__(self, place: Place, key: str, body: Any) -> None:
        self.chunks = place.bucket.chunks(body, key)
        self.close = body.close

    def __iter__(self) -> Iterator[bytes]:
        return self.chunks


def put_object(call: Call) -> Answer:
    place = Place(call)
    place.bucket.refuse_hidden(call.key)
    place.refuse_others(call.key)
    given = place.in_s3_terms(call.key, passed_on(call), *CONDITIONS)
    check_target(place, call.key, given)
    payload = call.payload()
    sending = Sending(place, call.key, given)
    answer = sending.send(payload)
    entry = Entry(
        call.key,
        sending.size,
        answer["ETag"].strip('"'),
        sending.began,
        given.get("ContentType", ""),
    )
    file = objects.keep(
        place.workspace, place.bucket, entry, sha256=sending.sha256, **name_fields(call.key)
    )
    return Answer({**fields_of(answer), "ETag": place.tag(file)})


def copy_object(call: Call) -> Answer:
    place, (source, given) = Place(call), copied(call)
    place.refuse_others(call.key)
    given = place.in_s3_terms(call.key, given, *CONDITIONS)
    check_target(place, call.key, given)
    answer = fields_of(place.ask("copy_object", call.key, **given, CopySource=source))
    file = keep(place, call.key)
    answer["CopyObjectResult"] = {**answer["CopyObjectResult"], "ETag": place.tag(file)}
    return Answer(answer)


def get_object(call: Call) -> Answer:
    place, answer, fields = _read(call, "get_object")
    content = Content(place, call.key, fields.pop("Body"))
    with ExitStack() as undo:
        undo.callback(content.close)
        call.audit("file.downloaded", {call.key: ""})
        undo.pop_all()
    # A slow client must not hold a connection to the database for as long as it reads.
    give_back_connections()
    return Answer(fields, status_of(answer), content)


def head_object(call: Call) -> Answer:
    _, answer, fields = _read(call, "head_object")
    return Answer(fields, status_of(answer))


def delete_object(call: Call) -> Answer:
    """What is not there is deleted already, whatever the conditions, and so is what others have there."""
    place = Place(call)
    given = place.in_s3_terms(call.key, passed_on(call), "IfMatch")
    file = place.look(call.key)
    if file is None and given.get("VersionId", "null") == "null":
        # As many calls of S3's as for what is deleted, and it says if the bucket is missing.
        place.bucket.check()
        objects.forget(place.workspace, place.bucket, [call.key])
        return Answer(status=204)
    if file and (condition := given.get("IfMatch")) and not names_tag(condition, file.etag):
        raise S3Error("PreconditionFailed", Condition="If-Match")
    if not _kept_for_batches(place, [call.key]):
        place.ask("delete_object", call.key, **given)
        objects.forget(place.workspace, place.bucket, [call.key])
    call.audit("file.deleted", {call.key: ""})
    return Answer(status=204)


def delete_objects(call: Call) -> Answer:
    place, wanted = Place(call), call.said().get("Delete", {})
    asked = wanted.get("Objects", [])
    if not 1 <= len(asked) <= DELETE_AT_ONCE:
        raise S3Error("MalformedXML")
    keys = [one.get("Key", "") for one in asked]
    hidden = {key for key in keys if place.bucket.hidden(key)}
    # For the caller these are not there, and what is not there is deleted already.
    others = place.others([key for key in keys if key not in hidden])
    kept = _kept_for_batches(place, [key for key in keys if key not in hidden])
    asked = [
        place.in_s3_terms(one.get("Key", ""), one, "ETag")
        for one in asked
        if one.get("Key", "") not in hidden | others | kept
    ]
    answer: dict[str, Any] = {}
    if asked:
        answer = fields_of(place.ask("delete_objects", Delete={"Objects": asked}))
    deleted = answer.get("Deleted", [])
    # Of what others have as of what never was: the work is not to tell them apart either.
    gone = [*(one["Key"] for one in deleted), *sorted(kept | others)]
    objects.forget(place.workspace, place.bucket, gone)
    call.audit("file.deleted", dict.fromkeys(gone, ""))
    deleted += [{"Key": key} for key in sorted(kept | others)]
    denied = S3Error("AccessDenied")
    errors = [
        *answer.get("Errors", []),
        *({"Key": key, "Code": denied.code, "Message": denied.message} for key in hidden),
    ]
    return Answer(answer | {"Deleted": [] if wanted.get("Quiet") else deleted, "Errors": errors})


def get_object_tagging(call: Call) -> Answer:
    place = Place(call)
    place.bucket.refuse_hidden(call.key)
    if place.look(call.key) is None:
        raise S3Error("NoSuchKey", Key=call.key)
    return Answer(fields_of(place.ask("get_object_tagging", call.key, **passed_on(call))))


def keep(place: Place, key: str) -> File:
    """Make a file of what a client has just put there, though its bytes did not come by here."""
    entry = place.bucket.head(key)
    return objects.keep(place.workspace, place.bucket, entry, **name_fields(key))


def copied(call: Call) -> tuple[dict[str, str], dict[str, Any]]:
    """What is to be copied, and the other parameters, in S3's terms. Raises S3Error."""
    text = call.given["CopySource"]
    path, _, version = text.partition("?versionId=")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not bucket or not key:
        raise invalid(
            "x-amz-copy-source", text, "Copy Source must mention the source bucket and key"
        )
    checked(Address(bucket, key))
    place = Place(call, bucket)
    place.bucket.refuse_hidden(key)
    file = place.look(key)
    if file is None:
        raise S3Error("NoSuchKey", Key=key)
    given = place.in_s3_terms(key, passed_on(call, "CopySource"), *SOURCE_CONDITIONS)
    # Not every store but AWS's looks at these itself.
    check_read(
        {name: given.get(name) for name in SOURCE_CONDITIONS},
        file.etag,
        file.created_at,
        prefix="CopySource",
    )
    return {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}, given


def check_target(place: Place, key: str, given: Mapping[str, Any]) -> None:
    """Before anything is sent. Not every store but AWS's looks at these itself."""
    if not set(CONDITIONS) & given.keys():
        return
    old = place.look(key)
    check_write(given, old.etag if old else None)


def _read(call: Call, operation: str) -> tuple[Place, dict[str, Any], dict[str, Any]]:
    """What S3 answers, and the fields of our own answer. Raises S3Error."""
    place = Place(call)
    given = place.in_s3_terms(call.key, passed_on(call), *CONDITIONS)
    if ANY in tags(given.get("IfMatch", "")):
        # It is there, or S3 says that it is not. Not every store knows this word, here and below.
        del given["IfMatch"]
    rows = place.remembered(call.key)
    answer = place.ask(operation, call.key, **given)
    try:
        file = place.file(rows, answer, call.key)
        if ANY in tags(given.get("IfNoneMatch", "")):
            raise S3Error("NotModified")
    except S3Error:
        if "Body" in answer:
            answer["Body"].close()
        raise
    return place, answer, fields_of(answer) | {"ETag": place.tag(file)}


def _kept_for_batches(place: Place, keys: Sequence[str]) -> set[str]:
    """Those that a batch has yet to copy: they are gone for clients, and for good when it has ended."""
    without_copy = Q(input_file__copy=None) | ~Q(input_file__copy__status=File.Status.STORED)
    reading = place.caller.all_batches.active().filter(
        without_copy,
        input_file__bucket=place.bucket.name,
        input_file__key__in=keys,
        input_file__credential=place.bucket.credential,
        input_file__status=File.Status.STORED,
    )
    kept = set()
    for batch in reading.select_related("input_file"):
        file = place.look(batch.input_file.key)
        if file is not None and file.pk == batch.input_file_id:
            files.delete(file)
            kept.add(file.key)
    return kept


OPERATIONS = {
    "PutObject": Does(put_object),
    "CopyObject": Does(copy_object),
    "GetObject": Does(get_object),
    "HeadObject": Does(head_object),
    "DeleteObject": Does(delete_object),
    "DeleteObjects": Does(delete_objects),
    "GetObjectTagging": Does(get_object_tagging),
}
