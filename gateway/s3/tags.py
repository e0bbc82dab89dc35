"""ETags that are the ids of files, and what other surfaces call the file behind a key."""

import re
from typing import Any

from files.models import File

ID_PREFIX = "file-"
TAG = re.compile(r"file-([0-9a-z]{12})")
LONGEST_NAME = 512


def tag_of(file: File) -> str:
    """Its ETag, without quotes."""
    return f"{ID_PREFIX}{file.id}"


def quoted(tag: str) -> str:
    return f'"{tag}"'


def name_fields(key: str) -> dict[str, Any]:
    """The fields of a File that its key tells."""
    name = key.rstrip("/").rpartition("/")[2] or key
    return {"filename": name[-LONGEST_NAME:], "purpose": File.Purpose.BATCH, "surface": "bedrock"}
