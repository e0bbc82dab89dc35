"""What can happen to a message batch: time, directives, faults, restarts."""

from datetime import timedelta

import anthropic
import pytest
import requests
from anthropic import Anthropic

from tests.sandbox.messages import ask, asks, by_id, results, run, submit, wait
from tests.sandbox.process import start_sandbox

DAY = 86_400


def test_what_is_unanswered_after_a_day_is_expired(tmp_path, connect_anthropic):
    with start_sandbox(tmp_path) as url:
        client = connect_anthropic("sk-day", url=url)
        batch = submit(client, asks(4, f"[sandbox:seconds={2 * DAY}]"))
        wait(client, submit(client, asks(1)))
        advance(url, DAY)
        batch = wait(client, batch)
        assert batch.ended_at is not None
        assert batch.ended_at >= batch.expires_at
        assert batch.request_counts.to_dict() == {
            "processing": 0,
            "succeeded": 2,
            "errored": 0,
            "canceled": 0,
            "expired": 2,
        }
        found = [result["type"] for result in by_id(client, batch).values()]
        assert sorted(found) == ["expired", "expired", "succeeded", "succeeded"]


def test_results_are_archived_after_29_days(tmp_path, connect_anthropic):
    with start_sandbox(tmp_path) as url:
        client = connect_anthropic("sk-archive", url=url)
        batch = run(client, asks(1))
        advance(url, 29 * DAY)
        archived = client.messages.batches.retrieve(batch.id)
        assert archived.archived_at == batch.created_at + timedelta(days=29)
        assert archived.results_url is None
        with pytest.raises(anthropic.NotFoundError):
            client.get(batch.results_url or "", cast_to=bytes)


def advance(url: str, seconds: float) -> None:
    answer = requests.post(f"{url}/_sandbox/clock", json={"advance": seconds})
    assert answer.json()["ahead"] == seconds


def test_a_restart_loses_nothing_and_takes_up_what_was_unfinished(tmp_path, connect_anthropic):
    with start_sandbox(tmp_path, seconds=10) as url:
        client = connect_anthropic("sk-restart", url=url)
        done = run(client, asks(3, "[sandbox:seconds=0]"))
        running = submit(client, asks(3, "[sandbox:seconds=1]"))
        cancelling = submit(client, asks(3))
        client.messages.batches.cancel(cancelling.id)
    with start_sandbox(tmp_path, seconds=10) as url:
        client = connect_anthropic("sk-restart", url=url)
        assert len(by_id(client, client.messages.batches.retrieve(done.id))) == 3
        assert len(by_id(client, wait(client, running))) == 3
        assert wait(client, cancelling).request_counts.canceled == 3
    assert not list((tmp_path / "work").iterdir())


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
def test_a_request_fails_with_the_status_it_asks_for(claude: Anthropic, status, kind):
    batch = run(claude, [ask("a"), ask("b", f"Please [sandbox:status={status}]")])
    found = by_id(claude, batch)
    assert found["a"]["type"] == "succeeded"
    assert found["b"]["error"]["type"] == "error"
    assert found["b"]["error"]["error"]["type"] == kind
    assert found["b"]["error"]["request_id"].startswith("req_")


@pytest.mark.parametrize(
    ("ordered", "reason"),
    [
        ("max_tokens", "max_tokens"),
        ("length", "max_tokens"),
        ("content_filter", "refusal"),
        ("pause_turn", "pause_turn"),
        ("model_context_window_exceeded", "model_context_window_exceeded"),
    ],
)
def test_a_message_stops_as_it_is_told(claude: Anthropic, ordered, reason):
    batch = run(claude, [ask("a", f"[sandbox:finish={ordered}]")])
    assert by_id(claude, batch)["a"]["message"]["stop_reason"] == reason


def test_a_request_is_refused_by_the_model(claude: Anthropic):
    message = by_id(claude, run(claude, [ask("a", "[sandbox:refusal]")]))["a"]["message"]
    assert message["content"] == []
    assert message["stop_reason"] == "refusal"
    assert message["stop_details"]["type"] == "refusal"


def test_a_lost_request_is_counted_but_has_no_result(claude: Anthropic):
    batch = run(claude, [ask("a"), ask("b", "[sandbox:lost]")])
    assert set(by_id(claude, batch)) == {"a"}
    assert batch.request_counts.succeeded == 2


def test_a_result_comes_twice(claude: Anthropic):
    batch = run(claude, [ask("a"), ask("b", "[sandbox:twice]")])
    assert sorted(line["custom_id"] for line in results(claude, batch)) == ["a", "b", "b"]


def test_a_batch_cannot_fail_but_all_of_its_requests_can(claude: Anthropic):
    batch = run(claude, asks(3, "[sandbox:batch=fail]"))
    assert batch.request_counts.errored == 3
    for result in by_id(claude, batch).values():
        assert result["error"]["error"]["type"] == "api_error"


def test_a_batch_expires_when_it_asks_for_it(claude: Anthropic):
    batch = run(claude, asks(5, "[sandbox:batch=expire]"))
    assert batch.request_counts.succeeded == 2
    assert batch.request_counts.expired == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("ended", "succeeded"),
        ("canceled", "canceled"),
        ("expired", "expired"),
        ("errored", "errored"),
    ],
)
def test_a_batch_can_be_ended_at_once(claude: Anthropic, control, status, kind):
    batch = submit(claude, asks(5, "[sandbox:seconds=60000]"))
    control("POST", f"batches/{batch.id}", {"status": status})
    assert getattr(wait(claude, batch).request_counts, kind) == 5


def test_a_batch_can_show_a_status_that_nobody_knows(claude: Anthropic, control):
    batch = run(claude, asks(1))
    control("POST", f"batches/{batch.id}", {"status": "pondering"})
    shown = claude.get(f"/v1/messages/batches/{batch.id}", cast_to=object)
    assert shown["processing_status"] == "pondering"
    control("POST", f"batches/{batch.id}", {"status": None})
    assert claude.messages.batches.retrieve(batch.id) == batch


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (429, anthropic.RateLimitError, "rate_limit_error"),
        (500, anthropic.InternalServerError, "api_error"),
        (529, anthropic.InternalServerError, "overloaded_error"),
    ],
)
def test_a_call_fails_with_the_status_ordered(claude: Anthropic, control, status, error, kind):
    fault = {"provider": "anthropic", "operation": "batches.list", "status": status}
    control("POST", "faults", {**fault, "retry_after": 1})
    with pytest.raises(error) as caught:
        claude.messages.batches.list()
    assert caught.value.body["error"]["type"] == kind
    assert caught.value.response.headers["retry-after"] == "1"
    claude.messages.batches.list()


def test_a_fault_of_another_provider_does_not_concern_it(claude: Anthropic, control):
    control("POST", "faults", {"provider": "openai", "status": 500})
    claude.messages.batches.list()


def test_a_connection_dropped_after_has_made_the_batch(claude: Anthropic, control):
    fault = {"provider": "anthropic", "operation": "batches.create", "drop": "after"}
    control("POST", "faults", fault)
    with pytest.raises(anthropic.APIConnectionError):
        submit(claude, asks(1))
    assert len(claude.messages.batches.list().data) == 1


def test_calls_are_counted_by_provider(claude: Anthropic, control):
    before = control("GET", "calls?provider=openai")["counts"].get("batches.list", 0)
    batch = submit(claude, asks(1))
    claude.messages.batches.list()
    told = control("GET", "calls?provider=anthropic&operation=batches.create")
    assert told["calls"][-1]["object"] == batch.id
    assert told["counts"]["batches.list"] >= 1
    assert control("GET", "calls?provider=openai")["counts"].get("batches.list", 0) == before
