"""The file behind a bucket and a key, and what S3 says of it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from files import names
from files.models import File
from files.services import FileTooLargeError
from gateway.caller import Caller
from gateway.s3.conditions import check_write, tags
from gateway.s3.refusals import S3Error, invalid, missing_key
from gateway.s3.tags import TAG, quoted, tag_of

ALL_FILES = names.ALL_FILES
USUAL_TYPE = "binary/octet-stream"
LONGEST_TYPE, MOST_METADATA = 255, 2048
FILE_ID = re.compile(r"(?:file[-_]|files/)?([0-9a-z]{12})")
# Kept as they were given, to come back with the object.
KEPT = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "Expires",
    "Metadata",
)
STANDARD = {"StorageClass": ("STANDARD",), "ACL": ("private", "bucket-owner-full-control")}
DESCRIBING = frozenset(KEPT) | {"ContentType", *STANDARD, "RequestPayer"}


def find(caller: Caller, bucket: str, key: str, *, if_match: str = "") -> File | None:
    """The file that has the name, else the one whose id the key is, else the one that a condition names.

    The last is what a client has that only kept the ETag of its upload.
    """
    if bucket != ALL_FILES and (file := names.find(caller.workspace, bucket, key)):
        return file
    named = [FILE_ID.fullmatch(key), *map(TAG.fullmatch, tags(if_match))]
    ids = [found[1] for found in named if found]
    return next((file for core in ids[:2] if (file := caller.file(core))), None)


def wanted(caller: Caller, bucket: str, key: str, *, if_match: str = "") -> File:
    """Raises S3Error if there is none."""
    file = find(caller, bucket, key, if_match=if_match)
    if file is None:
        raise missing_key(key)
    return file


def refuse_bucket_of_all(bucket: str) -> None:
    """Raises S3Error: nothing can be given a name there."""
    if bucket == ALL_FILES:
        raise S3Error(
            "AccessDenied",
            f"The bucket '{ALL_FILES}' shows the files of every surface: write to another one.",
        )


def check_name(given: Mapping[str, Any], old: File | None) -> None:
    """Raises S3Error if what has the name is not what a write's conditions want."""
    check_write(given, tag_of(old) if old else None)


def check_size(size: int | None) -> None:
    """Raises FileTooLargeError before anything is read."""
    limit: int = settings.MAX_FILE_BYTES
    if size is not None and size > limit:
        raise FileTooLargeError(limit)


def fields_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a File that a client describes its object with. Raises S3Error."""
    content_type = given.get("ContentType") or USUAL_TYPE
    if len(content_type) > LONGEST_TYPE:
        raise invalid("Content-Type", content_type, "The content type is too long.")
    metadata = given.get("Metadata", {})
    if sum(len(name) + len(text) for name, text in metadata.items()) > MOST_METADATA:
        raise S3Error("MetadataTooLarge", MaxSizeAllowed=str(MOST_METADATA))
    kept = {name: given[name] for name in KEPT if name in given}
    if isinstance(expires := kept.get("Expires"), datetime):
        kept["Expires"] = expires.isoformat()
    return {"content_type": content_type, "headers": kept}


def description(file: File, *, checksums: bool) -> dict[str, Any]:
    """What S3 says of an object beside its bytes."""
    kept = {
        name: value
        for name, value in file.headers.items()
        if checksums or not name.startswith("Checksum")
    }
    if "Expires" in kept:
        kept["Expires"] = datetime.fromisoformat(kept["Expires"])
    return {
        **kept,
        "AcceptRanges": "bytes",
        "ContentLength": file.size,
        "ContentType": file.content_type,
        "ETag": quoted(tag_of(file)),
        "LastModified": file.created_at,
    }
