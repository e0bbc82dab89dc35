"""What the sandbox keeps of S3's objects and unfinished uploads."""

import msgspec

OBJECT = "s3.object"
UPLOAD = "s3.upload"


class Object(msgspec.Struct, kw_only=True):
    """`file` is the name of its bytes in the store."""

    bucket: str
    key: str
    file: str
    bytes: int
    etag: str
    modified: float
    content_type: str = "binary/octet-stream"
    metadata: dict[str, str] = msgspec.field(default_factory=dict)


class Part(msgspec.Struct, kw_only=True):
    file: str
    bytes: int
    etag: str


class Upload(msgspec.Struct, kw_only=True):
    """An object in the making, by the numbers of its parts."""

    id: str
    bucket: str
    key: str
    content_type: str
    metadata: dict[str, str]
    parts: dict[int, Part] = msgspec.field(default_factory=dict)
