"""What is Anthropic's own among the upstreams: a batch has no name of ours, its requests travel inline."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.providers.steps import WAITS, Client, refused

pytestmark = pytest.mark.parametrize("vendor", ["anthropic"], indirect=True)


def listed(*batches: dict) -> bytes:
    return json.dumps({"data": batches, "has_more": False}).encode()


def batch(name: str, *, status: str = "ended", **counts: int) -> dict:
    made = datetime.now(UTC).isoformat()
    return {
        "id": name,
        "processing_status": status,
        "created_at": made,
        "request_counts": counts or {"succeeded": 3},
    }


def result(custom_id: str) -> bytes:
    return json.dumps({"custom_id": custom_id, "result": {"type": "expired"}}).encode() + b"\n"


def test_version_and_betas_are_sent(server):
    server.say(200, listed())

    server.client(anthropic_beta="output-300k-2026-03-24").find()

    ((method, path, headers),) = server.requests
    assert (method, path) == ("GET", "/base/v1/messages/batches?limit=1000")
    assert headers["anthropic-version"] == "2023-06-01"
    assert headers["anthropic-beta"] == "output-300k-2026-03-24"


def test_nothing_is_uploaded_ahead(client: Client, calls):
    assert client.upload() == ""
    assert not calls("files.create")


def test_while_a_batch_of_that_size_runs_nobody_can_say_whose_it_is(client: Client, force):
    running = client.submit("job0", text=WAITS).upstream_id

    for name in ("job0", "job1"):
        error = refused(client.upstream.find, client.job(name))
        assert (error.permanent, error.code) == (False, "submission_unknown")
        assert error.retry_after >= 60

    force(running, "ended")
    client.ended(running)
    assert client.upstream.find(client.job("job0")).upstream_id == running
    assert client.upstream.find(client.job("job1")) is None


def test_a_running_batch_of_another_size_is_no_doubt(client: Client):
    client.submit("job0", records=2, text=WAITS)

    assert client.upstream.find(client.job("job1", records=3)) is None


def test_a_running_batch_of_another_job_of_ours_is_no_doubt(client: Client):
    running = client.submit("job0", text=WAITS).upstream_id

    assert client.upstream.find(client.job("job1", known=running.__eq__)) is None


def test_a_batch_that_does_not_count_yet_may_be_ours(server):
    server.say(200, listed(batch("b1", status="in_progress", processing=0)))
    client = server.client()

    assert refused(client.upstream.find, client.job()).code == "submission_unknown"


def test_ours_is_found_beside_one_in_doubt(client: Client):
    mine = client.submit("job0").upstream_id
    client.ended(mine)
    client.submit("job1", text=WAITS)

    assert client.upstream.find(client.job("job0")).upstream_id == mine


def test_batches_from_before_the_submission_are_not_looked_into(server):
    old = {**batch("b1"), "created_at": "2020-01-01T00:00:00Z"}
    server.say(200, listed(old, {**old, "created_at": "2020-01-01T00:00:00"}))

    assert server.client().find() is None
    assert len(server.requests) == 1


def test_a_batch_whose_results_are_gone_is_not_ours(server):
    server.say(200, listed(batch("b1"), batch("b2")))
    server.say(404)
    server.say(200, result("job0-r0"))

    assert server.client().find().upstream_id == "b2"


@pytest.mark.parametrize("status", [401, 500])
def test_results_that_cannot_be_looked_at_leave_a_doubt(server, status: int):
    server.say(200, listed(batch("b1")))
    server.say(status)
    client = server.client()

    assert refused(client.upstream.find, client.job()).code == f"http_{status}"


@pytest.mark.parametrize("body", [b"<html>\n", b"\xff\n", b"x" * (17 * 2**20)], ids=len)
def test_a_result_that_makes_no_sense_leaves_a_doubt(server, body: bytes):
    server.say(200, listed(batch("b1")))
    server.say(200, body)
    client = server.client()

    assert not refused(client.upstream.find, client.job()).permanent


@pytest.mark.parametrize(
    "body", [b"", b"\n", b"{}\n", b'{"custom_id":1}\n', result("job01-r0"), result("job1-r0")]
)
def test_results_of_others_are_not_ours(server, body: bytes):
    server.say(200, listed(batch("b1")))
    server.say(200, body)

    assert server.client().find() is None


def test_a_blank_line_hides_no_result(server):
    server.say(200, listed(batch("b1")))
    server.say(200, b"\n" + result("job0-r2"))

    assert server.client().find().upstream_id == "b1"


def test_only_the_beginning_of_the_results_is_read(client: Client, fault):
    client.ended(client.submit("job0", records=5000).upstream_id)
    fault(operation="batches.results", drop="midway")

    assert client.upstream.find(client.job("job0", records=5000))


@pytest.mark.parametrize(("word", "kind"), [("canceled", "cancelled"), ("expired", "expired")])
def test_every_request_of_a_batch_that_ended_early_has_a_result(
    client: Client, force, word: str, kind: str
):
    name = client.submit(text=WAITS).upstream_id
    force(name, word)

    state = client.ended(name)

    assert (state.ended, state.total, state.completed + state.failed) == (kind, 3, 3)
    assert sorted(client.results(state)) == ["job0-r0", "job0-r1", "job0-r2"]


def test_a_batch_that_was_cancelled_though_all_was_done_was_cancelled(server):
    ended = {**batch("b1"), "cancel_initiated_at": "2026-01-01T00:00:00Z"}
    server.say(200, json.dumps(ended).encode())

    (state,) = server.client().poll("b1").values()

    assert (state.raw, state.ended, state.completed) == ("ended", "cancelled", 3)


def test_counts_that_are_none_of_anthropics_are_not_added(server):
    counts = {"processing": 10**30, "succeeded": 2, "total": 3, "errored": True}
    server.say(200, json.dumps({**batch("b1"), "request_counts": counts}).encode())

    (state,) = server.client().poll("b1").values()

    assert (state.total, state.completed, state.failed) == (2, 2, 0)


def test_an_old_batch_in_the_first_page_ends_the_search(server):
    made = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    page = {"data": [{**batch("b1"), "created_at": made}], "has_more": True}
    server.say(200, json.dumps(page).encode())

    assert server.client().find() is None
    assert len(server.requests) == 1
