"""Conditions on ETags and times, and ranges of bytes: https://www.rfc-editor.org/rfc/rfc9110"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.http import http_date

from gateway.s3.refusals import S3Error, invalid

ANY = "*"
_TAG = re.compile(r'(?:W/)?("[^"]*"|[^\s,]+)')
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_COPIED = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})")


def tags(condition: str) -> list[str]:
    """The ETags that a condition names, quoted or not."""
    return [tag.strip('"') for tag in _TAG.findall(condition)]


def names_tag(condition: str, etag: str) -> bool:
    named = tags(condition)
    return ANY in named or etag in named


def check_read(
    given: Mapping[str, Any], etag: str, modified: datetime, *, prefix: str = ""
) -> None:
    """Raises S3Error, PreconditionFailed or NotModified. `prefix` is that of a copy's conditions.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
    """
    at = modified.replace(microsecond=0)
    match, none = given.get(f"{prefix}IfMatch"), given.get(f"{prefix}IfNoneMatch")
    before, after = given.get(f"{prefix}IfUnmodifiedSince"), given.get(f"{prefix}IfModifiedSince")
    if match is not None:
        if not names_tag(match, etag):
            raise failed("If-Match")
    elif before is not None and at > before:
        raise failed("If-Unmodified-Since")
    unchanged = names_tag(none, etag) if none is not None else after is not None and at <= after
    if unchanged and prefix:
        raise failed("x-amz-copy-source-If-None-Match")
    if unchanged:
        headers = {"etag": f'"{etag}"', "last-modified": http_date(modified.timestamp())}
        raise S3Error("NotModified", headers=headers)


def check_write(given: Mapping[str, Any], etag: str | None) -> None:
    """`etag` is that of what lies there, None if nothing does. Raises S3Error.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """
    match, none = given.get("IfMatch"), given.get("IfNoneMatch")
    if none is not None and none.strip() != ANY:
        raise S3Error(
            "NotImplemented",
            "A header you provided implies functionality that is not implemented: "
            "If-None-Match of a write may only be *",
        )
    if none is not None and etag is not None:
        raise failed("If-None-Match")
    if match is not None and etag is None:
        raise S3Error("NoSuchKey")
    if match is not None and etag is not None and not names_tag(match, etag):
        raise failed("If-Match")


def failed(condition: str) -> S3Error:
    return S3Error("PreconditionFailed", Condition=condition)


class Span(NamedTuple):
    """The bytes from the first number up to the second."""

    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.end - 1}/{size}"


def span_of(text: str | None, size: int) -> Span | None:
    """What a Range asks for; None is all, as of several ranges or of what is none. Raises S3Error."""
    found = _RANGE.fullmatch((text or "").replace(" ", ""))
    if found is None or found[0] == "bytes=-":
        return None
    if not found[1]:
        span = Span(max(0, size - int(found[2])), size)
    else:
        span = Span(int(found[1]), min(size, int(found[2] or size) + 1))
        if found[2] and int(found[2]) < int(found[1]):
            return None
    if span.size < 1:
        raise S3Error(
            "InvalidRange",
            headers={"content-range": f"bytes */{size}"},
            ActualObjectSize=str(size),
            RangeRequested=text or "",
        )
    return span


def copied_span(text: str | None, size: int) -> Span:
    """What is copied as a part; all of it if no range is named. Raises S3Error."""
    if text is None:
        return Span(0, size)
    found = _COPIED.fullmatch(text)
    if found is None or not int(found[1]) <= int(found[2]) < size:
        message = "The x-amz-copy-source-range value must be of the form bytes=first-last, within the source."
        raise invalid("x-amz-copy-source-range", text, message)
    return Span(int(found[1]), int(found[2]) + 1)
