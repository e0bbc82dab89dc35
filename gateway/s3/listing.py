"""Lists of objects, in both versions, and the same for both stores.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from files.names import LAST
from gateway.s3.call import Answer, Call
from gateway.s3.refusals import S3Error, invalid

MOST = 1000
# Of uploads: more than anyone has open at once; they are sorted here.
MOST_UPLOADS = 10_000
UPLOADS = frozenset(
    {"EncodingType", "KeyMarker", "MaxUploads", "Prefix", "RequestPayer", "UploadIdMarker"}
)
# They name keys, so they are encoded with them.
ENCODED = (
    "Prefix",
    "Delimiter",
    "Marker",
    "NextMarker",
    "StartAfter",
    "KeyMarker",
    "NextKeyMarker",
)


class Entry(NamedTuple):
    """An object, as S3's lists describe it, or a prefix that several share."""

    name: str
    described: dict[str, Any] | None = None


class Found(NamedTuple):
    """Entries in the order of their names, and whether more follow."""

    entries: Sequence[Entry]
    more: bool


class Wanted(NamedTuple):
    """What to list: `most` entries behind a name."""

    prefix: str
    delimiter: str
    after: str
    most: int

    def shared_prefix(self, key: str) -> str:
        """The one that stands for a key, empty if it is listed itself."""
        if not self.delimiter:
            return ""
        head, found, _ = key[len(self.prefix) :].partition(self.delimiter)
        return self.prefix + head + found if found else ""

    def ends_with_prefix(self) -> bool:
        """Whether a list that goes on behind `after` had a prefix last."""
        behind = self.after.startswith(self.prefix) and self.after != ""
        return behind and self.shared_prefix(self.after) == self.after


Lister = Callable[[Wanted], Found]


def first_version(given: Mapping[str, Any], lister: Lister) -> Answer:
    wanted = _wanted(given, given.get("Marker", ""))
    entries, more = lister(wanted) if wanted.most else Found((), more=False)
    fields = {
        "Marker": given.get("Marker", ""),
        **_fields(given, entries, more),
    }
    if more and wanted.delimiter:
        fields["NextMarker"] = entries[-1].name
    return Answer(encoded(given, fields))


def second_version(given: Mapping[str, Any], lister: Lister) -> Answer:
    token = given.get("ContinuationToken")
    wanted = _wanted(given, given.get("StartAfter", "") if token is None else _read_token(token))
    entries, more = lister(wanted) if wanted.most else Found((), more=False)
    fields = {
        "KeyCount": len(entries),
        "StartAfter": given.get("StartAfter"),
        "ContinuationToken": token,
        **_fields(given, entries, more),
    }
    if more:
        fields["NextContinuationToken"] = _write_token(entries[-1].name)
    return Answer(encoded(given, fields))


def _wanted(given: Mapping[str, Any], after: str) -> Wanted:
    return Wanted(
        given.get("Prefix", ""),
        given.get("Delimiter", ""),
        after,
        most(given, "MaxKeys", "max-keys"),
    )


def most(given: Mapping[str, Any], member: str, name: str) -> int:
    """How many a client takes at once, within our limit. Raises S3Error."""
    number = given.get(member, MOST)
    if number < 0 or number > 2**31 - 1:
        message = f"Argument {name} must be an integer between 0 and 2147483647"
        raise invalid(name, str(number), message)
    return min(int(number), MOST)


def _fields(given: Mapping[str, Any], entries: Sequence[Entry], more: bool) -> dict[str, Any]:
    return {
        "Name": given["Bucket"],
        "Prefix": given.get("Prefix", ""),
        "Delimiter": given.get("Delimiter"),
        "MaxKeys": min(given.get("MaxKeys", MOST), MOST),
        "IsTruncated": more,
        "Contents": [entry.described for entry in entries if entry.described is not None],
        "CommonPrefixes": [{"Prefix": entry.name} for entry in entries if entry.described is None],
    }


class Begun(NamedTuple):
    """An upload that has not ended. They are listed in this order."""

    key: str
    upload_id: str
    began: datetime


def uploads_listed(call: Call, begun: Iterable[Begun]) -> Answer:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html"""
    given = call.given
    size = most(given, "MaxUploads", "max-uploads")
    marker = (given.get("KeyMarker", ""), given.get("UploadIdMarker", ""))
    if marker[0] and not marker[1]:
        marker = (marker[0], LAST)
    prefix = given.get("Prefix", "")
    listed = sorted(one for one in begun if one.key.startswith(prefix) and one[:2] > marker)
    fields = {
        "Bucket": call.bucket,
        "KeyMarker": given.get("KeyMarker", ""),
        "UploadIdMarker": given.get("UploadIdMarker", ""),
        "Prefix": prefix,
        "MaxUploads": size,
        "IsTruncated": len(listed) > size,
        "Uploads": [_upload(call, one) for one in listed[:size]],
    }
    if len(listed) > size > 0:
        last = listed[size - 1]
        fields |= {"NextKeyMarker": last.key, "NextUploadIdMarker": last.upload_id}
    return Answer(encoded(given, fields))


def _upload(call: Call, begun: Begun) -> dict[str, Any]:
    return {
        "Key": begun.key,
        "UploadId": begun.upload_id,
        "Initiated": begun.began,
        "StorageClass": "STANDARD",
        "Initiator": {"ID": call.workspace.pk},
        "Owner": {"ID": call.workspace.pk},
    }


def encoded(given: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """With the keys percent-encoded, if the client wants that. Raises S3Error."""
    encoding = given.get("EncodingType")
    if encoding is None:
        return dict(fields)
    if encoding != "url":
        raise invalid("encoding-type", encoding, "Invalid Encoding Method specified in Request")
    named = {name: quote(fields[name]) for name in ENCODED if fields.get(name)}
    lists = {
        name: [{**one, key: quote(one[key])} for one in fields[name]]
        for name, key in (("Contents", "Key"), ("CommonPrefixes", "Prefix"), ("Uploads", "Key"))
        if name in fields
    }
    return {**fields, **named, **lists, "EncodingType": encoding}


def _write_token(name: str) -> str:
    return urlsafe_b64encode(name.encode()).decode()


def _read_token(token: str) -> str:
    with suppress(ValueError):
        name = urlsafe_b64decode(token.encode()).decode()
        if "\0" not in name:
            return name
    message = "The continuation token provided is incorrect"
    raise S3Error("InvalidArgument", message, ArgumentName="continuation-token")
