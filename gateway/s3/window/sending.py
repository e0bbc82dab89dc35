"""Send an object on as it comes, in parts if it is large. Nothing of it is left if it breaks off."""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from django.utils import timezone

from files.buckets import BucketError
from files.storage import PART_BYTES
from gateway.s3.operations import operation
from gateway.s3.payload import Payload
from gateway.s3.refusals import S3Error
from gateway.s3.window.place import Place

# What payload.py has read for itself: boto3 says all this of what it sends.
CHECKED = ("ContentLength", "ContentMD5", "ChecksumAlgorithm")


def without_checks(given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that describe the object and not the body that it came in."""
    return {
        name: value
        for name, value in given.items()
        if name not in CHECKED and not name.startswith("Checksum")
    }


class Sending:
    """One object. `size` and `sha256` are there once it is sent."""

    def __init__(self, place: Place, key: str, given: Mapping[str, Any]) -> None:
        self.place = place
        self.key = key
        self.given = without_checks(given)
        self.size = 0
        self.began = timezone.now()
        self._digest = hashlib.sha256()
        self._upload_id = ""
        self._parts: list[dict[str, Any]] = []

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def send(self, payload: Payload) -> dict[str, Any]:
        """What S3 answers to the last call. Raises what the payload raises, S3Error and BucketError."""
        try:
            rest = self._send_parts(payload)
            if self._upload_id:
                return self._complete(rest)
            return self.place.ask(
                "put_object", self.key, Body=bytes(rest), **self.given, **payload.checksum
            )
        except BaseException:
            self._abort()
            raise

    def _send_parts(self, chunks: Iterable[bytes]) -> bytearray:
        """All full parts; returns what is left."""
        buffer = bytearray()
        for chunk in chunks:
            self.size += len(chunk)
            self._digest.update(chunk)
            buffer += chunk
            if len(buffer) >= PART_BYTES:
                self._send_part(buffer)
                buffer = bytearray()
        return buffer

    def _send_part(self, body: bytearray) -> None:
        if not self._upload_id:
            begun = self.place.ask(
                "create_multipart_upload", self.key, **self._known_to("CreateMultipartUpload")
            )
            self._upload_id = begun["UploadId"]
        number = len(self._parts) + 1
        sent = self.place.ask(
            "upload_part",
            self.key,
            UploadId=self._upload_id,
            PartNumber=number,
            Body=bytes(body),
            **self._known_to("UploadPart"),
        )
        checksums = {name: text for name, text in sent.items() if name.startswith("Checksum")}
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"], **checksums})

    def _complete(self, rest: bytearray) -> dict[str, Any]:
        if rest:
            self._send_part(rest)
        return self.place.ask(
            "complete_multipart_upload",
            self.key,
            UploadId=self._upload_id,
            MultipartUpload={"Parts": self._parts},
            **self._known_to("CompleteMultipartUpload"),
        )

    def _abort(self) -> None:
        if self._upload_id:
            with suppress(BucketError, S3Error):
                self.place.ask("abort_multipart_upload", self.key, UploadId=self._upload_id)

    def _known_to(self, name: str) -> dict[str, Any]:
        """Those of the parameters that another operation takes, too."""
        shape = operation(name).model.input_shape
        members = shape.members if shape else {}
        return {member: value for member, value in self.given.items() if member in members}
