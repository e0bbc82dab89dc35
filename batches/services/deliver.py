"""Lay the results out where their client wants them in S3, as AWS does.

<output uri>/<batch>/<input>.jsonl.out   answers and failures, in the order of the input
<output uri>/<batch>/manifest.json.out   how many there are

Of a batch for Bedrock these are objects in the client's bucket, of all others names in our own store.
https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
from django.utils import timezone

from batches.models import Batch, Surface
from batches.services.claim import Claim
from batches.services.submit import problem
from files import objects
from files import services as files
from files.buckets import Bucket, BucketError, Entry, bucket_of
from files.models import File
from providers.models import NoCredentialError, Provider

MANIFEST = "manifest.json.out"
JSON_LINES = ".jsonl"


class Name(NamedTuple):
    """What a file is called in S3."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Delivery:
    """What is left to do in the batch's last step: files of our own to publish under names, by their ids,
    of which one is the manifest, and what to tell the client."""

    names: Mapping[str, Name] = field(default_factory=dict)
    manifest: File | None = None
    problems: Sequence[dict[str, Any]] = ()


def deliver(claim: Claim, results: File | None, manifest: bytes) -> Delivery:
    """Deliver results that are written, and not published yet.

    May be done twice. What the client's bucket refuses for good is no error: then the results stay with us
    alone, and the batch says so. Raises StoreError to be tried again.
    """
    batch = claim.batch
    if results is None or not batch.output_uri:
        return Delivery()
    if batch.provider != Provider.BEDROCK:
        return _named(batch, results, manifest)
    try:
        # Its client might name the bucket when the batch was made, and that counts.
        bucket = bucket_of(batch.workspace, name_of(batch, "").bucket, granted=True)
        _put(claim, bucket, results_name(batch), results.size, _kept(claim, results))
        _put(claim, bucket, MANIFEST, len(manifest), [manifest])
    except NoCredentialError:
        return _undelivered(batch, "no credential reaches Bedrock any more")
    except BucketError as error:
        if not error.permanent:
            raise
        return _undelivered(batch, str(error))
    batch.note("delivered", f"to {name_of(batch, '')}")
    return Delivery()


def manifest_of(*, succeeded: int, failed: int, usage: Mapping[str, Any] | None) -> bytes:
    """How many records and tokens there were; 0 tokens also where nobody counted them."""
    counts = {
        "totalRecordCount": succeeded + failed,
        "processedRecordCount": succeeded + failed,
        "successRecordCount": succeeded,
        "errorRecordCount": failed,
        "inputTokenCount": (usage or {}).get("input_tokens", 0),
        "outputTokenCount": (usage or {}).get("output_tokens", 0),
    }
    return msgspec.json.encode(counts)


def name_of(batch: Batch, name: str) -> Name:
    """The name of what lies in the batch's folder."""
    bucket, _, prefix = batch.output_uri.removeprefix("s3://").partition("/")
    prefix = prefix.rstrip("/")
    return Name(bucket, f"{prefix}/{batch.id}/{name}" if prefix else f"{batch.id}/{name}")


def results_name(batch: Batch) -> str:
    """After the object that was read, which at AWS has a name that ends in .jsonl."""
    file = batch.input_file
    sources = (batch.input_uri, file.key, file.filename, file.id)
    last = next(name for source in sources if (name := source.rpartition("/")[2]))
    return f"{last.removesuffix(JSON_LINES)}{JSON_LINES}.out"


def _named(batch: Batch, results: File, manifest: bytes) -> Delivery:
    with files.writing(batch.workspace) as writer:
        writer.write(manifest)
    names = {
        results.pk: name_of(batch, results_name(batch)),
        writer.file.pk: name_of(batch, MANIFEST),
    }
    return Delivery(names, writer.file)


def _put(claim: Claim, bucket: Bucket, name: str, size: int, chunks: Iterable[bytes]) -> None:
    """An object that is the workspace's own, in a bucket that others may share. Raises BucketError."""
    key = name_of(claim.batch, name).key
    entry = Entry(key, size, bucket.put(key, chunks), timezone.now())
    fields = {"filename": name, "purpose": File.Purpose.BATCH_OUTPUT, "surface": Surface.BEDROCK}
    objects.keep(claim.batch.workspace, bucket, entry, **fields)


def _kept(claim: Claim, file: File) -> Iterator[bytes]:
    for chunk in files.stream(file):
        claim.keep()
        yield chunk


def _undelivered(batch: Batch, why: str) -> Delivery:
    batch.note("not delivered", why)
    message = f"The results could not be delivered, and stay with Bifrost: {why}."
    return Delivery(problems=[problem("delivery_failed", message)])
