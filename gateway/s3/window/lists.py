"""List clients' buckets and what is in them."""

from functools import partial
from typing import Any

from botocore import xform_name

from files import objects
from files.allowed import buckets_of
from files.buckets import LAST, PAGE, Bucket, Entry
from gateway.s3.call import Answer, Call, Does
from gateway.s3.listing import Entry as Listed
from gateway.s3.listing import Found, Wanted, first_version, second_version
from gateway.s3.refusals import S3Error
from gateway.s3.window.place import Place, fields_of, in_s3_words, passed_on

ANY = "any"


def list_objects(call: Call) -> Answer:
    return first_version(call.given, partial(_listed, call, owner=True))


def list_objects_v2(call: Call) -> Answer:
    owner = bool(call.given.get("FetchOwner"))
    return second_version(call.given, partial(_listed, call, owner=owner))


def list_buckets(call: Call) -> Answer:
    """Those that the credential's account may list, and the workspace may name."""
    place = Place(call, ANY, granted=True)
    client = place.bucket.client
    with in_s3_words(), Bucket.waiting(), place.bucket.named_failures():
        fields = fields_of(client.list_buckets(**call.given))
    allowed = buckets_of(call.workspace)
    return Answer(
        {**fields, "Buckets": [one for one in fields.get("Buckets", ()) if one["Name"] in allowed]}
    )


def about_bucket(call: Call) -> Answer:
    """As S3 itself says it."""
    given = passed_on(call) | call.said()
    return Answer(fields_of(Place(call).ask(xform_name(call.operation.name), **given)))


def delete_bucket(call: Call) -> Answer:
    raise S3Error(
        "AccessDenied", "Buckets are not deleted through Bifrost: ask the owner of the account."
    )


def _listed(call: Call, wanted: Wanted, *, owner: bool) -> Found:
    place = Place(call)
    after = wanted.after + LAST if wanted.ends_with_prefix() else wanted.after
    entries: list[Listed] = []
    more = True
    while more and len(entries) <= wanted.most:
        size = min(PAGE, wanted.most + 1 - len(entries))
        page, more = _page(call, place, wanted, after, size=size, owner=owner)
        entries += _visible(place, page)
        if not page:
            break
        after = _end(place, page[-1])
    return Found(entries[: wanted.most], len(entries) > wanted.most)


def _page(
    call: Call, place: Place, wanted: Wanted, after: str, *, size: int, owner: bool
) -> tuple[list[Listed], bool]:
    """What S3 lists behind that name, objects and prefixes in one order, and whether there is more."""
    given: dict[str, Any] = {
        "Prefix": wanted.prefix,
        "Delimiter": wanted.delimiter,
        "StartAfter": after,
        "FetchOwner": owner,
    }
    asked = {name: value for name, value in given.items() if value}
    for name in ("OptionalObjectAttributes", "RequestPayer", "ExpectedBucketOwner"):
        if name in call.given:
            asked[name] = call.given[name]
    answer = place.ask("list_objects_v2", MaxKeys=size, **asked)
    found = [Listed(one["Key"], one) for one in answer.get("Contents", ())]
    found += [Listed(one["Prefix"]) for one in answer.get("CommonPrefixes", ())]
    return sorted(found, key=lambda entry: entry.name), answer["IsTruncated"]


def _visible(place: Place, page: list[Listed]) -> list[Listed]:
    """Without what is there for Bifrost alone or for other workspaces, and with the ids of our own."""
    shown = [entry for entry in page if not place.bucket.hidden(entry.name)]
    about = [entry.described for entry in shown if entry.described is not None]
    known = objects.known(place.workspace, place.bucket, [_entry(one) for one in about])
    tags = {file.key: place.tag(file) for file in known if file}
    prefixes = [entry.name for entry in shown if entry.described is None]
    tags |= dict.fromkeys(prefixes, "")
    for one in objects.empty(place.workspace, place.bucket, prefixes):
        del tags[one]
    return [_tagged(entry, tags[entry.name]) for entry in shown if entry.name in tags]


def _tagged(entry: Listed, tag: str) -> Listed:
    if entry.described is None:
        return entry
    return entry._replace(described={**entry.described, "ETag": tag})


def _entry(one: dict[str, Any]) -> Entry:
    return Entry(one["Key"], one["Size"], one["ETag"].strip('"'), one["LastModified"])


def _end(place: Place, last: Listed) -> str:
    """Where the list goes on: behind all that a prefix stands for, and all that is hidden."""
    end = last.name if last.described is not None else last.name + LAST
    folder = place.bucket.hidden(last.name)
    return max(end, folder + LAST) if folder else end


OPERATIONS = {
    "ListObjects": Does(list_objects),
    "ListObjectsV2": Does(list_objects_v2),
    "ListBuckets": Does(list_buckets),
    "HeadBucket": Does(about_bucket),
    "GetBucketLocation": Does(about_bucket),
    "GetBucketVersioning": Does(about_bucket),
    "CreateBucket": Does(about_bucket),
    "DeleteBucket": Does(delete_bucket),
}
