"""Every status that a batch can have, with its time, and the way out: cancelling."""

import json
import time

import openai as sdk
import pytest
from openai import OpenAI
from openai.types import Batch

from tests.sandbox.records import chats, jsonl, results, submit, wait

TIMES = [
    "in_progress_at",
    "finalizing_at",
    "completed_at",
    "failed_at",
    "expired_at",
    "cancelling_at",
    "cancelled_at",
]


def has_times(batch: Batch, *names: str) -> bool:
    """Whether the batch has these times and no others, in their order."""
    known = [name for name in TIMES if getattr(batch, name) is not None]
    moments = [batch.created_at, *(getattr(batch, name) for name in names), time.time() + 1]
    return sorted(known) == sorted(names) and moments == sorted(moments)


def is_at(status: str):
    return lambda batch: batch.status == status


def test_completed(openai: OpenAI, fault):
    batch = submit(openai, jsonl(chats(4)))
    assert batch.status == "validating"
    assert has_times(batch)

    batch = wait(openai, batch, is_at("in_progress"))
    assert has_times(batch, "in_progress_at")
    assert batch.request_counts.total == 4
    fault(operation="files.content", latency=0.7)

    batch = wait(openai, batch, is_at("finalizing"))
    assert has_times(batch, "in_progress_at", "finalizing_at")
    assert batch.output_file_id is None

    batch = wait(openai, batch)
    assert batch.status == "completed"
    assert has_times(batch, "in_progress_at", "finalizing_at", "completed_at")
    assert batch.request_counts.to_dict() == {"total": 4, "completed": 4, "failed": 0}


def test_failed_in_validation(openai: OpenAI):
    batch = wait(openai, submit(openai, b"nothing\n"))

    assert batch.status == "failed"
    assert has_times(batch, "failed_at")
    assert batch.errors.data[0].line == 1
    assert (batch.output_file_id, batch.error_file_id) == (None, None)


def test_failed_at_the_provider(openai: OpenAI):
    batch = wait(openai, submit(openai, jsonl(chats(2, "[sandbox:batch=fail]"))))

    assert batch.status == "failed"
    assert has_times(batch, "in_progress_at", "failed_at")
    assert [error.code for error in batch.errors.data] == ["sandbox_failure"]


def test_expired(openai: OpenAI):
    batch = wait(openai, submit(openai, jsonl(chats(6, "[sandbox:batch=expire]"))))

    assert batch.status == "expired"
    assert has_times(batch, "in_progress_at", "finalizing_at", "expired_at")
    assert batch.request_counts.to_dict() == {"total": 6, "completed": 3, "failed": 3}
    done, late = results(openai, batch.output_file_id), results(openai, batch.error_file_id)
    names = [[one["custom_id"] for one in side] for side in (done, late)]
    assert names == [sorted(side) for side in names]
    assert sorted(names[0] + names[1]) == [f"c{number}" for number in range(6)]
    assert {json.dumps(one["error"], sort_keys=True) for one in late} == {
        '{"code": "batch_expired", "message": "This request could not be executed before the '
        'completion window expired."}'
    }
    assert {one["response"] for one in late} == {None}


def test_cancelled_in_progress(openai: OpenAI):
    batch = submit(openai, jsonl(chats(40, "[sandbox:seconds=10]")))
    wait(openai, batch, lambda seen: seen.request_counts.completed > 0)

    batch = openai.batches.cancel(batch.id, extra_body={"provider": "openai"})
    assert batch.status == "cancelling"
    assert has_times(batch, "in_progress_at", "cancelling_at")
    again = openai.batches.cancel(batch.id)
    assert (again.status, again.cancelling_at) == ("cancelling", batch.cancelling_at)

    batch = wait(openai, batch)
    assert batch.status == "cancelled"
    assert has_times(batch, "in_progress_at", "cancelling_at", "cancelled_at")
    done, left = results(openai, batch.output_file_id), results(openai, batch.error_file_id)
    counts = batch.request_counts
    assert (counts.total, counts.completed, counts.failed) == (40, len(done), len(left))
    assert 0 < len(done) < 40
    names = [one["custom_id"] for one in done + left]
    assert sorted(names) == sorted(f"c{number}" for number in range(40))
    assert {one["error"]["code"] for one in left} == {"batch_cancelled"}
    assert openai.batches.cancel(batch.id) == batch


def test_cancelled_while_it_is_validated(openai: OpenAI, fault):
    fault(operation="files.create", latency=0.7)
    batch = submit(openai, jsonl(chats(3)))

    batch = openai.batches.cancel(batch.id)

    assert batch.status == "cancelling"
    batch = wait(openai, batch)
    assert batch.status == "cancelled"
    assert has_times(batch, "cancelling_at", "cancelled_at")
    assert batch.request_counts.completed == 0


def test_what_has_ended_cannot_be_cancelled(openai: OpenAI):
    completed = wait(openai, submit(openai, jsonl(chats(1))))
    failed = wait(openai, submit(openai, b"{\n"))

    for batch in (completed, failed):
        with pytest.raises(sdk.BadRequestError) as caught:
            openai.batches.cancel(batch.id)
        assert (
            caught.value.body["message"] == f"Cannot cancel a batch with status '{batch.status}'."
        )
        assert openai.batches.retrieve(batch.id) == batch


def test_a_status_that_does_not_exist_is_not_shown_to_a_client(stack, openai: OpenAI):
    batch = submit(openai, jsonl(chats(1, "[sandbox:seconds=60]")))
    wait(openai, batch, is_at("in_progress"))
    with stack.openai(api_key="sandbox") as direct:
        direct.base_url = f"{stack.sandbox_url}/openai/v1"
        upstream = direct.batches.list(limit=1).data[0]
    stack.sandbox("POST", f"batches/{upstream.id}", status="pondering")
    time.sleep(1.5)

    assert openai.batches.retrieve(batch.id).status == "in_progress"

    stack.sandbox("POST", f"batches/{upstream.id}", status=upstream.status)
    stack.sandbox("POST", f"batches/{upstream.id}", status="completed")
    assert wait(openai, batch).status == "completed"
