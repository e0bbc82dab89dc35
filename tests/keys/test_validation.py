"""What only the worker can know of a batch: the model of every record, and how many there are."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from batches import services
from batches.models import Batch
from files import services as files
from files.models import File
from providers.models import VirtualKey, Workspace
from tests.batches.conftest import line


@pytest.fixture
def make(workspace: Workspace) -> Any:
    """A batch of a key, of lines that were counted, or of an object that others put into S3."""

    def make(
        key: VirtualKey,
        lines: Iterable[dict[str, Any] | bytes],
        *,
        counted: bool = True,
        **fields: Any,
    ) -> Batch:
        with files.writing(workspace) as writer:
            for one in lines:
                said = one if isinstance(one, bytes) else json.dumps(one).encode()
                writer.write(said + b"\n")
        file = files.publish(writer.file, purpose=File.Purpose.BATCH, filename="in.jsonl")
        if not counted:
            file.lines = None
            file.save()
        return services.create(
            workspace=workspace,
            input_file=file,
            repeat=services.Repeat(digest=file.pk),
            fields={
                "surface": "openai",
                "provider": "openai",
                "endpoint": "/v1/chat/completions",
                "completion_window": "24h",
                "virtual_key": key,
                **fields,
            },
        )[0]

    return make


def step(batch: Batch) -> Batch:
    """What a worker does first. The account is one that nobody reaches."""
    services.advance(batch.pk)
    batch.refresh_from_db()
    return batch


def test_every_record_asks_for_a_model_that_the_key_may_use(make_key: Any, make: Any):
    lines = [line(number) for number in range(5)]
    for number in (1, 3):
        lines[number]["body"]["model"] = "o3"
    batch = step(make(make_key(allowed_models=["gpt-5-*"]).row, lines))

    assert batch.status == Batch.Status.FAILED
    assert [(one["line"], one["code"], one["param"]) for one in batch.errors] == [
        (2, "model_not_allowed", "body.model"),
        (4, "model_not_allowed", "body.model"),
    ]
    assert "'gpt-5-*'" in batch.errors[0]["message"]
    assert not batch.jobs.exists()


@pytest.mark.parametrize("spelling", ["model", "m\\u006fdel"])
def test_a_model_that_is_named_twice_is_none_that_the_key_may_use(
    make_key: Any, make: Any, spelling: str
):
    told = json.dumps(line(0)).replace('"model":', f'"{spelling}": "o3", "model":', 1)
    batch = step(make(make_key(allowed_models=["gpt-5-*"]).row, [told.encode()]))

    assert [(one["line"], one["code"]) for one in batch.errors or ()] == [(1, "duplicate_key")]
    assert not batch.jobs.exists()


def test_what_is_inside_of_a_message_is_no_second_model(make_key: Any, make: Any):
    told = line(0)
    told["body"]["messages"][0]["content"] = 'caf\u00e9 {"model": "o3"}'
    told["body"]["metadata"] = {"model": "o3"}
    batch = step(make(make_key(allowed_models=["gpt-5-*"]).row, [told]))

    assert batch.errors is None


def test_an_object_of_others_is_counted_when_it_is_read(make_key: Any, make: Any):
    key = make_key(records_per_day=5).row
    first = make(key, map(line, range(3)), counted=False)
    second = make(key, map(line, range(3)), counted=False)
    Batch.objects.filter(pk=first.pk).update(total=3, status="completed")

    step(second)

    assert second.status == Batch.Status.FAILED
    (error,) = second.errors
    assert error["code"] == "records_per_day_exceeded"
    assert "sent 3 in the last 24 hours" in error["message"]
    assert not second.jobs.exists()
    assert second.total == 0


def test_an_object_of_others_that_never_fits_is_told_so(make_key: Any, make: Any):
    batch = step(make(make_key(records_per_day=2).row, map(line, range(3)), counted=False))
    assert batch.errors[0]["code"] == "records_per_day_exceeded"
    assert "has 3 records" in batch.errors[0]["message"]


@pytest.mark.parametrize("counted", [True, False])
def test_what_fits_is_planned(make_key: Any, make: Any, counted: bool):
    key = make_key(records_per_day=6, allowed_models=["gpt-5-mini"]).row
    old = make(key, map(line, range(6)), counted=counted)
    Batch.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=25))
    batch = make(key, map(line, range(6)), counted=counted)

    assert step(batch).status == Batch.Status.VALIDATING, "nobody answers"
    assert (batch.total, batch.jobs.count()) == (6, 1)


def test_usage_is_what_was_counted_last(make_key: Any, make: Any):
    key = make_key(records_per_day=100).row
    known = make(key, map(line, range(3)))
    looked_at = make(key, map(line, range(4)), counted=False)
    Batch.objects.filter(pk=looked_at.pk).update(total=4, status="in_progress")
    make(key, map(line, range(9)), counted=False)
    over = make(key, map(line, range(2)))
    Batch.objects.filter(pk=over.pk).update(status="completed")

    used = services.usage_of(key)

    in_flight = [b.input_file.size for b in Batch.objects.exclude(pk=over.pk)]
    assert (used.batches, used.bytes, used.records) == (3, sum(in_flight), 9)
    assert known.input_file.lines == 3
