"""The bucket that a call is about, as the workspace's credential for Bedrock sees it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError

from files import objects
from files.buckets import Bucket, BucketError, Entry, NoSuchKeyError, bucket_of
from files.models import File
from gateway.s3.call import Call
from gateway.s3.conditions import tags
from gateway.s3.refusals import CODES, S3Error
from gateway.s3.tags import TAG, quoted, tag_of
from providers.models import Provider

# S3 says no more than the status to a HEAD.
OF_A_HEAD = {
    "304": "NotModified",
    "400": "InvalidRequest",
    "403": "AccessDenied",
    "404": "NoSuchKey",
    "412": "PreconditionFailed",
    "416": "InvalidRange",
}
CONDITIONS = ("IfMatch", "IfNoneMatch")
# What it says of its own account is not for clients.
QUIET = frozenset({401, 403})


class Place:
    """A bucket. Its methods raise S3Error, and BucketError where S3 cannot be used.

    Raises NotAllowedError if the key may not use Bedrock.
    """

    def __init__(self, call: Call, bucket: str = "", *, granted: bool = False) -> None:
        call.caller.check_provider(Provider.BEDROCK)
        self.caller = call.caller
        self.workspace = call.workspace
        self.bucket: Bucket = bucket_of(call.workspace, bucket or call.bucket, granted=granted)

    def ask(self, operation: str, key: str = "", **given: Any) -> dict[str, Any]:
        """One call of S3's, by boto3's name for it. The answer is AWS's, without what is about HTTP."""
        if key:
            self.bucket.refuse_hidden(key)
        with in_s3_words(key):
            return self.bucket.call(operation, key=key, **given)

    def remembered(self, *keys: str) -> objects.Remembered:
        return objects.remembered(self.bucket, keys)

    def file(self, rows: objects.Remembered, found: Mapping[str, Any], key: str) -> File:
        """The file that an object is of which S3 has just said this."""
        entry = Entry(
            key,
            found.get("ContentLength", 0),
            found.get("ETag", "").strip('"'),
            found["LastModified"],
            found.get("ContentType", ""),
        )
        file = rows.file(self.workspace, entry)
        if file is None:
            raise S3Error("NoSuchKey", Key=key)
        return file

    def look(self, key: str) -> File | None:
        """The file that the object with this key is."""
        try:
            with in_s3_words(key):
                return objects.find(self.workspace, self.bucket, key)
        except NoSuchKeyError:
            return None
        except S3Error as error:
            if error.status == 404:
                return None
            raise

    def tag(self, file: File) -> str:
        """The file's id for what came through Bifrost, and S3's own ETag for what others put there."""
        return quoted(file.etag if file._state.adding or file.is_adopted else tag_of(file))

    def in_s3_terms(self, key: str, given: Mapping[str, Any], *names: str) -> dict[str, Any]:
        """The parameters, with S3's ETags in the conditions in place of ids."""
        changed = {name: self._translated(key, given[name]) for name in names if name in given}
        return {**given, **changed}

    def others(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys whose objects another workspace keeps in the same bucket."""
        rows = self.remembered(*keys)
        return {key for key in rows.others(self.workspace) if self._is_others(rows, key)}

    def refuse_others(self, key: str) -> None:
        """Raises S3Error for a key that cannot be written without harm to another workspace."""
        if self.others([key]):
            message = f"The object '{key[:200]}' cannot be written: choose another key."
            raise S3Error("AccessDenied", message)

    def _is_others(self, rows: objects.Remembered, key: str) -> bool:
        try:
            with in_s3_words(key):
                return rows.file(self.workspace, self.bucket.head(key)) is None
        except NoSuchKeyError:
            return False
        except S3Error as error:
            if error.status == 404:
                return False
            raise

    def _translated(self, key: str, condition: str) -> str:
        named = tags(condition)
        ids = [found[1] for tag in named if (found := TAG.fullmatch(tag))]
        rows = self.caller.all_files.filter(pk__in=ids, bucket=self.bucket.name, key=key)
        known = {tag_of(row): row.etag for row in rows}
        etags = [known.get(tag, tag) for tag in named]
        if "*" in etags or not etags:
            return condition
        if len(etags) > 1 and (file := self.look(key)) and file.etag in etags:
            # Not every store reads more than one.
            return quoted(file.etag)
        return quoted(etags[0])


@contextmanager
def in_s3_words(key: str = "") -> Iterator[None]:
    """Raises S3Error for what S3 refuses, as it said it itself; `key` is what it was asked about."""
    try:
        yield
    except BucketError as error:
        cause = error.__cause__.__cause__ if error.__cause__ else None
        if not isinstance(cause, ClientError) or not (error.permanent or _is_missing(cause)):
            raise
        raise _refusal(cause, key) from error


def _is_missing(error: ClientError) -> bool:
    """Whether the store lacks what was asked for, which no second try brings."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status == HTTPStatus.NOT_IMPLEMENTED


def _refusal(error: ClientError, key: str) -> S3Error:
    said: Mapping[str, Any] = error.response.get("Error", {})
    about = error.response.get("ResponseMetadata", {})
    code = said.get("Code", "")
    code = OF_A_HEAD.get(code, code)
    status = about.get("HTTPStatusCode", 400)
    quiet = status in QUIET or code in CODES
    refusal = S3Error(code, "" if quiet else said.get("Message", ""), status=status)
    if code == "NoSuchKey":
        refusal.details["Key"] = key
    return refusal


def fields_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def status_of(answer: Mapping[str, Any]) -> int:
    status: int = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status


def passed_on(call: Call, *without: str) -> dict[str, Any]:
    """What the client gave, for S3 itself: without what the bucket adds."""
    left_out = {"Bucket", "Key", *without}
    return {name: value for name, value in call.given.items() if name not in left_out}
