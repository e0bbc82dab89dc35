"""How an object of S3 is made of bytes as they come."""

from collections.abc import Callable
from typing import Any

from files.storage import PART_BYTES


class ObjectWriter:
    """Writes one object, in parts if it is large. Holds no more than one part."""

    def __init__(self, call: Callable[..., dict[str, Any]], content_type: str) -> None:
        """`call` takes S3's name of an operation, and its parameters but for bucket and key."""
        self.etag = ""
        self._call = call
        self._content_type = content_type
        self._buffer = bytearray()
        self._upload_id = ""
        self._parts: list[dict[str, Any]] = []

    def write(self, chunk: bytes | bytearray) -> int:
        self._buffer += chunk
        if len(self._buffer) >= PART_BYTES:
            self._send_part()
        return len(chunk)

    def close(self) -> None:
        if self._upload_id:
            self._complete()
        else:
            answer = self._call(
                "put_object", Body=bytes(self._buffer), ContentType=self._content_type
            )
            self.etag = answer["ETag"].strip('"')
        self._buffer = bytearray()

    def abort(self) -> None:
        if self._upload_id:
            self._call("abort_multipart_upload", UploadId=self._upload_id)

    def _send_part(self) -> None:
        if not self._upload_id:
            begun = self._call("create_multipart_upload", ContentType=self._content_type)
            self._upload_id = begun["UploadId"]
        number = len(self._parts) + 1
        sent = self._call(
            "upload_part",
            UploadId=self._upload_id,
            PartNumber=number,
            Body=bytes(self._buffer),
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        self._buffer = bytearray()

    def _complete(self) -> None:
        if self._buffer:
            self._send_part()
        answer = self._call(
            "complete_multipart_upload",
            UploadId=self._upload_id,
            MultipartUpload={"Parts": self._parts},
        )
        self.etag = answer["ETag"].strip('"')
