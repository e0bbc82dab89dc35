"""Lists of batches, walked page by page, and single ones."""

import openai as sdk
import pytest
from openai import OpenAI

from tests.sandbox.records import CHAT, chats, jsonl, submit, upload

MODEL = "gpt-5-list"


@pytest.fixture(scope="module")
def made(openai: OpenAI) -> list[str]:
    """Seven batches, the newest first."""
    file_id = upload(openai, b"{\n")
    created = [
        openai.batches.create(input_file_id=file_id, endpoint=CHAT, completion_window="24h")
        for _ in range(7)
    ]
    return [batch.id for batch in reversed(created)]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 100])
def test_paging_meets_each_once_at_any_size(openai: OpenAI, made: list[str], limit: int):
    first = openai.batches.list(limit=limit)
    ids = [batch.id for batch in first.data]
    assert first.model_extra == {"object": "list", "first_id": ids[0], "last_id": ids[-1]}

    walked = [batch.id for batch in openai.batches.list(limit=limit)]

    assert walked[:limit] == ids
    assert len(walked) == len(set(walked))
    assert [one for one in walked if one in made] == made
    assert walked == [batch.id for batch in openai.batches.list()]


def test_the_last_page_says_so(openai: OpenAI, made: list[str]):
    everything = [batch.id for batch in openai.batches.list(limit=100)]

    page = openai.batches.list(after=everything[-2], limit=1)
    behind = openai.batches.list(after=everything[-1])

    assert ([one.id for one in page.data], page.has_more) == (everything[-1:], False)
    assert (behind.data, behind.has_more) == ([], False)
    assert behind.model_extra == {"object": "list", "first_id": None, "last_id": None}


def test_a_page_begins_after_the_batch_that_is_named(openai: OpenAI, made: list[str]):
    page = openai.batches.list(after=made[2], limit=3, extra_query={"provider": "openai"})

    assert [batch.id for batch in page.data] == made[3:6]


def test_a_model_can_be_asked_for(openai: OpenAI):
    record = chats(1)[0]
    record["body"]["model"] = MODEL
    batch = submit(openai, jsonl([record]))
    for _ in range(1000):
        if openai.batches.retrieve(batch.id).model:
            break

    found = openai.batches.list(limit=10, extra_query={"provider": "openai", "model": MODEL})

    assert [one.id for one in found.data] == [batch.id]


def test_the_model_of_a_whole_batch_is_known_at_once(openai: OpenAI):
    file = openai.files.create(file=("in.jsonl", jsonl(chats(1))), purpose="batch")
    batch = openai.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        extra_body={"model": f"{MODEL}-instead"},
    )
    found = openai.batches.list(extra_query={"model": f"{MODEL}-instead"})
    assert [one.id for one in found.data] == [batch.id]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"limit": 0}, sdk.BadRequestError),
        ({"limit": 101}, sdk.BadRequestError),
        ({"extra_query": {"provider": "acme"}}, sdk.BadRequestError),
        ({"extra_query": {"order": "asc"}}, sdk.BadRequestError),
        ({"after": "batch_000000000000"}, sdk.NotFoundError),
        ({"after": "nonsense"}, sdk.NotFoundError),
    ],
)
def test_a_list_that_cannot_be(openai: OpenAI, query: dict, kind: type[sdk.APIStatusError]):
    with pytest.raises(kind):
        openai.batches.list(**query)


@pytest.mark.parametrize(
    "name", ["batch_000000000000", "batch-abc123", "file-000000000000", "msgbatch_1", "a/b", "ü"]
)
def test_an_unknown_batch(openai: OpenAI, name: str):
    with pytest.raises(sdk.NotFoundError):
        openai.batches.retrieve(name, extra_query={"provider": "openai"})
    with pytest.raises(sdk.NotFoundError):
        openai.batches.cancel(name, extra_body={"provider": "openai"})
