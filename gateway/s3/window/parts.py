"""Objects in clients' buckets that come in parts: S3's own uploads, by S3's own ids.

S3 knows one account, and several workspaces may share it. So each upload is written down here with the
workspace that began it, and is there for no other.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Any

from files import uploads
from files.storage import PART_BYTES
from gateway.s3.address import url_of
from gateway.s3.call import Answer, Call, Does
from gateway.s3.listing import MOST_UPLOADS, UPLOADS, Begun, uploads_listed
from gateway.s3.own.found import check_size
from gateway.s3.refusals import S3Error
from gateway.s3.window.objects import check_target, copied, keep
from gateway.s3.window.place import CONDITIONS, Place, fields_of, passed_on
from gateway.s3.window.sending import without_checks
from gateway.surface import one

SURFACE = "s3 bucket"


def create_multipart_upload(call: Call) -> Answer:
    place = Place(call)
    place.bucket.refuse_hidden(call.key)
    place.refuse_others(call.key)
    answer = fields_of(place.ask("create_multipart_upload", call.key, **passed_on(call)))
    uploads.begin(call.workspace, SURFACE, {}, upload_id=_name(place, answer["UploadId"]))
    return Answer(answer)


def upload_part(call: Call) -> Answer:
    """All of it is here, on the disk if it is large, before S3 gets it: it is to be what was promised."""
    place, payload = _place(call), call.payload()
    check_size(payload.length)
    given = without_checks(passed_on(call))
    with SpooledTemporaryFile(max_size=PART_BYTES) as body:
        for chunk in payload:
            body.write(chunk)
        body.seek(0)
        answer = place.ask("upload_part", call.key, Body=body, **given, **payload.checksum)
    return Answer(fields_of(answer))


def upload_part_copy(call: Call) -> Answer:
    place, (source, given) = _place(call), copied(call)
    return Answer(fields_of(place.ask("upload_part_copy", call.key, CopySource=source, **given)))


def list_parts(call: Call) -> Answer:
    return Answer(fields_of(_place(call).ask("list_parts", call.key, **passed_on(call))))


def list_multipart_uploads(call: Call) -> Answer:
    place = Place(call)
    ours = set(call.caller.uploads(SURFACE).values_list("pk", flat=True))
    begun = (
        Begun(one["Key"], one["UploadId"], one["Initiated"])
        for one in _open(place, call.given.get("Prefix", ""))
        if _name(place, one["UploadId"]) in ours
    )
    return uploads_listed(call, begun)


def abort_multipart_upload(call: Call) -> Answer:
    _place(call).ask("abort_multipart_upload", call.key, **passed_on(call))
    return Answer(status=204)


def complete_multipart_upload(call: Call) -> Answer:
    place = _place(call)
    place.refuse_others(call.key)
    given = place.in_s3_terms(call.key, passed_on(call), *CONDITIONS)
    check_target(place, call.key, given)
    said: dict[str, Any] = call.said()
    answer = fields_of(place.ask("complete_multipart_upload", call.key, **given, **said))
    file = keep(place, call.key)
    return Answer(answer | {"ETag": place.tag(file), "Location": url_of(call.bucket, call.key)})


def _place(call: Call) -> Place:
    """Where the upload is under way. Raises S3Error, also for one that another workspace began.

    It is known here for as long as its time lasts, be it ended: S3 answers a call that is repeated.
    """
    place = Place(call)
    if one(call.caller.uploads(SURFACE), _name(place, call.given.get("UploadId", ""))) is None:
        raise S3Error("NoSuchUpload")
    return place


def _name(place: Place, upload_id: str) -> str:
    """What an upload of S3's is called here, where ids are shorter than S3's."""
    digest = hashlib.sha256(f"{place.bucket.name}/{upload_id}".encode()).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def _open(place: Place, prefix: str) -> Iterator[dict[str, Any]]:
    """All that S3 knows of in the bucket, by whomever, as far as is looked at all."""
    markers: dict[str, str] = {}
    seen = 0
    while seen < MOST_UPLOADS:
        answer = place.ask("list_multipart_uploads", Prefix=prefix, **markers)
        found = answer.get("Uploads", ())
        yield from found
        if not answer.get("IsTruncated"):
            return
        seen += len(found)
        names = ("KeyMarker", "UploadIdMarker")
        markers = {name: answer[f"Next{name}"] for name in names if answer.get(f"Next{name}")}


OPERATIONS = {
    "CreateMultipartUpload": Does(create_multipart_upload),
    "UploadPart": Does(upload_part),
    "UploadPartCopy": Does(upload_part_copy),
    "ListParts": Does(list_parts),
    "ListMultipartUploads": Does(list_multipart_uploads, UPLOADS | {"ExpectedBucketOwner"}),
    "AbortMultipartUpload": Does(abort_multipart_upload),
    "CompleteMultipartUpload": Does(complete_multipart_upload),
}
