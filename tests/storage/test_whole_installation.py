"""A whole installation that keeps its files in a bucket, and takes none beyond its limit."""

from collections.abc import Iterator

import openai as sdk
import pytest

from tests.sandbox.records import chats, jsonl, results, run
from tests.stack import Stack, running_stack
from tests.storage.conftest import BUCKET, KEYS

pytestmark = [pytest.mark.live, pytest.mark.once]
LIMIT = 12 * 2**20


@pytest.fixture(scope="module")
def installation(s3, s3_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(
        tmp_path_factory.mktemp("bucket"),
        BIFROST_STORAGE_URL=f"s3://{BUCKET}/whole",
        BIFROST_MAX_FILE_BYTES=str(LIMIT),
        AWS_ENDPOINT_URL_S3=s3_url,
        **KEYS,
    ) as stack:
        yield stack


def keys(s3) -> list[str]:
    return [
        one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET, Prefix="whole").get("Contents", [])
    ]


def test_a_batch_runs_on_a_bucket(installation: Stack, s3):
    before = keys(s3)

    with installation.openai() as client:
        batch = run(client, chats(5, "[sandbox:status=400]"))

        assert batch.status == "completed"
        assert len(results(client, batch.output_file_id)) == 4
        assert len(results(client, batch.error_file_id)) == 1
    # Input, what the provider answered, output, errors, and these two together.
    assert len(set(keys(s3)) - set(before)) == 5
    assert not list((installation.data / "files").glob("*/*/*"))


def test_a_large_file_comes_back_as_it_was(installation: Stack):
    content = jsonl(chats(2)) * 40_000
    assert 2**23 < len(content) < LIMIT

    with installation.openai() as client:
        file = client.files.create(file=("in.jsonl", content), purpose="batch")

        assert client.files.content(file.id).read() == content


def test_a_file_beyond_the_limit_is_refused_and_leaves_nothing(installation: Stack, s3):
    before = keys(s3)

    with installation.openai() as client, pytest.raises(sdk.APIStatusError) as caught:
        client.files.create(file=("in.jsonl", b"x" * 3 * LIMIT), purpose="batch")

    assert (caught.value.status_code, caught.value.code) == (413, "file_too_large")
    assert caught.value.param == "file"
    assert keys(s3) == before
    assert not s3.list_multipart_uploads(Bucket=BUCKET, Prefix="whole").get("Uploads")
    assert str(LIMIT) in caught.value.body["message"]
    with installation.openai() as client:
        assert all(file.bytes <= LIMIT for file in client.files.list())
