"""Calls that read: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from urllib.parse import quote
from xml.etree import ElementTree

from aiohttp import web

from providers.sandbox.bedrock import access
from providers.sandbox.bedrock.s3 import refusals
from providers.sandbox.bedrock.s3.bodies import Content
from providers.sandbox.bedrock.s3.library import Library
from providers.sandbox.bedrock.s3.objects import Object
from providers.sandbox.bedrock.s3.xml import account, document, moment, xml_answer

Query = Mapping[str, str]

MOST = 1000
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Reads:
    def __init__(self, library: Library) -> None:
        self._library = library

    async def get(self, request: web.Request) -> web.StreamResponse:
        found = self._library.get(account(request), *key_of(request))
        _check_conditions(request, found)
        first, end = _range(request, found.bytes)
        headers = _headers(found)
        whole = end - first == found.bytes
        if not whole:
            headers["content-range"] = f"bytes {first}-{end - 1}/{found.bytes}"
        return Content(
            self._library.path(found),
            headers=headers,
            status=200 if whole else 206,
            first=first,
            count=end - first,
        )

    async def head_bucket(self, request: web.Request) -> web.StreamResponse:
        account(request)
        self._library.check_bucket(request.match_info["bucket"])
        # Every bucket lies wherever it is asked for.
        return web.Response(headers={"x-amz-bucket-region": access.region(request)})

    async def list(self, request: web.Request) -> web.StreamResponse:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""
        owner, query = account(request), request.query
        if "uploads" in query:
            return self._uploads(owner, request.match_info["bucket"], query)
        if query.get("list-type") != "2":
            raise refusals.plain(501, "The sandbox plays the second version of lists only.")
        bucket, prefix = request.match_info["bucket"], query.get("prefix", "")
        entries = _entries(self._library.list(owner, bucket, prefix), prefix, query)
        size, after = _size(query.get("max-keys")), _after(query)
        behind = [entry for entry in entries if _name(entry) > after]
        return xml_answer(_listed(bucket, query, behind[:size], is_last=len(behind) <= size))

    def _uploads(self, owner: str, bucket: str, query: Query) -> web.StreamResponse:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html"""
        encode = quote if query.get("encoding-type") == "url" else str
        root = document("ListMultipartUploadsResult", {"Bucket": bucket, "IsTruncated": "false"})
        if "encoding-type" in query:
            ElementTree.SubElement(root, "EncodingType").text = query["encoding-type"]
        for upload in self._library.uploads(owner, bucket, query.get("prefix", ""))[:MOST]:
            shown = ElementTree.SubElement(root, "Upload")
            ElementTree.SubElement(shown, "Key").text = encode(upload.key)
            ElementTree.SubElement(shown, "UploadId").text = upload.id
        return xml_answer(root)


def key_of(request: web.Request) -> tuple[str, str]:
    return request.match_info["bucket"], request.match_info["key"]


def _headers(found: Object) -> dict[str, str]:
    return {
        "etag": f'"{found.etag}"',
        "last-modified": formatdate(found.modified, usegmt=True),
        "content-type": found.content_type,
        "accept-ranges": "bytes",
        **{f"x-amz-meta-{name}": value for name, value in found.metadata.items()},
    }


def _check_conditions(request: web.Request, found: Object) -> None:
    wanted = request.headers.get("if-match", "*").strip('"')
    if wanted not in ("*", found.etag):
        raise refusals.plain(412)
    if request.headers.get("if-none-match", "").strip('"') in ("*", found.etag):
        raise refusals.refusal(304, "NotModified", "Not Modified")


def _range(request: web.Request, size: int) -> tuple[int, int]:
    """The bytes from the first number up to the second are asked for."""
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or asked[0] == "bytes=-":
        return 0, size
    if not asked[1]:
        first, end = max(0, size - int(asked[2])), size
    else:
        first, end = int(asked[1]), min(size, int(asked[2] or size) + 1)
    if first >= end:
        message = "The requested range is not satisfiable"
        raise refusals.refusal(416, "InvalidRange", message)
    return first, end


def _entries(found: Sequence[Object], prefix: str, query: Query) -> list[Object | str]:
    """Objects, and the prefixes that those behind a delimiter have in common."""
    delimiter = query.get("delimiter", "")
    if not delimiter:
        return list(found)
    entries: dict[str, Object | str] = {}
    for each in found:
        folder, cut, _ = each.key[len(prefix) :].partition(delimiter)
        name = prefix + folder + cut if cut else each.key
        entries[name] = name if cut else each
    return list(entries.values())


def _name(entry: Object | str) -> str:
    return entry if isinstance(entry, str) else entry.key


def _listed(
    bucket: str, query: Query, entries: Sequence[Object | str], *, is_last: bool
) -> ElementTree.Element:
    encode = quote if query.get("encoding-type") == "url" else str
    fields: dict[str, str] = {
        "Name": bucket,
        "Prefix": encode(query.get("prefix", "")),
        "KeyCount": str(len(entries)),
        "MaxKeys": str(_size(query.get("max-keys"))),
        "IsTruncated": "false" if is_last else "true",
    }
    if "encoding-type" in query:
        fields["EncodingType"] = query["encoding-type"]
    if "delimiter" in query:
        fields["Delimiter"] = encode(query["delimiter"])
    if not is_last:
        token = urlsafe_b64encode(_name(entries[-1]).encode()).decode()
        fields["NextContinuationToken"] = token
    root = document("ListBucketResult", fields)
    for entry in entries:
        if isinstance(entry, str):
            folder = ElementTree.SubElement(root, "CommonPrefixes")
            ElementTree.SubElement(folder, "Prefix").text = encode(entry)
        else:
            root.append(_shown(entry, encode(entry.key)))
    return root


def _shown(found: Object, key: str) -> ElementTree.Element:
    return document(
        "Contents",
        {
            "Key": key,
            "LastModified": moment(found.modified),
            "ETag": f'"{found.etag}"',
            "Size": str(found.bytes),
            "StorageClass": "STANDARD",
        },
    )


def _size(text: str | None) -> int:
    if text is None:
        return MOST
    if not text.isdecimal():
        raise refusals.invalid_argument("Provided max-keys not an integer or within integer range")
    return min(int(text), MOST)


def _after(query: Query) -> str:
    token = query.get("continuation-token")
    if token is None:
        return query.get("start-after", "")
    try:
        return urlsafe_b64decode(token).decode()
    except ValueError:
        raise refusals.invalid_argument("The continuation token provided is incorrect") from None
