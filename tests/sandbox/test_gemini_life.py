"""How a batch of the simulated Gemini ends, and what becomes of calls that fail."""

import json

import pytest
from google.genai import errors, types

from tests.sandbox.clock import LONG, advance, while_time_passes
from tests.sandbox.gemini import (
    MODEL,
    Wire,
    by_key,
    connected,
    jsonl,
    line,
    run,
    submit,
    upload,
    wait,
)
from tests.sandbox.process import start_sandbox

EMBEDDER = "gemini-embedding-001"
KIND = "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch"


@pytest.fixture
def client(sandbox, key):
    with connected(sandbox, key) as client:
        yield client


@pytest.fixture
def wire(sandbox, key) -> Wire:
    return Wire(sandbox, key)


def inline(*requests: object) -> dict[str, object]:
    return {"inputConfig": {"requests": {"requests": list(requests)}}}


def test_a_cancelled_batch_ends_at_once_and_keeps_nothing(client, wire):
    job = submit(client, [line("a", "[sandbox:seconds=60]")])
    assert wire.call("POST", f"v1beta/{job.name}:cancel") == {}
    operation = wire.operation(job)
    assert operation["done"] is True
    assert operation["error"] == {"code": 1, "message": "The operation was cancelled."}
    assert operation["metadata"]["state"] == "BATCH_STATE_CANCELLED"
    assert "output" not in operation["metadata"]
    with pytest.raises(errors.ClientError) as caught:
        client.batches.cancel(name=job.name)
    assert caught.value.status == "FAILED_PRECONDITION"


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"{}\n{", b"[]\n", b'{"request": {}}\n\xff\n', b'{"a": 1}\nx\n']
)
def test_a_file_that_is_no_list_of_requests_fails_the_batch(client, wire, content):
    job = wait(client, client.batches.create(model=MODEL, src=upload(client, content)))
    assert job.state == types.JobState.JOB_STATE_FAILED
    operation = wire.operation(job)
    assert operation["error"]["code"] == 3
    assert "output" not in operation["metadata"]


def test_a_batch_expires_after_two_days_with_nothing_kept(tmp_path, key):
    with start_sandbox(tmp_path) as url, connected(url, key) as client:
        job = submit(client, [line("a", "[sandbox:seconds=1000000]"), line("b")])
        wire = Wire(url, key)
        advance(url, 2 * 86_400 - 60)
        assert client.batches.get(name=job.name).state != types.JobState.JOB_STATE_EXPIRED
        advance(url, 61)
        job = wait(client, job)
        assert job.state == types.JobState.JOB_STATE_EXPIRED
        assert job.dest is None
        assert wire.operation(job)["error"]["code"] == 4


def test_counts_grow_while_a_batch_runs(clocked, key):
    wire = Wire(clocked, key)
    lines = [line(f"k{n}", "[sandbox:status=500]" if n % 2 else "x") for n in range(40)]
    with connected(clocked, key) as client:
        job = submit(client, [*lines, line("slow", LONG)])
    seen = while_time_passes(
        clocked,
        lambda: wire.operation(job)["metadata"],
        lambda metadata: metadata["state"] == "BATCH_STATE_SUCCEEDED",
    )
    states = list(dict.fromkeys(each["state"] for each in seen))
    assert states == ["BATCH_STATE_PENDING", "BATCH_STATE_RUNNING", "BATCH_STATE_SUCCEEDED"]
    stats = [each["batchStats"] for each in seen]
    assert {each["requestCount"] for each in stats} == {"41"}
    pending = [int(each.get("pendingRequestCount", 0)) for each in stats]
    assert pending == sorted(pending, reverse=True)
    assert len(set(pending)) > 3
    assert stats[-1] == {
        "requestCount": "41",
        "successfulRequestCount": "21",
        "failedRequestCount": "20",
    }


def test_an_unfinished_batch_is_taken_up_after_a_restart(tmp_path, key):
    with start_sandbox(tmp_path, seconds=60) as url, connected(url, key) as client:
        done = client.batches.create(
            model=MODEL, src=[types.InlinedRequest(contents="x", metadata={"key": "a"})]
        )
        advance(url, 60)
        assert wait(client, done).dest.inlined_responses
        job = client.batches.create(
            model=MODEL, src=[types.InlinedRequest(contents="y", metadata={"key": "b"})]
        )
    with start_sandbox(tmp_path) as url, connected(url, key) as client:
        assert client.batches.get(name=done.name).dest.inlined_responses[0].response
        job = wait(client, job)
        assert job.dest.inlined_responses[0].metadata == {"key": "b"}


@pytest.mark.parametrize(
    ("ordered", "state", "code"),
    [
        ("failed", "BATCH_STATE_FAILED", 13),
        ("expired", "BATCH_STATE_EXPIRED", 4),
        ("cancelled", "BATCH_STATE_CANCELLED", 1),
        ("BATCH_STATE_FAILED", "BATCH_STATE_FAILED", 13),
    ],
)
def test_a_batch_is_brought_to_an_end(client, wire, control, ordered, state, code):
    job = submit(client, [line("a", "[sandbox:seconds=60]")])
    control("POST", job.name, {"status": ordered})
    operation = wire.operation(job)
    assert operation["metadata"]["state"] == state
    assert operation["error"]["code"] == code


def test_a_batch_is_brought_to_success(client, control):
    job = submit(client, [line("a", "[sandbox:seconds=60]")])
    control("POST", job.name, {"status": "completed"})
    assert wait(client, job).state == types.JobState.JOB_STATE_SUCCEEDED


def test_a_word_that_does_not_exist_is_only_shown(client, wire, control):
    job = run(client, [line("a")])
    control("POST", job.name, {"status": "BATCH_STATE_PONDERING"})
    assert wire.operation(job)["metadata"]["state"] == "BATCH_STATE_PONDERING"
    control("POST", job.name, {"status": None})
    assert wire.operation(job)["metadata"]["state"] == "BATCH_STATE_SUCCEEDED"


def test_calls_fail_as_ordered_and_are_written_down(client, control):
    control("POST", "faults", {"provider": "gemini", "operation": "batches.list", "status": 429})
    with pytest.raises(errors.ClientError) as caught:
        client.batches.list()
    assert caught.value.status == "RESOURCE_EXHAUSTED"
    job = run(client, [line("a")])
    counts = control("GET", "calls?provider=gemini")["counts"]
    assert {"files.create", "files.upload", "batches.create", "batches.retrieve"} <= set(counts)
    made = control("GET", "calls?provider=gemini&operation=batches.create")["calls"]
    assert made[-1]["object"] == job.name.removeprefix("batches/")


def test_an_answer_that_is_lost_leaves_a_batch_behind(client, control):
    name = upload(client, jsonl([line("a")]))
    control("POST", "faults", {"operation": "batches.create", "drop": "after"})
    with pytest.raises(Exception, match="disconnected|closed|Server"):
        client.batches.create(model=MODEL, src=name)
    assert len(list(client.batches.list())) == 1


def test_the_results_of_many_records_are_those_of_each(client):
    job = run(client, [line(f"k{n}", f"Number {n}") for n in range(2000)])
    found = by_key(client, job)
    assert len(found) == 2000
    for key, result in found.items():
        assert f"Number {key[1:]}" in json.dumps(result["response"])
