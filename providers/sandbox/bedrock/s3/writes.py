"""Calls that write: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html"""

import asyncio
from hashlib import md5
from pathlib import Path
from secrets import token_hex
from xml.etree import ElementTree

from aiohttp import web

from providers.sandbox.bedrock.s3 import copies, refusals
from providers.sandbox.bedrock.s3.bodies import Received, receive
from providers.sandbox.bedrock.s3.library import Library, new_file
from providers.sandbox.bedrock.s3.limits import Limits
from providers.sandbox.bedrock.s3.objects import Object, Part, Upload
from providers.sandbox.bedrock.s3.reads import key_of
from providers.sandbox.bedrock.s3.xml import account, document, xml_answer
from providers.sandbox.bodies import read
from providers.sandbox.refusal import Refusal

_USUAL_TYPE = "binary/octet-stream"
_META = "x-amz-meta-"
_MOST_PARTS = 10_000
_MOST_DELETED = 1000
_LONGEST_LIST = 2 * 1024 * 1024


class Writes:
    def __init__(self, library: Library, limits: Limits) -> None:
        self._library = library
        self._limits = limits

    async def put(self, request: web.Request) -> web.StreamResponse:
        """An object, or a part of one that is in the making."""
        owner, (bucket, key) = account(request), key_of(request)
        self._library.check_bucket(bucket)
        if "uploadId" in request.query:
            return await self._put_part(request, owner, bucket, key)
        source = copies.source_of(request, self._library, owner)
        path = self._library.store.scratch()
        try:
            received = await self._received(request, source, path)
            if request.headers.get("if-none-match") == "*" and self._library.find(
                owner, bucket, key
            ):
                raise refusals.plain(412)
            made = Object(
                bucket=bucket,
                key=key,
                file=new_file(),
                bytes=received.bytes,
                etag=received.etag,
                modified=self._library.clock.now(),
                content_type=request.headers.get("content-type", _USUAL_TYPE),
                metadata=_metadata(request),
            )
            if source and request.headers.get("x-amz-metadata-directive") != "REPLACE":
                made.content_type, made.metadata = source.content_type, source.metadata
            self._library.put(owner, made, path)
        finally:
            path.unlink(missing_ok=True)
        if source:
            return copies.answer("CopyObjectResult", made.etag, made.modified)
        return web.Response(headers={"etag": f'"{made.etag}"'})

    async def _received(self, request: web.Request, source: Object | None, path: Path) -> Received:
        """The bytes of a request, or of what it wants to be copied."""
        if source is None:
            return await receive(request, path, most=self._limits.put_bytes)
        asked = request.headers.get(f"{copies.SOURCE}-range")
        return await asyncio.to_thread(copies.copy, source, self._library.path(source), path, asked)

    async def post(self, request: web.Request) -> web.StreamResponse:
        """Begin an object of several parts, or put it together."""
        owner, (bucket, key) = account(request), key_of(request)
        self._library.check_bucket(bucket)
        if "uploads" in request.query:
            return self._begin(request, owner, bucket, key)
        if "uploadId" in request.query:
            return await self._complete(request, owner, bucket, key)
        raise refusals.plain(405)

    async def delete(self, request: web.Request) -> web.StreamResponse:
        owner, (bucket, key) = account(request), key_of(request)
        if "uploadId" in request.query:
            upload = self._library.upload(owner, request.query["uploadId"], bucket, key)
            self._library.drop_upload(upload)
        else:
            self._library.delete(owner, bucket, key)
        return web.Response(status=204)

    async def delete_many(self, request: web.Request) -> web.StreamResponse:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""
        owner, bucket = account(request), request.match_info["bucket"]
        self._library.check_bucket(bucket)
        wanted = _parsed(await read(request, most=_LONGEST_LIST) or b"")
        keys = [one.findtext("{*}Key", "") for one in wanted.findall("{*}Object")]
        if "delete" not in request.query or not 1 <= len(keys) <= _MOST_DELETED:
            raise _malformed()
        root = document("DeleteResult", {})
        for key in keys:
            self._library.delete(owner, bucket, key)
            if wanted.findtext("{*}Quiet") != "true":
                root.append(document("Deleted", {"Key": key}))
        return xml_answer(root)

    def _begin(self, request: web.Request, owner: str, bucket: str, key: str) -> web.StreamResponse:
        upload = Upload(
            id=token_hex(32),
            bucket=bucket,
            key=key,
            content_type=request.headers.get("content-type", _USUAL_TYPE),
            metadata=_metadata(request),
        )
        self._library.add_upload(owner, upload)
        fields = {"Bucket": bucket, "Key": key, "UploadId": upload.id}
        return xml_answer(document("InitiateMultipartUploadResult", fields))

    async def _put_part(
        self, request: web.Request, owner: str, bucket: str, key: str
    ) -> web.StreamResponse:
        text = request.query.get("partNumber", "")
        if not text.isdecimal() or not 1 <= int(text) <= _MOST_PARTS:
            message = f"Part number must be an integer between 1 and {_MOST_PARTS}, inclusive"
            raise refusals.invalid_argument(message)
        id = request.query["uploadId"]
        self._library.upload(owner, id, bucket, key)
        source = copies.source_of(request, self._library, owner)
        path = self._library.store.scratch()
        try:
            received = await self._received(request, source, path)
            part = Part(file=new_file(), bytes=received.bytes, etag=received.etag)
            upload = self._library.upload(owner, id, bucket, key)
            path.rename(self._library.store.file(part.file))
        finally:
            path.unlink(missing_ok=True)
        old = upload.parts.pop(int(text), None)
        upload.parts[int(text)] = part
        self._library.save_upload(upload)
        if old is not None:
            self._library.store.file(old.file).unlink(missing_ok=True)
        if source:
            return copies.answer("CopyPartResult", part.etag, self._library.clock.now())
        return web.Response(headers={"etag": f'"{part.etag}"'})

    async def _complete(
        self, request: web.Request, owner: str, bucket: str, key: str
    ) -> web.StreamResponse:
        id = request.query["uploadId"]
        body = await read(request, most=_LONGEST_LIST) or b""
        upload = self._library.upload(owner, id, bucket, key)
        parts = _chosen(body, upload, least=self._limits.least_part_bytes)
        path = self._library.store.scratch()
        try:
            await asyncio.to_thread(self._library.join, [part.file for part in parts], path)
            upload = self._library.upload(owner, id, bucket, key)
            made = Object(
                bucket=bucket,
                key=key,
                file=new_file(),
                bytes=path.stat().st_size,
                etag=_etag(parts),
                modified=self._library.clock.now(),
                content_type=upload.content_type,
                metadata=upload.metadata,
            )
            self._library.put(owner, made, path)
            self._library.drop_upload(upload)
        finally:
            path.unlink(missing_ok=True)
        fields = {"Bucket": bucket, "Key": key, "ETag": f'"{made.etag}"'}
        return xml_answer(document("CompleteMultipartUploadResult", fields))


def _chosen(body: bytes, upload: Upload, *, least: int) -> list[Part]:
    """The parts that a client names, in its order."""
    numbers: list[int] = []
    parts: list[Part] = []
    for number, etag in _named(body):
        part = upload.parts.get(number)
        if part is None or part.etag != etag:
            message = "One or more of the specified parts could not be found."
            raise refusals.refusal(400, "InvalidPart", message)
        numbers.append(number)
        parts.append(part)
    if numbers != sorted(set(numbers)):
        message = "The list of parts was not in ascending order."
        raise refusals.refusal(400, "InvalidPartOrder", message)
    if any(part.bytes < least for part in parts[:-1]):
        message = "Your proposed upload is smaller than the minimum allowed size"
        raise refusals.refusal(400, "EntityTooSmall", message)
    return parts


def _named(body: bytes) -> list[tuple[int, str]]:
    """Number and ETag of each part."""
    try:
        named = [
            (int(part.findtext("{*}PartNumber", "")), part.findtext("{*}ETag", "").strip('"'))
            for part in _parsed(body).findall("{*}Part")
        ]
    except ValueError:
        named = []
    if not named:
        raise _malformed()
    return named


def _parsed(body: bytes) -> ElementTree.Element:
    """Entities of XML are nobody's business here."""
    try:
        if b"<!" not in body:
            return ElementTree.fromstring(body)  # noqa: S314 -- no document type, so no entities
    except ElementTree.ParseError:
        pass
    raise _malformed()


def _malformed() -> Refusal:
    message = "The XML you provided was not well-formed or did not validate"
    return refusals.refusal(400, "MalformedXML", message)


def _etag(parts: list[Part]) -> str:
    hashed = md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False)
    return f"{hashed.hexdigest()}-{len(parts)}"


def _metadata(request: web.Request) -> dict[str, str]:
    return {
        name.lower().removeprefix(_META): value
        for name, value in request.headers.items()
        if name.lower().startswith(_META)
    }
