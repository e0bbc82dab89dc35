"""List the objects and the buckets of the own store."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from files import names
from files.models import File
from files.names import beyond_all
from gateway.caller import Caller
from gateway.s3.call import Answer, Call, Does
from gateway.s3.listing import Entry, Found, Wanted, first_version, second_version
from gateway.s3.own import found
from gateway.s3.refusals import S3Error, invalid
from gateway.s3.tags import ID_PREFIX, quoted, tag_of
from providers.models import Workspace

# So many keys are read at once where whole prefixes may be skipped.
STEP = 200
LISTING = frozenset(
    {"Prefix", "Delimiter", "MaxKeys", "EncodingType", "OptionalObjectAttributes", "RequestPayer"}
)
MOST_BUCKETS = 10_000
USUAL_REGION = "us-east-1"

Named = tuple[str, File]
Fetch = Callable[[str, str, int], Sequence[Named]]
"""So many files by key, behind the first text and from the second on."""


def list_objects(call: Call) -> Answer:
    return first_version(call.given, partial(_listed, call, owner=True))


def list_objects_v2(call: Call) -> Answer:
    owner = bool(call.given.get("FetchOwner"))
    return second_version(call.given, partial(_listed, call, owner=owner))


def list_buckets(call: Call) -> Answer:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html"""
    prefix, after = call.given.get("Prefix", ""), call.given.get("ContinuationToken", "")
    size = call.given.get("MaxBuckets", MOST_BUCKETS)
    if not 1 <= size <= MOST_BUCKETS:
        raise invalid("max-buckets", str(size), "Argument max-buckets must be between 1 and 10000")
    # Their number is that of the names which clients chose, and nobody's own choice is larger.
    known = {found.ALL_FILES, *names.buckets(call.workspace, limit=MOST_BUCKETS)}
    listed = sorted(name for name in known if name.startswith(prefix) and name > after)
    region = call.region or USUAL_REGION
    fields: dict[str, Any] = {
        "Buckets": [
            {"Name": name, "CreationDate": call.workspace.created_at, "BucketRegion": region}
            for name in listed[:size]
        ],
        "Owner": _owner(call.workspace),
    }
    if prefix:
        fields["Prefix"] = prefix
    if len(listed) > size:
        fields["ContinuationToken"] = listed[size - 1]
    return Answer(fields)


def head_bucket(call: Call) -> Answer:
    """Every name is that of a bucket, in whatever region."""
    return Answer({"BucketRegion": call.region or USUAL_REGION})


def get_bucket_location(call: Call) -> Answer:
    region = call.region or USUAL_REGION
    return Answer({"LocationConstraint": "" if region == USUAL_REGION else region})


def get_bucket_versioning(call: Call) -> Answer:
    """Never switched on: S3 says that with an empty document."""
    return Answer()


def create_bucket(call: Call) -> Answer:
    """Nothing is made: a bucket is there with its first object."""
    found.refuse_bucket_of_all(call.bucket)
    call.said()
    return Answer({"Location": f"/{call.bucket}"})


def delete_bucket(call: Call) -> Answer:
    """And gone with its last one."""
    found.refuse_bucket_of_all(call.bucket)
    if names.page(call.workspace, call.bucket, limit=1):
        raise S3Error("BucketNotEmpty", BucketName=call.bucket)
    return Answer(status=204)


def _listed(call: Call, wanted: Wanted, *, owner: bool) -> Found:
    if call.bucket == found.ALL_FILES:
        fetch = partial(_by_id, call.caller, wanted.prefix)
    else:
        fetch = partial(_by_key, call.workspace, call.bucket, wanted.prefix)
    described = {"Owner": _owner(call.workspace)} if owner else {}
    entries = [
        Entry(name, None if file is None else {**_described(name, file), **described})
        for name, file in _entries(fetch, wanted)
    ]
    return Found(entries[: wanted.most], len(entries) > wanted.most)


def _entries(fetch: Fetch, wanted: Wanted) -> list[tuple[str, File | None]]:
    """One more than is wanted, if there are so many. What shares a prefix is skipped, not read."""
    entries: list[tuple[str, File | None]] = []
    after, start = wanted.after, ""
    last = wanted.after if wanted.ends_with_prefix() else ""
    if last:
        start = beyond_all(last)
    while len(entries) <= wanted.most:
        step = STEP if wanted.delimiter else wanted.most + 1
        rows = fetch(after, start, step)
        for key, file in rows:
            if last and key.startswith(last):
                continue
            last = wanted.shared_prefix(key)
            entries.append((last or key, None if last else file))
        if len(rows) < step:
            break
        after, start = rows[-1][0], beyond_all(last) if last else ""
    return entries[: wanted.most + 1]


def _by_key(
    workspace: Workspace, bucket: str, prefix: str, after: str, start: str, limit: int
) -> list[Named]:
    rows = names.page(workspace, bucket, prefix=prefix, after=after, start=start, limit=limit)
    return [(row.key, row) for row in rows]


def _by_id(caller: Caller, prefix: str, after: str, start: str, limit: int) -> list[Named]:
    """All files of the workspace: their keys are their ids behind a word that is the same for all."""
    rows = caller.files
    for bound, condition in ((after, "id__gt"), (start, "id__gte")):
        if bound.startswith(ID_PREFIX):
            rows = rows.filter(**{condition: bound.removeprefix(ID_PREFIX)})
        elif bound > ID_PREFIX:
            return []
    if prefix.startswith(ID_PREFIX):
        rows = rows.filter(id__startswith=prefix.removeprefix(ID_PREFIX))
    elif not ID_PREFIX.startswith(prefix):
        return []
    return [(tag_of(row), row) for row in rows.order_by("id")[:limit]]


def _described(name: str, file: File) -> dict[str, Any]:
    return {
        "Key": name,
        "LastModified": file.created_at,
        "ETag": quoted(tag_of(file)),
        "Size": file.size,
        "StorageClass": "STANDARD",
    }


def _owner(workspace: Workspace) -> dict[str, str]:
    return {"ID": workspace.pk}


OPERATIONS = {
    "ListObjects": Does(list_objects, LISTING | {"Marker"}),
    "ListObjectsV2": Does(
        list_objects_v2, LISTING | {"ContinuationToken", "StartAfter", "FetchOwner"}
    ),
    "ListBuckets": Does(list_buckets, frozenset({"Prefix", "ContinuationToken", "MaxBuckets"})),
    "HeadBucket": Does(head_bucket, frozenset()),
    "GetBucketLocation": Does(get_bucket_location, frozenset()),
    "GetBucketVersioning": Does(get_bucket_versioning, frozenset()),
    "CreateBucket": Does(create_bucket, frozenset({"ACL", "ObjectOwnership"})),
    "DeleteBucket": Does(delete_bucket, frozenset()),
}
