"""The S3 objects that jobs read and write, each job in a folder of its own.

They lie in the credential's bucket, or if it has none, beneath the place where the client wants its
results.

<prefix>/bifrost/<our job>.jsonl                         what it reads
<prefix>/bifrost/<our job>/<their job>/<file>.jsonl.out  what it wrote
<prefix>/bifrost/<our job>/<their job>/manifest.json.out what it counted

https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, NamedTuple

import msgspec
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from providers.answers import object_in
from providers.base import CHECK_SECONDS, JobRequest, UpstreamError, waiting_for_a_key
from providers.bedrock.account import AWS
from providers.bedrock.errors import is_missing, named_failures
from providers.http import CHUNK_BYTES

FOLDER = "bifrost"
MANIFEST = "manifest.json.out"
OUTPUT = ".out"
OURS = re.compile(rf"(^|/){FOLDER}/[^/]+\.jsonl$")
OUR_RESULTS = re.compile(rf"((?:.*/)?{FOLDER}/[^/]+/)[^/]+/$")
JSON_LINES = "application/jsonl"
LACKING = {
    "bucket": "it has no option 'bucket': each job must name a bucket for its results",
    "role_arn": "it has no option 'role_arn': each job must name a role",
}
# S3 says no more than the status to a HEAD.
NO_BUCKET = {
    "http_400": "wrong name or region of the bucket",
    "http_403": "the key may not use the bucket",
    "http_404": "there is no bucket",
}
# In one thread: whoever reads our content keeps a claim with it, in a transaction of its own.
IN_PARTS = TransferConfig(use_threads=False)


class Place(NamedTuple):
    """An object, or a folder whose key ends with a slash."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def inside(self, name: str) -> "Place":
        return Place(self.bucket, self.key + name)

    @classmethod
    def of(cls, uri: str) -> "Place":
        """Raises UpstreamError."""
        scheme, _, rest = uri.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme != "s3" or not bucket or not key:
            raise UpstreamError(
                "the provider named a place that is none in S3",
                permanent=True,
                code="malformed_answer",
            )
        return cls(bucket, key)

    @classmethod
    def folder_of(cls, uri: str) -> "Place":
        return cls.of(uri.rstrip("/") + "/")


def beneath(prefix: str) -> str:
    """The folder that jobs lie in."""
    prefix = prefix.strip("/")
    return f"{prefix}/{FOLDER}" if prefix else FOLDER


class Storage:
    def __init__(self, aws: AWS) -> None:
        self.aws = aws

    def check(self, region: str) -> list[str]:
        """What the account lacks for jobs in a region. Raises UpstreamError if its bucket cannot be used."""
        options = self.aws.options
        lacking = [LACKING[name] for name in LACKING if not getattr(options, name)]
        if options.bucket and (there := self._region_of(options.bucket)) not in ("", region):
            lacking.append(
                f"its bucket lies in {there[:50]}, but jobs run in {region}: set the option 'region'"
            )
        return lacking

    def _region_of(self, bucket: str) -> str:
        client = self.aws.client("s3", tries=1, read_seconds=CHECK_SECONDS)
        try:
            with self._failures():
                return str(client.head_bucket(Bucket=bucket).get("BucketRegion") or "")
        except UpstreamError as error:
            if error.code not in NO_BUCKET:
                raise
            message = f"{NO_BUCKET[error.code]} '{bucket}': {error.message}"
            raise UpstreamError(message, permanent=True, code="bucket") from error

    def input_of(self, job: JobRequest) -> Place:
        """Where a job's records go. Raises UpstreamError if neither credential nor job names a bucket."""
        return self._home(job).inside(f"{job.id}.jsonl")

    def folder_of(self, job: JobRequest) -> Place:
        """Where a job's results go. Errors as `input_of`."""
        return self._home(job).inside(f"{job.id}/")

    def upload(self, place: Place, content: BinaryIO) -> None:
        """Send a file from its start, in parts as it is read."""
        content.seek(0)
        with self._failures():
            self._client.upload_fileobj(
                content,
                place.bucket,
                place.key,
                ExtraArgs={"ContentType": JSON_LINES},
                Config=IN_PARTS,
            )

    def put(self, place: Place, body: bytes) -> None:
        with self._failures():
            self._client.put_object(
                Bucket=place.bucket, Key=place.key, Body=body, ContentType=JSON_LINES
            )

    def discard(self, place: Place) -> None:
        """Remove a job's records, if they are ours. Errors wait for a key: see waiting_for_a_key."""
        if not OURS.search(place.key):
            raise UpstreamError(f"{place} is no input of ours", permanent=True, code="not_ours")
        with waiting_for_a_key(), self._failures():
            self._client.delete_object(Bucket=place.bucket, Key=place.key)

    def forget(self, folder: Place) -> None:
        """Remove all that a job wrote, if it wrote to a folder of ours. Errors as `discard`."""
        ours = OUR_RESULTS.match(folder.key)
        if ours is None:
            raise UpstreamError(f"{folder} is no folder of ours", permanent=True, code="not_ours")
        job = Place(folder.bucket, ours[1])
        with waiting_for_a_key(), self._failures():
            for name in list(self.names(job)):
                self._client.delete_object(Bucket=job.bucket, Key=job.key + name)

    def names(self, folder: Place) -> Iterator[str]:
        """Of the objects in a folder, without the folder's own name."""
        with self._failures():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=folder.bucket, Prefix=folder.key
            )
            for page in pages:
                for found in page.get("Contents", ()):
                    yield found["Key"][len(folder.key) :]

    def results(self, folder: Place) -> Iterator[bytes]:
        """The bytes of all files of results in a folder. Errors wait for a key: see waiting_for_a_key."""
        with waiting_for_a_key():
            for name in self.names(folder):
                if name.endswith(OUTPUT) and name != MANIFEST:
                    yield from self._read(folder.inside(name))
                    yield b"\n"

    def given(self, place: Place) -> Iterator[bytes]:
        """The bytes of an object, or of all in a folder that hold records."""
        if not place.key.endswith("/"):
            yield from self._read(place)
            return
        for name in self.names(place):
            if name.endswith(".jsonl"):
                yield from self._read(place.inside(name))
                yield b"\n"

    def manifest(self, folder: Place) -> dict[str, Any] | None:
        """What a job counted, None if it did not say."""
        place = folder.inside(MANIFEST)
        with self._failures():
            try:
                body = self._client.get_object(Bucket=place.bucket, Key=place.key)["Body"].read()
            except ClientError as error:
                if is_missing(error):
                    return None
                raise
        try:
            return object_in(msgspec.json.decode(body))
        except msgspec.DecodeError:
            return None

    def _read(self, place: Place) -> Iterator[bytes]:
        with self._failures():
            body = self._client.get_object(Bucket=place.bucket, Key=place.key)["Body"]
            try:
                yield from body.iter_chunks(CHUNK_BYTES)
            finally:
                body.close()

    def _home(self, job: JobRequest) -> Place:
        options = self.aws.options
        if not options.bucket and job.output_uri:
            bucket, _, prefix = job.output_uri.removeprefix("s3://").partition("/")
            return Place(bucket, f"{beneath(prefix)}/")
        return Place(self.aws.wanted("bucket"), f"{beneath(options.prefix)}/")

    @property
    def _client(self) -> Any:
        return self.aws.client("s3")

    def _failures(self) -> AbstractContextManager[None]:
        return named_failures("S3", secret=self.aws.account.secret)
