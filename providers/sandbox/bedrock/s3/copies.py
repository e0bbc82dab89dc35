"""Objects that are made of others: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""

import re
from hashlib import md5
from pathlib import Path
from urllib.parse import unquote

from aiohttp import web

from providers.sandbox.bedrock.s3 import refusals
from providers.sandbox.bedrock.s3.bodies import Received
from providers.sandbox.bedrock.s3.library import Library
from providers.sandbox.bedrock.s3.objects import Object
from providers.sandbox.bedrock.s3.xml import document, moment, xml_answer

SOURCE = "x-amz-copy-source"
_CHUNK = 1024 * 1024
_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{1,15})")


def source_of(request: web.Request, library: Library, owner: str) -> Object | None:
    """What a request wants to be copied, None if it brings its bytes itself."""
    text = request.headers.get(SOURCE)
    if text is None:
        return None
    path, _, version = text.partition("?versionId=")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not bucket or not key or version not in ("", "null"):
        raise refusals.invalid_argument("Copy Source must mention the source bucket and key")
    return library.get(owner, bucket, key)


def copy(source: Object, bytes_at: Path, target: Path, asked: str | None) -> Received:
    """Write an object's bytes, or the range of them that is asked for. Blocks: call it from a thread."""
    first, end = _range(asked, source.bytes)
    hashed, left = md5(usedforsecurity=False), end - first
    with bytes_at.open("rb") as whole, target.open("wb", buffering=0) as file:
        whole.seek(first)
        while left and (chunk := whole.read(min(_CHUNK, left))):
            hashed.update(chunk)
            file.write(chunk)
            left -= len(chunk)
    return Received(end - first, hashed.hexdigest())


def answer(name: str, etag: str, modified: float) -> web.Response:
    """`CopyObjectResult` or `CopyPartResult`."""
    return xml_answer(document(name, {"ETag": f'"{etag}"', "LastModified": moment(modified)}))


def _range(asked: str | None, size: int) -> tuple[int, int]:
    if asked is None:
        return 0, size
    found = _RANGE.fullmatch(asked)
    if found is None or not int(found[1]) <= int(found[2]) < size:
        raise refusals.invalid_argument("The range is not valid for the source object")
    return int(found[1]), int(found[2]) + 1
