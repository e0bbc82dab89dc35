"""A worker that dies while it delivers: whoever takes over delivers all, once."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from batches import services
from batches.models import Batch
from files import names
from files.buckets import Bucket
from files.models import File
from tests.batches.conftest import live, revive
from tests.batches.test_killed import KILLED, in_a_child, kill_everywhere
from tests.bedrock.asking import MODELS, asked, content, questions, row, run
from tests.sandbox import bedrock

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS = ("zero", "one [sandbox:status=400]", "two")
MANIFEST = "manifest.json.out"


@pytest.fixture
def ready(jobs, put) -> Callable[[str], Batch]:
    """Makes a job of which all that remains is to collect it."""

    def make(provider: str) -> Batch:
        file = put(
            questions("openai", *TEXTS, model=MODELS[provider]), key=f"in/{os.urandom(4).hex()}"
        )
        source = f"s3://any/{file.key}" if provider == "openai" else f"s3://any/{file.id}"
        arn = jobs(provider).create_model_invocation_job(**asked(provider, source))["jobArn"]
        run(row(arn))
        return row(arn)

    return make


def collect(batch: Batch) -> None:
    services.advance(batch.pk)


def test_killed_anywhere_the_names_are_there_once(ready):
    def check(batch: Batch) -> None:
        assert batch.status == "completed"
        last = batch.input_uri.rpartition("/")[2]
        for name, lines in ((f"{last}.jsonl.out", 3), (MANIFEST, 1)):
            key = f"out/{batch.id}/{name}"
            assert len(content(names.find(batch.workspace, "any", key))) == lines
            assert File.objects.filter(key=key).exclude(status="writing").count() == 1

    assert kill_everywhere(lambda: ready("openai"), collect, check) > 10


def killing(call: int, *, before: bool) -> Callable[[Batch], None]:
    """Collects, and dies before or after that object is put."""

    def steps(batch: Batch) -> None:
        real, calls = Bucket.put, []

        def put(self: Bucket, key: str, chunks: Any) -> str:
            calls.append(key)
            if before and len(calls) == call:
                os._exit(KILLED)
            etag = real(self, key, chunks)
            if len(calls) == call:
                os._exit(KILLED)
            return etag

        # Of the child alone, which dies with it.
        setattr(Bucket, "put", put)  # noqa: B010
        collect(batch)

    return steps


@pytest.mark.parametrize(("call", "before"), [(1, True), (1, False), (2, True), (2, False)])
def test_killed_between_two_objects_both_are_there(
    ready, credentials, sandbox_url, call: int, before: bool
):
    batch = ready("bedrock")
    steps = killing(call, before=before)

    assert in_a_child(lambda: steps(batch), killed_after=10**6) == KILLED
    batch.refresh_from_db()
    assert batch.status == "finalizing"
    revive()
    batch = live(batch)

    key = credentials["bedrock"].options["access_key_id"]
    folder = f"out/{batch.id}/"
    with bedrock.connected(sandbox_url, key) as aws:
        found = aws.storage.list_objects_v2(Bucket="any", Prefix=folder)["Contents"]
        lines = {
            one["Key"]: aws.storage.get_object(Bucket="any", Key=one["Key"])["Body"]
            .read()
            .splitlines()
            for one in found
        }
    (manifest,) = lines.pop(f"{folder}{MANIFEST}")
    assert json.loads(manifest)["processedRecordCount"] == 3
    assert [len(results) for results in lines.values()] == [3]
    assert (batch.status, batch.errors) == ("completed", None)
