import openai
import pytest
from openai import OpenAI

from tests.sandbox.records import CHAT, chats, jsonl, results, run, submit, upload, wait

MANY_PAIRS = {str(number): "x" for number in range(17)}


def test_a_new_batch_is_being_validated(client: OpenAI):
    batch = submit(client, jsonl(chats(2)), metadata={"team": "blue"})
    assert batch.status == "validating"
    assert batch.metadata == {"team": "blue"}
    assert batch.expires_at == batch.created_at + 86_400
    assert batch.request_counts is not None
    assert batch.request_counts.total == 0
    assert batch.output_file_id is None
    assert batch.error_file_id is None


def test_a_batch_is_completed(client: OpenAI):
    batch = run(client, chats(3))
    assert batch.status == "completed"
    assert batch.model == "gpt-5-mini"
    assert batch.error_file_id is None
    assert batch.errors is None
    assert batch.request_counts is not None
    assert batch.request_counts.to_dict() == {"total": 3, "completed": 3, "failed": 0}
    assert batch.in_progress_at is not None
    assert batch.finalizing_at is not None
    assert batch.completed_at is not None
    assert batch.usage is not None
    assert batch.usage.total_tokens == batch.usage.input_tokens + batch.usage.output_tokens > 0


def test_the_output_is_a_file_of_the_account(client: OpenAI):
    batch = run(client, chats(1))
    file = client.files.retrieve(batch.output_file_id or "")
    assert file.purpose == "batch_output"
    assert file.filename == f"{batch.id}_output.jsonl"
    assert file.bytes == len(client.files.content(file.id).read())
    assert [listed.id for listed in client.files.list(purpose="batch_output")] == [file.id]


def test_results_are_complete_but_not_in_the_order_of_the_input(client: OpenAI):
    batch = run(client, chats(50))
    found = [result["custom_id"] for result in results(client, batch.output_file_id)]
    wanted = [f"c{number}" for number in range(50)]
    assert found != wanted
    assert sorted(found) == sorted(wanted)


def test_two_results_are_not_in_the_order_of_the_input_either(client: OpenAI):
    batch = run(client, chats(2))
    found = [result["custom_id"] for result in results(client, batch.output_file_id)]
    assert found == ["c1", "c0"]


def test_the_same_input_gives_the_same_bytes(client: OpenAI):
    first, second = run(client, chats(5)), run(client, chats(5))
    assert first.id != second.id
    contents = [
        client.files.content(batch.output_file_id or "").read() for batch in (first, second)
    ]
    assert contents[0] == contents[1]


def test_output_files_expire_when_they_were_told_to(client: OpenAI):
    expiry = {"anchor": "created_at", "seconds": 7200}
    batch = wait(client, submit(client, jsonl(chats(1)), output_expires_after=expiry))
    file = client.files.retrieve(batch.output_file_id or "")
    assert file.expires_at == file.created_at + 7200


def test_the_input_may_be_deleted_as_soon_as_the_batch_exists(client: OpenAI):
    batch = submit(client, jsonl(chats(2)))
    client.files.delete(batch.input_file_id)
    assert wait(client, batch).status == "completed"


def test_one_file_may_be_the_input_of_many_batches(client: OpenAI):
    id = upload(client, jsonl(chats(1)))
    batches = [
        client.batches.create(input_file_id=id, endpoint=CHAT, completion_window="24h")
        for _ in range(3)
    ]
    assert {wait(client, batch).status for batch in batches} == {"completed"}


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"provider": "openai"}, "unknown_parameter", "provider"),
        ({"input_file_id": None}, "invalid_type", "input_file_id"),
        ({"endpoint": "/v1/audio"}, "invalid_value", "endpoint"),
        ({"completion_window": "48h"}, "invalid_value", "completion_window"),
        ({"metadata": "x"}, "invalid_type", "metadata"),
        ({"metadata": {"a": 1}}, "invalid_type", "metadata.a"),
        ({"metadata": {"a" * 65: "x"}}, "string_above_max_length", "metadata"),
        ({"metadata": {"a": "x" * 513}}, "string_above_max_length", "metadata.a"),
        ({"metadata": MANY_PAIRS}, "object_above_max_properties", "metadata"),
        ({"output_expires_after": 5}, "invalid_type", "output_expires_after"),
        (
            {"output_expires_after": {"anchor": "created_at"}},
            "missing_required_parameter",
            "output_expires_after.seconds",
        ),
        (
            {"output_expires_after": {"anchor": "created_at", "seconds": 3599}},
            "integer_below_min_value",
            "output_expires_after.seconds",
        ),
        (
            {"output_expires_after": {"anchor": "created_at", "seconds": 3600.5}},
            "invalid_type",
            "output_expires_after.seconds",
        ),
        (
            {"output_expires_after": {"anchor": "completed_at", "seconds": 3600}},
            "invalid_value",
            "output_expires_after.anchor",
        ),
    ],
)
def test_a_bad_parameter_is_refused(client: OpenAI, change, code, param):
    body = {"input_file_id": "file-x", "endpoint": CHAT, "completion_window": "24h", **change}
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/batches", body=body, cast_to=object)
    assert caught.value.code == code
    assert caught.value.param == param
    assert client.batches.list().data == []


@pytest.mark.parametrize("name", ["input_file_id", "endpoint", "completion_window"])
def test_a_missing_parameter_is_refused(client: OpenAI, name):
    body = {"input_file_id": "file-x", "endpoint": CHAT, "completion_window": "24h"}
    del body[name]
    with pytest.raises(openai.BadRequestError, match=f"Missing required parameter: '{name}'"):
        client.post("/batches", body=body, cast_to=object)


@pytest.mark.parametrize("body", [b"{", b"[]", b""])
def test_a_body_that_is_no_json_object_is_refused(client: OpenAI, body):
    with pytest.raises(openai.BadRequestError):
        client.post("/batches", content=body, cast_to=object)


def test_no_metadata_is_null(client: OpenAI):
    assert submit(client, jsonl(chats(1)), metadata=None).metadata is None


def test_an_unknown_input_file_is_refused(client: OpenAI):
    with pytest.raises(openai.BadRequestError, match="No such File object: file-unknown"):
        client.batches.create(input_file_id="file-unknown", endpoint=CHAT, completion_window="24h")


def test_a_file_of_another_account_is_unknown(connect, key):
    id = upload(connect(key), jsonl(chats(1)))
    with pytest.raises(openai.BadRequestError, match="No such File object"):
        connect(f"{key}-stranger").batches.create(
            input_file_id=id, endpoint=CHAT, completion_window="24h"
        )


def test_a_file_for_another_purpose_is_refused(client: OpenAI):
    file = client.files.create(file=("a.jsonl", jsonl(chats(1))), purpose="user_data")
    with pytest.raises(openai.BadRequestError, match="purpose 'batch'"):
        client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")


def test_an_unknown_batch_is_not_found(client: OpenAI):
    with pytest.raises(openai.NotFoundError, match="No batch found with id 'batch_unknown'"):
        client.batches.retrieve("batch_unknown")
    with pytest.raises(openai.NotFoundError):
        client.batches.cancel("batch_unknown")


def test_an_account_sees_its_own_batches_only(connect, key):
    batch = submit(connect(key), jsonl(chats(1)))
    stranger = connect(f"{key}-stranger")
    assert stranger.batches.list().data == []
    with pytest.raises(openai.NotFoundError):
        stranger.batches.retrieve(batch.id)
    with pytest.raises(openai.NotFoundError):
        stranger.batches.cancel(batch.id)


def test_batches_are_listed_page_by_page_from_the_newest(client: OpenAI):
    id = upload(client, jsonl(chats(1)))
    ids = [
        client.batches.create(input_file_id=id, endpoint=CHAT, completion_window="24h").id
        for _ in range(5)
    ]
    page = client.batches.list(limit=2)
    assert [batch.id for batch in page.data] == ids[:2:-1]
    assert page.has_more
    assert [batch.id for batch in page] == ids[::-1]


@pytest.mark.parametrize("limit", [0, 101])
def test_an_impossible_limit_is_refused(client: OpenAI, limit):
    with pytest.raises(openai.BadRequestError, match="Invalid 'limit'"):
        client.batches.list(limit=limit)
