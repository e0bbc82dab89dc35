"""The calls of the Message Batches API, made by Anthropic's own SDK and on the bare wire."""

import json

import anthropic
import pytest
import requests
from anthropic import Anthropic

from tests.sandbox.clock import LONG, advance
from tests.sandbox.messages import ask, asks, by_id, check_exactly, results, run, submit, wait
from tests.sandbox.process import start_sandbox


def test_a_new_batch_is_in_progress_and_counts_nothing_but_processing(claude: Anthropic):
    batch = submit(claude, asks(3, "[sandbox:seconds=600]"))
    assert batch.id.startswith("msgbatch_")
    assert batch.processing_status == "in_progress"
    assert batch.request_counts.to_dict() == {
        "processing": 3,
        "succeeded": 0,
        "errored": 0,
        "canceled": 0,
        "expired": 0,
    }
    assert (batch.expires_at - batch.created_at).total_seconds() == 86_400
    assert batch.ended_at is None
    assert batch.results_url is None
    check_exactly(batch)


def test_an_ended_batch_counts_and_has_results_at_the_sandbox(claude: Anthropic, sandbox):
    batch = run(claude, [*asks(3), ask("bad", max_tokens=0)])
    assert batch.request_counts.processing == 0
    assert batch.request_counts.succeeded == 3
    assert batch.request_counts.errored == 1
    assert batch.ended_at is not None
    assert batch.results_url == f"{sandbox}/anthropic/v1/messages/batches/{batch.id}/results"
    found = list(claude.messages.batches.results(batch.id))
    assert {item.custom_id: item.result.type for item in found} == {
        "c0": "succeeded",
        "c1": "succeeded",
        "c2": "succeeded",
        "bad": "errored",
    }


def test_the_beta_half_of_the_sdk_works_too(claude: Anthropic):
    batches = claude.beta.messages.batches
    batch = batches.create(requests=asks(1), betas=["output-300k-2026-03-24"])
    wait(claude, batch)
    assert [item.custom_id for item in batches.results(batch.id)] == ["c0"]
    assert [listed.id for listed in batches.list()] == [batch.id]
    assert batches.delete(batch.id).id == batch.id


def test_results_come_as_lines_of_json(claude: Anthropic, key):
    batch = run(claude, asks(1))
    headers = {"x-api-key": key, "anthropic-version": "2023-06-01"}
    answered = requests.get(batch.results_url or "", headers=headers)
    assert answered.headers["content-type"] == "application/x-jsonl"
    assert json.loads(answered.text)["custom_id"] == "c0"


def test_results_are_complete_but_not_in_the_order_of_the_requests(claude: Anthropic):
    found = [line["custom_id"] for line in results(claude, run(claude, asks(50)))]
    wanted = [f"c{number}" for number in range(50)]
    assert found != wanted
    assert sorted(found) == sorted(wanted)


def test_the_same_requests_give_the_same_bytes(claude: Anthropic):
    first, second = run(claude, asks(5)), run(claude, asks(5))
    assert results(claude, first) == results(claude, second)


def test_results_of_a_batch_that_has_not_ended_are_not_found(claude: Anthropic):
    batch = submit(claude, asks(1, "[sandbox:seconds=600]"))
    with pytest.raises(anthropic.NotFoundError):
        claude.get(f"/v1/messages/batches/{batch.id}/results", cast_to=bytes)


def test_batches_are_listed_page_by_page_from_the_newest(claude: Anthropic):
    ids = [submit(claude, asks(1)).id for _ in range(5)]
    page = claude.messages.batches.list(limit=2)
    assert [batch.id for batch in page.data] == ids[:2:-1]
    assert (page.has_more, page.first_id, page.last_id) == (True, ids[4], ids[3])
    assert [batch.id for batch in page] == ids[::-1]


def test_batches_can_be_listed_backwards(claude: Anthropic):
    ids = [submit(claude, asks(1)).id for _ in range(5)]
    page = claude.messages.batches.list(limit=2, before_id=ids[0])
    assert [batch.id for batch in page.data] == [ids[2], ids[1]]
    assert page.has_more
    page = claude.messages.batches.list(limit=2, before_id=ids[2])
    assert [batch.id for batch in page.data] == [ids[4], ids[3]]
    assert not page.has_more


def test_an_empty_list_is_empty(claude: Anthropic):
    page = claude.messages.batches.list()
    assert (page.data, page.has_more, page.first_id, page.last_id) == ([], False, None, None)


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 1001}, {"limit": "many"}, {"page": "2"}])
def test_an_impossible_list_is_refused(claude: Anthropic, query):
    with pytest.raises(anthropic.BadRequestError, match=next(iter(query))):
        claude.messages.batches.list(extra_query=query)


def test_a_cancelled_batch_keeps_what_was_finished(clocked, connect_anthropic, key):
    claude = connect_anthropic(key, url=clocked)
    batch = submit(claude, asks(40, LONG))
    advance(clocked, 300)
    run(claude, asks(1))
    batch = claude.messages.batches.cancel(batch.id)
    assert batch.processing_status == "canceling"
    assert batch.cancel_initiated_at is not None
    assert batch.request_counts.processing == 40
    assert claude.messages.batches.cancel(batch.id).processing_status == "canceling"
    batch = wait(claude, batch)
    counts = batch.request_counts
    assert counts.canceled
    assert counts.succeeded + counts.canceled == 40
    found = [result["type"] for result in by_id(claude, batch).values()]
    assert found.count("canceled") == counts.canceled
    assert found.count("succeeded") == counts.succeeded


def test_what_has_ended_cannot_be_cancelled(claude: Anthropic):
    with pytest.raises(anthropic.BadRequestError, match="have ended"):
        claude.messages.batches.cancel(run(claude, asks(1)).id)


def test_only_what_has_ended_can_be_deleted(claude: Anthropic):
    batch = submit(claude, asks(1, "[sandbox:seconds=600]"))
    with pytest.raises(anthropic.BadRequestError, match="only be deleted once"):
        claude.messages.batches.delete(batch.id)
    ended = run(claude, asks(1))
    deleted = claude.messages.batches.delete(ended.id)
    assert (deleted.id, deleted.type) == (ended.id, "message_batch_deleted")
    with pytest.raises(anthropic.NotFoundError):
        claude.messages.batches.retrieve(ended.id)


def test_an_account_sees_its_own_batches_only(connect_anthropic, key):
    batch = submit(connect_anthropic(key), asks(1))
    stranger = connect_anthropic(f"{key}-stranger")
    assert stranger.messages.batches.list().data == []
    with pytest.raises(anthropic.NotFoundError) as caught:
        stranger.messages.batches.retrieve(batch.id)
    assert caught.value.body["error"]["type"] == "not_found_error"
    assert caught.value.body["request_id"] == caught.value.request_id


def get(sandbox: str, **headers: str) -> requests.Response:
    wire = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(f"{sandbox}/anthropic/v1/messages/batches", headers=wire)


def test_both_kinds_of_key_open_the_same_account(claude: Anthropic, sandbox, key):
    batch = submit(claude, asks(1))
    for headers in ({"x_api_key": key}, {"authorization": f"Bearer {key}"}):
        listed = get(sandbox, anthropic_version="2023-06-01", **headers).json()["data"]
        assert [item["id"] for item in listed] == [batch.id]


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({}, 401, "authentication_error"),
        ({"x_api_key": "sandbox-invalid"}, 401, "authentication_error"),
        ({"x_api_key": "k"}, 400, "invalid_request_error"),
        ({"x_api_key": "k", "anthropic_version": "2024-01-01"}, 400, "invalid_request_error"),
    ],
)
def test_a_call_needs_a_key_and_a_version(sandbox, headers, status, kind):
    refused = get(sandbox, **headers)
    assert refused.status_code == status
    assert refused.json()["type"] == "error"
    assert refused.json()["error"]["type"] == kind
    assert refused.json()["request_id"] == refused.headers["request-id"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "requests: Field required"),
        ({"requests": 5}, "requests: Input should be a valid list"),
        ({"requests": []}, "requests: List should have at least 1 item"),
        ({"requests": asks(1), "metadata": {}}, "metadata: Extra inputs are not permitted"),
        ({"requests": [5]}, "requests.0: Input should be a valid dictionary"),
        ({"requests": [{"custom_id": "a"}]}, "requests.0.params: Field required"),
        ({"requests": [{"params": {}}]}, "requests.0.custom_id: Field required"),
        ({"requests": [{"custom_id": 5, "params": {}}]}, "requests.0.custom_id: Input should be"),
        ({"requests": [{"custom_id": "", "params": {}}]}, "should have at least 1 character"),
        ({"requests": [{"custom_id": "a" * 65, "params": {}}]}, "at most 64 characters"),
        ({"requests": [{"custom_id": "a b", "params": {}}]}, "should match pattern"),
        ({"requests": [{"custom_id": "a", "params": []}]}, "requests.0.params: Input should be"),
        ({"requests": [{**ask("a"), "url": "x"}]}, "requests.0.url: Extra inputs"),
        ({"requests": [ask("a"), ask("a")]}, "requests.1.custom_id: .* unique"),
    ],
)
def test_a_bad_envelope_is_refused_at_once(claude: Anthropic, body, message):
    with pytest.raises(anthropic.BadRequestError, match=message):
        claude.post("/v1/messages/batches", body=body, cast_to=object)
    assert claude.messages.batches.list().data == []


NOT_UTF_8 = b'{"requests": [{"custom_id": "a", "params": {"\xff": 1}}]}'


@pytest.mark.parametrize("body", [b"{", b"[]", b"", NOT_UTF_8])
def test_a_body_that_is_no_json_object_is_refused(claude: Anthropic, body):
    with pytest.raises(anthropic.BadRequestError, match="not valid JSON"):
        claude.post("/v1/messages/batches", content=body, cast_to=object)


def test_requests_may_be_written_on_many_lines(claude: Anthropic):
    body = json.dumps({"requests": asks(2, "two\nlines")}, indent=2).encode()
    made = claude.post(
        "/v1/messages/batches", content=body, cast_to=anthropic.types.messages.MessageBatch
    )
    batch = wait(claude, made)
    assert batch.request_counts.succeeded == 2


def test_a_batch_has_its_limits(tmp_path, connect_anthropic):
    flags = {"anthropic_max_requests": 3, "anthropic_max_batch_bytes": 2000}
    with start_sandbox(tmp_path, **flags) as url:
        client = connect_anthropic("sk-limits", url=url)
        submit(client, asks(3))
        with pytest.raises(anthropic.BadRequestError, match="at most 3 items"):
            submit(client, asks(4))
        with pytest.raises(anthropic.APIStatusError) as caught:
            submit(client, asks(1, "x" * 5000))
        assert caught.value.status_code == 413
        assert caught.value.body["error"]["type"] == "request_too_large"
        assert len(client.messages.batches.list().data) == 1
