import pytest
from openai import OpenAI

from tests.sandbox.records import by_id, chat, chats, jsonl, results, run, submit


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 413, 418, 429, 500, 503, 599])
def test_a_record_fails_with_the_status_it_asks_for(client: OpenAI, status):
    batch = run(client, [chat("a"), chat("b", f"Please [sandbox:status={status}]")])
    assert batch.status == "completed"
    assert set(by_id(client, batch.output_file_id)) == {"a"}
    response = by_id(client, batch.error_file_id)["b"]["response"]
    assert response["status_code"] == status
    assert set(response["body"]["error"]) == {"message", "type", "param", "code"}


def test_a_batch_of_failures_is_completed_without_output(client: OpenAI):
    batch = run(client, [chat("a", "[sandbox:status=500]")])
    assert batch.status == "completed"
    assert batch.output_file_id is None
    assert batch.request_counts is not None
    assert batch.request_counts.to_dict() == {"total": 1, "completed": 0, "failed": 1}


def test_a_record_says_the_text_it_asks_for(client: OpenAI):
    batch = run(client, [chat("a", "[sandbox:text=Schöne Grüße]")])
    message = by_id(client, batch.output_file_id)["a"]["response"]["body"]["choices"][0]["message"]
    assert message["content"] == "Schöne Grüße"


@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_a_record_finishes_as_it_asks(client: OpenAI, finish):
    batch = run(client, [chat("a", f"[sandbox:finish={finish}]")])
    choice = by_id(client, batch.output_file_id)["a"]["response"]["body"]["choices"][0]
    assert choice["finish_reason"] == finish


def test_a_record_is_refused_by_the_model(client: OpenAI):
    batch = run(client, [chat("a", "[sandbox:refusal]")])
    message = by_id(client, batch.output_file_id)["a"]["response"]["body"]["choices"][0]["message"]
    assert message["content"] is None
    assert message["refusal"]


def test_a_lost_record_is_in_neither_file_though_the_counts_say_otherwise(client: OpenAI):
    batch = run(client, [chat("a"), chat("b", "[sandbox:lost]")])
    assert set(by_id(client, batch.output_file_id)) == {"a"}
    assert batch.error_file_id is None
    assert batch.request_counts is not None
    assert batch.request_counts.to_dict() == {"total": 2, "completed": 2, "failed": 0}


def test_a_lost_failure_is_lost_too(client: OpenAI):
    batch = run(client, [chat("a", "[sandbox:lost] [sandbox:status=500]")])
    assert batch.output_file_id is None
    assert batch.error_file_id is None


def test_a_record_comes_twice(client: OpenAI):
    batch = run(client, [chat("a"), chat("b", "[sandbox:twice]")])
    found = [result["custom_id"] for result in results(client, batch.output_file_id)]
    assert sorted(found) == ["a", "b", "b"]


def test_directives_are_read_wherever_text_is(client: OpenAI):
    system = {"role": "system", "content": [{"type": "text", "text": "[sandbox:text=Hi]"}]}
    user = {"role": "user", "content": "Hello"}
    batch = run(client, [chat("a", messages=[system, user])])
    choice = by_id(client, batch.output_file_id)["a"]["response"]["body"]["choices"][0]
    assert choice["message"]["content"] == "Hi"


def test_unknown_directives_are_text(client: OpenAI):
    batch = run(client, [chat("a", "[sandbox:dance] [sandbox:status=soon] [sandbox:seconds=x]")])
    assert batch.status == "completed"
    assert batch.error_file_id is None


def test_a_batch_fails_when_it_asks_for_it(client: OpenAI):
    batch = run(client, chats(3, "[sandbox:batch=fail]"))
    assert batch.status == "failed"
    assert batch.errors is not None
    assert batch.errors.data


def test_a_batch_expires_when_it_asks_for_it(client: OpenAI):
    batch = run(client, chats(5, "[sandbox:batch=expire]"))
    assert batch.status == "expired"
    assert batch.expired_at is not None
    assert batch.completed_at is None
    finished = by_id(client, batch.output_file_id)
    unfinished = by_id(client, batch.error_file_id)
    assert len(finished) == 2
    assert set(finished) | set(unfinished) == {f"c{number}" for number in range(5)}
    assert unfinished.keys().isdisjoint(finished)
    for result in unfinished.values():
        assert result["response"] is None
        assert result["error"] == {
            "code": "batch_expired",
            "message": "This request could not be executed before the completion window expired.",
        }


def test_a_batch_takes_the_time_it_asks_for(client: OpenAI):
    batch = submit(client, jsonl(chats(2, "[sandbox:seconds=600]")))
    assert client.batches.cancel(batch.id).status == "cancelling"
