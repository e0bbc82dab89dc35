"""A client's bucket, at a server that speaks S3 as Amazon does."""

import random
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from files.buckets import (
    Bucket,
    BucketDeniedError,
    BucketError,
    BucketRefusedError,
    BucketUnavailableError,
    NoBucketNamedError,
    NoSuchBucketError,
    NoSuchKeyError,
    bucket_of,
)
from files.storage import PART_BYTES
from files.writer import ObjectWriter
from providers.bedrock.account import AWS
from providers.models import Credential, NoCredentialError, Workspace
from tests.sandbox.process import start_sandbox
from tests.storage.bucket_files import made

pytestmark = pytest.mark.django_db
KEYS = [
    "in.jsonl",
    "a b+c.jsonl",
    "ümläut/日本.jsonl",
    "a//b",
    "/lead",
    "end/",
    "50%/%2F?&=#.jsonl",
]
_names = count()


@pytest.fixture
def credential(workspace: Workspace, s3_url: str) -> Credential:
    return made(s3_url)


@pytest.fixture
def name(s3) -> str:
    name = f"of-a-client-{next(_names)}"
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    return name


@pytest.fixture
def bucket(credential: Credential, name: str) -> Bucket:
    return Bucket(credential, name)


def read(bucket: Bucket, key: str, **more: Any) -> bytes:
    return b"".join(bucket.stream(key, **more))


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_taken_as_they_are(bucket: Bucket, s3, key: str):
    etag = bucket.put(key, [b"one ", b"two"])

    found = s3.get_object(Bucket=bucket.name, Key=key)
    assert (found["Body"].read(), found["ETag"]) == (b"one two", f'"{etag}"')
    entry = bucket.head(key)
    assert (entry.key, entry.size, entry.etag) == (key, 7, etag)
    assert bucket.entries(limit=10).entries == [entry._replace(content_type="")]
    assert read(bucket, key) == b"one two"
    assert read(bucket, key, start=4, end=6) == b"tw"

    bucket.delete(key)
    with pytest.raises(NoSuchKeyError):
        bucket.head(key)
    bucket.delete(key)


@pytest.mark.parametrize("size", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES])
def test_what_is_written_is_read(bucket: Bucket, size: int):
    content = random.Random(size).randbytes(size)

    bucket.put("x", (content[at : at + 300_000] for at in range(0, size, 300_000)))

    assert read(bucket, "x") == content
    assert max(map(len, bucket.stream("x")), default=0) <= 2**20


def test_a_large_object_takes_the_memory_of_two_parts(bucket: Bucket, monkeypatch):
    """Without a server, which here would be in the same process."""
    sent = []

    def call(operation: str, *, Body: bytes = b"", **_: object) -> dict[str, str]:
        sent.append((operation, len(Body)))
        return {"UploadId": "u", "ETag": '"e"'}

    monkeypatch.setattr(bucket, "call", call)
    tracemalloc.start()
    bucket.put("large", (b"x" * 2**18 for _ in range(400)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sent == [
        ("create_multipart_upload", 0),
        *[("upload_part", PART_BYTES)] * 12,
        ("upload_part", 4 * 2**20),
        ("complete_multipart_upload", 0),
    ]
    # Threads that earlier tests left take some of it; all of the object would be twelve parts.
    assert most < 5 * PART_BYTES


@pytest.mark.parametrize("size", [1, PART_BYTES + 1])
def test_what_broke_off_is_gone(bucket: Bucket, s3, size: int):
    def chunks() -> Iterator[bytes]:
        yield b"x" * size
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bucket.put("x", chunks())

    assert not s3.list_objects_v2(Bucket=bucket.name).get("Contents")
    assert not s3.list_multipart_uploads(Bucket=bucket.name).get("Uploads")


def test_what_a_dead_writer_left_is_removed_and_nothing_else(bucket: Bucket, s3):
    for key in ("x", "x/y"):
        s3.create_multipart_upload(Bucket=bucket.name, Key=key)
        s3.put_object(Bucket=bucket.name, Key=key, Body=b"")

    bucket.forget("x")

    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket.name)["Contents"]] == ["x/y"]
    left = s3.list_multipart_uploads(Bucket=bucket.name)["Uploads"]
    assert [one["Key"] for one in left] == ["x/y"]


def test_an_object_is_read_only_while_it_is_the_same(bucket: Bucket, s3):
    etag = bucket.put("x", [b"one"])
    assert read(bucket, "x", etag=etag) == b"one"

    s3.put_object(Bucket=bucket.name, Key="x", Body=b"two")

    with pytest.raises(NoSuchKeyError, match="was replaced"):
        read(bucket, "x", etag=etag)
    assert read(bucket, "x") == b"two"


def keys(bucket: Bucket, *arguments: Any, **more: Any) -> tuple[list[str], bool]:
    entries, more_follow = bucket.entries(*arguments, **more)
    return [entry.key for entry in entries], more_follow


def test_pages_follow_one_another_by_key(bucket: Bucket, s3):
    for key in ("a", "a/1", "a/2", "a/é", "b"):
        s3.put_object(Bucket=bucket.name, Key=key, Body=b"")

    assert keys(bucket, limit=2) == (["a", "a/1"], True)
    assert keys(bucket, after_key="a/1", limit=2) == (["a/2", "a/é"], True)
    assert keys(bucket, after_key="a/é", limit=2) == (["b"], False)
    assert keys(bucket, after_key="b", limit=2) == ([], False)
    assert keys(bucket, "a/", limit=3) == (["a/1", "a/2", "a/é"], False)
    # Where a page ended need not be there any more, nor ever have been.
    assert keys(bucket, "a/", after_key="a/1x", limit=3) == (["a/2", "a/é"], False)


def test_more_than_one_call_lists(bucket: Bucket, s3, monkeypatch):
    monkeypatch.setattr("files.buckets.PAGE", 2)
    for number in range(7):
        s3.put_object(Bucket=bucket.name, Key=f"{number}", Body=b"")

    assert keys(bucket, limit=6) == (list("012345"), True)
    assert keys(bucket, limit=7) == (list("0123456"), False)
    assert keys(bucket, limit=8) == (list("0123456"), False)


@pytest.fixture
def shared(s3_url: str, name: str, workspace: Workspace) -> Bucket:
    """The bucket that jobs of every workspace lie in."""
    return Bucket(made(s3_url, bucket=name, prefix="/team/"))


def test_jobs_are_nobodys_to_see(shared: Bucket, s3):
    names = ["team/a", *(f"team/bifrost/{n}" for n in range(5)), "team/bifrost.jsonl", "team/c"]
    for key in names:
        s3.put_object(Bucket=shared.name, Key=key, Body=b"secret of another")

    assert keys(shared, limit=10) == (["team/a", "team/bifrost.jsonl", "team/c"], False)
    assert keys(shared, limit=2) == (["team/a", "team/bifrost.jsonl"], True)
    calls: list[Callable[[], object]] = [
        lambda: shared.head("team/bifrost/1"),
        lambda: read(shared, "team/bifrost/1"),
        lambda: shared.delete("team/bifrost/1"),
        lambda: shared.put("team/bifrost/1", [b""]),
        lambda: shared.forget("team/bifrost/1"),
    ]
    for call in calls:
        with pytest.raises(BucketDeniedError, match="Bifrost's own"):
            call()
    assert s3.head_object(Bucket=shared.name, Key="team/bifrost/1")["ContentLength"]


def test_what_is_hidden_is_not_walked_through(shared: Bucket, s3, monkeypatch):
    monkeypatch.setattr("files.buckets.PAGE", 2)
    for number in range(20):
        s3.put_object(Bucket=shared.name, Key=f"team/bifrost/{number:02}", Body=b"")
    s3.put_object(Bucket=shared.name, Key="team/z", Body=b"")
    asked = []
    shared.client.meta.events.register(
        "before-call.s3.ListObjectsV2", lambda **_: asked.append(1), unique_id="count"
    )

    assert keys(shared, limit=5) == (["team/z"], False)

    shared.client.meta.events.unregister("before-call.s3.ListObjectsV2", unique_id="count")
    assert len(asked) == 2


@pytest.mark.parametrize("location", ["own", ""])
def test_the_gateways_own_store_is_nobodys_to_see(
    workspace, bucket: Bucket, settings, location: str
):
    options = {"bucket_name": bucket.name, "location": location}
    settings.STORAGES = {"default": {"BACKEND": "-", "OPTIONS": options}}

    with pytest.raises(BucketDeniedError, match="Bifrost's own"):
        bucket_of(workspace, bucket.name).head("own/workspace/ab/x")
    assert bucket_of(workspace, "another").name == "another"


def test_what_is_wrong_has_a_name(credential: Credential, bucket: Bucket):
    missing = Bucket(credential, f"missing-{next(_names)}")
    cases: list[tuple[type[BucketError], Callable[[], object]]] = [
        (NoSuchBucketError, missing.check),
        (NoSuchBucketError, lambda: missing.entries(limit=1)),
        (NoSuchBucketError, lambda: missing.put("x", [b""])),
        (NoSuchBucketError, lambda: missing.put("x", [b"x" * PART_BYTES])),
        (NoSuchBucketError, lambda: missing.delete("x")),
        (NoSuchKeyError, lambda: bucket.head("x")),
        (NoSuchKeyError, lambda: read(bucket, "x")),
        (BucketRefusedError, Bucket(credential, "no/name").check),
    ]
    for kind, call in cases:
        with pytest.raises(kind) as caught:
            call()
        assert type(caught.value) is kind
        assert caught.value.permanent
        assert "very-secret" not in str(caught.value)


def test_a_server_that_is_not_there_may_be_there_later():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    bucket = Bucket(made(f"http://127.0.0.1:{port}"), "x", tries=1)

    with pytest.raises(BucketUnavailableError) as caught:
        bucket.entries(limit=1)

    assert not caught.value.permanent


@pytest.fixture(scope="module")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with start_sandbox(tmp_path_factory.mktemp("s3"), seconds=0) as url:
        yield url


def test_an_account_that_may_not_is_told_what_to_allow(sandbox_url: str):
    bucket = Bucket(made(f"{sandbox_url}/s3", access_key_id="sandbox-invalid"), "x", tries=1)

    for call in (bucket.check, lambda: bucket.put("x", [b""]), lambda: bucket.head("x")):
        with pytest.raises(BucketDeniedError, match="s3:PutObject"):
            call()


def test_a_secret_that_nobody_can_read_is_no_fault_of_the_clients():
    credential = made("http://127.0.0.1:9")
    credential.encrypted_secret = "nonsense"

    with pytest.raises(BucketUnavailableError, match="ask the operator"):
        Bucket(credential, "x")


def test_the_bucket_of_a_workspace(workspace: Workspace, s3_url: str):
    with pytest.raises(NoCredentialError):
        bucket_of(workspace, "one")

    first = made(s3_url)
    assert bucket_of(workspace, "one").credential == first
    with pytest.raises(NoBucketNamedError):
        bucket_of(workspace)

    second = made(s3_url, bucket="own", prefix="a/b/")
    assert bucket_of(workspace, "one").credential == first
    assert bucket_of(workspace, "own").credential == second
    assert (bucket_of(workspace).name, bucket_of(workspace).prefix) == ("own", "a/b")
    assert Bucket(second, "one").prefix == ""
    assert bucket_of(workspace, "one", region="us-west-2").region == "us-west-2"

    other = Workspace.objects.create(name=f"other-{next(_names)}")
    second.workspace = other
    second.save()
    assert bucket_of(workspace, "own").credential == first


def test_a_writer_makes_nothing_before_it_is_closed(bucket: Bucket):
    target = bucket.create("x")
    assert isinstance(target, ObjectWriter)
    target.write(b"x" * PART_BYTES)
    with pytest.raises(NoSuchKeyError):
        bucket.head("x")

    target.close()

    assert bucket.head("x").etag == target.etag
    bucket.discard("x", target)
    with pytest.raises(NoSuchKeyError):
        bucket.head("x")


def test_clients_are_shared(credential: Credential):
    assert Bucket(credential, "a").client is Bucket(credential, "b").client
    assert Bucket(credential, "a").client is not Bucket(credential, "a", "us-west-2").client


def test_amazon_is_told_the_region(credential: Credential):
    assert AWS(credential.account).options.region == "eu-west-1"
    client = Bucket(credential, "a", "us-west-2").client
    assert client.meta.region_name == "us-west-2"


def test_other_errors_are_not_taken_for_ours(bucket: Bucket, monkeypatch):
    def fail(**_: object) -> None:
        raise ClientError({"Error": {"Code": "418"}}, "HeadBucket")

    monkeypatch.setattr(bucket.client, "head_bucket", fail)
    with pytest.raises(BucketRefusedError):
        bucket.check()
