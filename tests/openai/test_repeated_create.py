"""A create that is repeated because its answer got lost makes no second batch, and costs nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from uuid import uuid4

import openai as sdk
import pytest
from httpx2 import HTTPTransport, ReadError, Request, Response
from openai import DefaultHttpxClient, OpenAI
from openai.types import Batch

from tests.sandbox.records import CHAT, TERMINAL, chats, jsonl, upload, wait
from tests.stack import Stack

AGAIN = {"x-stainless-retry-count": "1"}
_names = count()


@pytest.fixture
def sent(stack: Stack, openai: OpenAI) -> Iterator[object]:
    """Says how many batches the provider was sent in the test, once all have ended."""

    def number() -> int:
        for batch in openai.batches.list(limit=100):
            if batch.status not in TERMINAL:
                wait(openai, batch)
        return stack.sandbox("GET", "calls")["counts"].get("batches.create", 0)

    before = number()
    return lambda: number() - before


@pytest.fixture
def file_id(openai: OpenAI) -> str:
    return upload(openai, jsonl(chats(1)))


def create(client: OpenAI, file_id: str, **more: object) -> Batch:
    return client.batches.create(
        input_file_id=file_id, endpoint=CHAT, completion_window="24h", **more
    )


class LosingTransport(HTTPTransport):
    """Loses the first answers on their way back."""

    def __init__(self, losses: int) -> None:
        super().__init__()
        self.losses = losses
        self.lost = 0

    def handle_request(self, request: Request) -> Response:
        response = super().handle_request(request)
        if self.lost < self.losses:
            self.lost += 1
            response.read()
            raise ReadError("the answer got lost", request=request)
        return response


def test_the_sdk_tries_again_on_its_own_and_gets_the_same_batch(
    stack: Stack, openai: OpenAI, file_id: str, sent
):
    transport = LosingTransport(losses=2)
    with DefaultHttpxClient(transport=transport) as http:
        batch = create(stack.openai(max_retries=2, http_client=http), file_id)

    assert transport.lost == 2
    made = [one for one in openai.batches.list() if one.input_file_id == file_id]
    assert [one.id for one in made] == [batch.id]
    assert sent() == 1


def test_a_retry_of_a_first_try_that_never_arrived_makes_the_batch(
    openai: OpenAI, file_id: str, sent
):
    create(openai, file_id, extra_headers=AGAIN)

    assert sent() == 1


def test_two_deliberate_equal_creates_make_two_batches(openai: OpenAI, file_id: str, sent):
    first, second = create(openai, file_id), create(openai, file_id)

    assert first.id != second.id
    assert sent() == 2


def test_a_retry_is_of_the_same_body_and_the_same_key(stack: Stack, openai: OpenAI, file_id: str):
    first = create(openai, file_id)

    other_body = create(openai, file_id, metadata={"other": "1"}, extra_headers=AGAIN)
    with stack.openai(api_key="sk-other") as other:
        other_key = create(other, file_id, extra_headers=AGAIN)
    same = create(openai, file_id, extra_headers=AGAIN)

    assert len({first.id, other_body.id, other_key.id}) == 3
    assert same.id == first.id


def test_an_idempotency_key_makes_one_batch(openai: OpenAI, file_id: str, sent):
    key = {"idempotency-key": str(uuid4())}

    first = create(openai, file_id, extra_headers=key)
    wait(openai, first)
    second = create(openai, file_id, extra_headers=key)

    assert second.id == first.id
    assert second.status == "completed"
    assert sent() == 1


def test_an_idempotency_key_is_for_one_body(openai: OpenAI, file_id: str):
    key = {"idempotency-key": str(uuid4())}
    create(openai, file_id, extra_headers=key)

    with pytest.raises(sdk.BadRequestError, match="Idempotency-Key was used before") as caught:
        create(openai, file_id, metadata={"other": "1"}, extra_headers=key)
    assert caught.value.code == "idempotency_key_reused"


def test_other_idempotency_keys_make_other_batches(openai: OpenAI, file_id: str):
    made = {
        create(openai, file_id, extra_headers={"idempotency-key": str(uuid4())}).id
        for _ in range(3)
    }

    assert len(made) == 3


def at_once(calls: list) -> list[Batch | sdk.APIStatusError]:
    def attempt(call) -> Batch | sdk.APIStatusError:
        try:
            return call()
        except sdk.APIStatusError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(attempt, calls))


def test_equal_creates_at_once_make_one_batch_for_one_key(openai: OpenAI, file_id: str):
    key = {"idempotency-key": str(uuid4())}

    made = at_once([lambda: create(openai, file_id, extra_headers=key)] * 12)

    assert {one.id for one in made} == {made[0].id}


def test_other_creates_at_once_are_refused_for_one_key(openai: OpenAI):
    key = {"idempotency-key": str(uuid4())}
    files = [upload(openai, b"{\n") for _ in range(12)]

    made = at_once([partial(create, openai, name, extra_headers=key) for name in files])

    refused = [one for one in made if isinstance(one, sdk.APIStatusError)]
    assert len(refused) == 11
    assert {(one.status_code, one.code) for one in refused} == {(400, "idempotency_key_reused")}


def test_a_retry_waits_for_the_first_try_and_gets_its_batch(openai: OpenAI, file_id: str):
    first = [lambda: create(openai, file_id)]
    retries = [lambda: create(openai, file_id, extra_headers=AGAIN)] * 8

    at_once(first + retries)

    # A retry that overtook the first try is the first; then there may be two, and never more.
    made = [one for one in openai.batches.list() if one.input_file_id == file_id]
    assert 1 <= len(made) <= 2
