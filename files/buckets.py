"""A client's S3 bucket, reached with a credential of Bedrock's.

* StoreError
  + BucketError              the bucket cannot be used as asked; the message says why, and what to change
    - NoBucketNamedError     neither the request nor the credential names one
    - NoSuchBucketError
    - NoSuchKeyError         also a FileNotFoundError
    - BucketDeniedError      not for this account, or not for clients
    - BucketRefusedError     S3 takes the request for wrong
    - BucketUnavailableError S3 cannot be reached, is busy or broken: trying again may help
"""

import logging
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, NamedTuple, cast

from botocore.exceptions import ClientError
from django.conf import settings

from files.allowed import ANY, buckets_of
from files.storage import CHUNK_BYTES, StoreError, wanted_range
from files.writer import ObjectWriter
from providers.base import UpstreamError
from providers.models import Credential, NoCredentialError, Provider, Workspace
from providers.secrets import SecretUnreadableError

if TYPE_CHECKING:
    from providers.bedrock.account import AWS

logger = logging.getLogger(__name__)

JSON_LINES = "application/jsonl"
# A client waits for the answer meanwhile.
TRIES = 3
# The most that one call of S3's lists.
PAGE = 1000
LAST = "\U0010ffff"
ACTIONS = (
    "s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload and "
    "s3:ListBucketMultipartUploads"
)


Waiting = Callable[[], AbstractContextManager[None]]


class BucketError(StoreError):
    """A bucket cannot be used as asked. The message holds no secret. `permanent` is as in UpstreamError."""

    permanent = True


class NoBucketNamedError(BucketError):
    """Neither the request nor the credential names a bucket."""


class NoSuchBucketError(BucketError):
    """The bucket does not exist."""


class NoSuchKeyError(BucketError, FileNotFoundError):
    """The bucket holds no such object."""


class BucketDeniedError(BucketError):
    """The credential's account may not do that, or no client may."""


class BucketRefusedError(BucketError):
    """S3 takes the request for wrong."""


class BucketUnavailableError(BucketError):
    """S3 cannot be reached, is busy or broken."""

    permanent = False


class Entry(NamedTuple):
    """What S3 says of an object. `etag` is without quotes; lists know no content type."""

    key: str
    size: int
    etag: str
    modified: datetime
    content_type: str = ""


def bucket_of(
    workspace: Workspace, name: str = "", *, region: str = "", granted: bool = False
) -> "Bucket":
    """A bucket that the workspace's clients may name; a credential's own where none is named.

    The first usable credential is taken whose bucket this is, or else the first. `granted` says that the
    right was looked at before, such as when a batch was made. Raises NoCredentialError, NoBucketNamedError,
    and BucketError if the bucket is not theirs, whether or not it exists, or the credential cannot be used.
    """
    allowed = ANY if granted else buckets_of(workspace)
    if name and name not in allowed:
        raise BucketDeniedError(
            f"the bucket '{name[:100]}' is none that this workspace may name: ask the operator to list it"
        )
    credential = _credential_for(workspace, name, allowed)
    if credential is None:
        raise NoCredentialError(Provider.BEDROCK.value)
    bucket = Bucket(credential, name, region)
    if bucket.name not in allowed or not bucket.name:
        raise NoBucketNamedError(
            "no bucket was named, and the credential for Bedrock has none to use"
        )
    if (bucket.name, "") == _own_store():
        raise BucketDeniedError(f"the bucket '{bucket.name}' is Bifrost's own: name another")
    return bucket


class Bucket:
    """One bucket as one credential sees it: a Store whose paths are keys, and what else S3 can do.

    Keys are taken as they are: `a//b` is not `a/b`. Whatever talks to S3 raises BucketError. What lies
    there for Bifrost alone is hidden: it is not listed, and to ask for it raises BucketDeniedError.
    """

    waiting: ClassVar[Waiting] = staticmethod(nullcontext)
    """Entered while S3 is waited for: the web side lets another request have the turn meanwhile."""

    def __init__(
        self, credential: Credential, name: str = "", region: str = "", *, tries: int = TRIES
    ) -> None:
        self.credential = credential
        self.aws = _aws(credential, region)
        self.name = name or self.aws.options.bucket
        self.region = self.aws.options.region
        self.tries = tries

    @property
    def prefix(self) -> str:
        """Where the credential wants things to lie, if this is its own bucket: without slashes around it."""
        options = self.aws.options
        return options.prefix.strip("/") if self.name == options.bucket else ""

    @cached_property
    def client(self) -> Any:
        """The S3 client itself. Raises BucketError."""
        with self.named_failures():
            return self.aws.client("s3", tries=self.tries)

    def call(self, operation: str, *, key: str = "", **parameters: Any) -> dict[str, Any]:
        """One call of S3's, by the client's name for it, about the bucket or one of its objects.

        Of an object's body it reads nothing: `chunks` does.
        """
        about = {"Bucket": self.name, **({"Key": key} if key else {})}
        client = self.client
        with Bucket.waiting(), self.named_failures(key):
            answer: dict[str, Any] = getattr(client, operation)(**about, **parameters)
        return answer

    def chunks(self, body: Any, key: str) -> Iterator[bytes]:
        """What an answer's body holds."""
        with closing(body):
            while True:
                with Bucket.waiting(), self.named_failures(key):
                    chunk: bytes = body.read(CHUNK_BYTES)
                if not chunk:
                    return
                yield chunk

    def create(self, path: str, *, content_type: str = JSON_LINES) -> BinaryIO:
        """A new object to write to. It is there once closed, and then has its `etag`."""
        self.refuse_hidden(path)
        return cast(BinaryIO, ObjectWriter(partial(self.call, key=path), content_type))

    def put(self, key: str, chunks: Iterable[bytes], *, content_type: str = JSON_LINES) -> str:
        """Make an object of these bytes; returns its ETag. If that fails, no part of it is left."""
        target = cast(ObjectWriter, self.create(key, content_type=content_type))
        try:
            for chunk in chunks:
                target.write(chunk)
            target.close()
        except BaseException:
            with suppress(BucketError):
                target.abort()
            raise
        return target.etag

    def discard(self, path: str, written: BinaryIO) -> None:
        """Leave nothing of an object whose writing broke off."""
        with suppress(BucketError):
            cast(ObjectWriter, written).abort()
        # The answer to its completion may be what got lost.
        self.delete(path)

    def stream(
        self, path: str, *, start: int = 0, end: int | None = None, etag: str = ""
    ) -> Iterator[bytes]:
        """The bytes of an object from `start` up to `end`. Raises NoSuchKeyError if its ETag is another."""
        self.refuse_hidden(path)
        wanted = wanted_range(start, end) | ({"IfMatch": f'"{etag}"'} if etag else {})
        answer = self.call("get_object", key=path, **wanted)
        yield from self.chunks(answer["Body"], path)

    def delete(self, path: str) -> None:
        """It is no error if there is no such object."""
        self.refuse_hidden(path)
        self.call("delete_object", key=path)

    def forget(self, path: str) -> None:
        """Remove an object, and the parts of one that a writer left who died."""
        found = self.call("list_multipart_uploads", Prefix=path)
        for upload in found.get("Uploads", ()):
            if upload["Key"] == path:
                self.call("abort_multipart_upload", key=path, UploadId=upload["UploadId"])
        self.delete(path)

    def check(self) -> None:
        """Raises BucketError if the bucket cannot be reached."""
        self.call("head_bucket")

    def head(self, key: str) -> Entry:
        """Raises NoSuchKeyError. S3 does not say here whether it is the bucket that is missing."""
        self.refuse_hidden(key)
        found = self.call("head_object", key=key)
        return Entry(
            key,
            found["ContentLength"],
            found["ETag"].strip('"'),
            found["LastModified"],
            found.get("ContentType", ""),
        )

    def entries(self, prefix: str = "", *, after_key: str = "", limit: int) -> "Listed":
        """The first `limit` objects behind a key whose own keys begin so, by key."""
        found: list[Entry] = []
        while len(found) <= limit:
            asked = min(limit + 1 - len(found), PAGE)
            page, after_key = self._page(prefix, after_key, asked)
            found += page
            if not after_key:
                break
        return Listed(found[:limit], len(found) > limit)

    def _page(self, prefix: str, after_key: str, limit: int) -> tuple[list[Entry], str]:
        """What one call lists, without what is hidden, and the key to go on behind, if there is more."""
        behind = {"StartAfter": after_key} if after_key else {}
        answer = self.call("list_objects_v2", Prefix=prefix, MaxKeys=limit, **behind)
        listed = [
            Entry(one["Key"], one["Size"], one["ETag"].strip('"'), one["LastModified"])
            for one in answer.get("Contents", ())
        ]
        last = listed[-1].key if listed and answer["IsTruncated"] else ""
        if last and (folder := self.hidden(last)):
            last = max(last, folder + LAST)
        return [one for one in listed if not self.hidden(one.key)], last

    def refuse_hidden(self, key: str) -> None:
        """Raises BucketDeniedError for what is there for Bifrost alone."""
        if self.hidden(key):
            raise BucketDeniedError(
                f"the object s3://{self.name}/{key[:200]} is Bifrost's own: name another"
            )

    def hidden(self, key: str) -> str:
        """The folder of Bifrost's own that a key lies in, empty if it is in none."""
        return next((folder for folder in self._folders if key.startswith(folder)), "")

    @cached_property
    def _folders(self) -> tuple[str, ...]:
        """The jobs of every workspace that shares the credential, and all files that Bifrost stores."""
        from providers.bedrock.storage import beneath  # noqa: PLC0415

        options = self.aws.options
        jobs = [f"{beneath(options.prefix)}/"] if self.name == options.bucket else []
        bucket, folder = _own_store()
        files = [f"{folder}/"] if folder and self.name == bucket else []
        return tuple(jobs + files)

    @contextmanager
    def named_failures(self, key: str = "") -> Iterator[None]:
        """Raises BucketError for what AWS's SDK raises."""
        from providers.bedrock.errors import named_failures  # noqa: PLC0415

        try:
            with named_failures("S3", secret=self.aws.account.secret):
                yield
        except UpstreamError as error:
            raise self._failure(error, key) from error

    def _failure(self, error: UpstreamError, key: str) -> BucketError:
        """The sentences are our own: S3's may name the operator's account."""
        name, where = _name_of(error), f"s3://{self.name}/{key[:200]}" if key else self.name
        logger.info("credential %s: S3 said %s %s", self.credential.pk, error.code, name)
        if not error.permanent:
            return BucketUnavailableError(f"S3 cannot be used now ({error.code}): try again")
        if name == "NoSuchBucket" or (error.code == "http_404" and not key):
            return NoSuchBucketError(f"the bucket '{self.name}' does not exist: make it first")
        if error.code == "http_404":
            return NoSuchKeyError(f"the object {where} does not exist")
        if error.code == "http_412":
            return NoSuchKeyError(f"the object {where} was replaced by another")
        if error.code in ("http_401", "http_403", "no_credentials"):
            return BucketDeniedError(
                f"the account of the credential for Bedrock may not use {where}: allow it {ACTIONS}"
            )
        return BucketRefusedError(
            f"S3 refused the request about {where} ({name or error.code}): check the names of the "
            "bucket, its region and the key"
        )


class Listed(NamedTuple):
    """Objects by key, and whether more follow them."""

    entries: list[Entry]
    more: bool


def _own_store() -> tuple[str, str]:
    """The bucket and the folder that Bifrost stores files in, if it does so in S3."""
    options = settings.STORAGES["default"]["OPTIONS"]
    return options.get("bucket_name", ""), options.get("location", "")


def _credential_for(workspace: Workspace, name: str, allowed: Container[str]) -> Credential | None:
    usable = list(Credential.objects.usable(workspace=workspace, provider=Provider.BEDROCK))
    fitting = [one for one in usable if one.bucket and one.bucket == (name or one.bucket)]
    return next((one for one in fitting if one.bucket in allowed), next(iter(usable), None))


def _aws(credential: Credential, region: str) -> "AWS":
    # Here as below: boto3 takes a third of a start, and most processes never need it.
    from providers.bedrock.account import AWS  # noqa: PLC0415

    try:
        account = credential.account
        if region:
            account = replace(account, options={**account.options, "region": region})
        return AWS(account)
    except (SecretUnreadableError, UpstreamError) as error:
        logger.error("credential %s: %s", credential.pk, error)
        raise BucketUnavailableError(
            "the credential for Bedrock cannot be used: ask the operator to look at it"
        ) from error


def _name_of(error: UpstreamError) -> str:
    """What S3 calls the error."""
    cause = error.__cause__
    return str(cause.response["Error"].get("Code", "")) if isinstance(cause, ClientError) else ""
