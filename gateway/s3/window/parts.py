"""Objects in clients' buckets that come in parts: S3's own uploads, by S3's own ids."""

from tempfile import SpooledTemporaryFile
from typing import Any

from files.storage import PART_BYTES
from gateway.s3.address import url_of
from gateway.s3.call import Answer, Call, Does
from gateway.s3.own.found import check_size
from gateway.s3.window.objects import check_target, copied, keep
from gateway.s3.window.place import CONDITIONS, Place, fields_of, passed_on
from gateway.s3.window.sending import without_checks


def create_multipart_upload(call: Call) -> Answer:
    place = Place(call)
    place.bucket.refuse_hidden(call.key)
    place.refuse_others([call.key])
    return Answer(fields_of(place.ask("create_multipart_upload", call.key, **passed_on(call))))


def upload_part(call: Call) -> Answer:
    """All of it is here, on the disk if it is large, before S3 gets it: it is to be what was promised."""
    place, payload = Place(call), call.payload()
    check_size(payload.length)
    given = without_checks(passed_on(call))
    with SpooledTemporaryFile(max_size=PART_BYTES) as body:
        for chunk in payload:
            body.write(chunk)
        body.seek(0)
        answer = place.ask("upload_part", call.key, Body=body, **given, **payload.checksum)
    return Answer(fields_of(answer))


def upload_part_copy(call: Call) -> Answer:
    place, (source, given) = Place(call), copied(call)
    return Answer(fields_of(place.ask("upload_part_copy", call.key, CopySource=source, **given)))


def list_parts(call: Call) -> Answer:
    return Answer(fields_of(Place(call).ask("list_parts", call.key, **passed_on(call))))


def abort_multipart_upload(call: Call) -> Answer:
    Place(call).ask("abort_multipart_upload", call.key, **passed_on(call))
    return Answer(status=204)


def complete_multipart_upload(call: Call) -> Answer:
    place = Place(call)
    place.refuse_others([call.key])
    given = place.in_s3_terms(call.key, passed_on(call), *CONDITIONS)
    check_target(place, call.key, given)
    said: dict[str, Any] = call.said()
    answer = fields_of(place.ask("complete_multipart_upload", call.key, **given, **said))
    file = keep(place, call.key)
    return Answer(answer | {"ETag": place.tag(file), "Location": url_of(call.bucket, call.key)})


OPERATIONS = {
    "CreateMultipartUpload": Does(create_multipart_upload),
    "UploadPart": Does(upload_part),
    "UploadPartCopy": Does(upload_part_copy),
    "ListParts": Does(list_parts),
    "AbortMultipartUpload": Does(abort_multipart_upload),
    "CompleteMultipartUpload": Does(complete_multipart_upload),
}
