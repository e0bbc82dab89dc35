"""Lists of batches, walked in both directions while some come and go."""

import anthropic as sdk
import pytest
from anthropic import Anthropic

from batches.models import Batch
from tests.anthropic.asking import Raw, request


def create(client: Anthropic) -> str:
    return client.beta.messages.batches.create(requests=[request("a")]).id


@pytest.fixture
def seven(alone: Anthropic) -> list[str]:
    """The newest first."""
    return [create(alone) for _ in range(7)][::-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 1000])
def test_paging_meets_each_once_at_any_size(alone: Anthropic, seven: list[str], limit: int):
    batches = alone.beta.messages.batches

    first = batches.list(limit=limit)
    assert [one.id for one in first.data] == seven[:limit]
    assert first.has_more == (limit < 7)
    assert (first.first_id, first.last_id) == (seven[0], seven[:limit][-1])
    assert [one.id for one in batches.list(limit=limit)] == seven

    page = batches.list(limit=limit, before_id=seven[-1])
    assert [one.id for one in page.data] == seven[:-1][-limit:]
    backwards = [one.id for part in page.iter_pages() for one in part.data[::-1]]
    assert backwards == seven[:-1][::-1]


def test_the_ends_of_the_list(alone: Anthropic, seven: list[str]):
    batches = alone.beta.messages.batches
    for page in (batches.list(after_id=seven[-1]), batches.list(before_id=seven[0])):
        assert (page.data, page.has_more, page.first_id, page.last_id) == ([], False, None, None)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_batches_are_walked_while_some_come_and_go(alone: Anthropic, seven: list[str], limit: int):
    walked = []
    for one in alone.beta.messages.batches.list(limit=limit):
        walked.append(one.id)
        create(alone)
        Batch.objects.filter(pk=one.id.removeprefix("msgbatch_")).update(status="completed")
        alone.beta.messages.batches.delete(one.id)

    assert walked == seven


def test_batches_of_a_provider(connect, accounts):
    made = {name: create(connect(name)) for name in ("openai", "gemini", "anthropic")}

    for name, batch_id in made.items():
        assert [one.id for one in connect(name).beta.messages.batches.list()] == [batch_id]
    assert len(connect().beta.messages.batches.list().data) == 3


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("after_id=a&before_id=b", "before_id"),
        ("page=page_x", "page"),
        ("status=ended", "status"),
    ],
)
def test_a_list_that_cannot_be(raw: Raw, query: str, named: str):
    answer = raw.get(f"/v1/messages/batches?{query}")
    assert (answer.status, answer.error["type"]) == (400, "invalid_request_error")
    assert named in answer.error["message"]


@pytest.mark.parametrize("word", ["after_id", "before_id"])
def test_a_list_beside_what_is_not_there(alone: Anthropic, word: str):
    with pytest.raises(sdk.NotFoundError, match="nonsense"):
        alone.beta.messages.batches.list(**{word: "nonsense"})


@pytest.mark.parametrize("name", ["msgbatch_000000000000", "batch-abc123", "a/b", "ü\n", "\0"])
def test_an_unknown_batch(alone: Anthropic, name: str):
    for call in ("retrieve", "cancel", "delete", "results"):
        with pytest.raises(sdk.NotFoundError) as caught:
            getattr(alone.beta.messages.batches, call)(name)
        assert caught.value.type == "not_found_error"
