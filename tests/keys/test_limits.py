"""Over a limit every SDK raises its own exception, and nothing is half done."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from botocore.exceptions import ClientError
from django.utils import timezone
from google.genai.errors import ClientError as GenAIError

from batches.models import Batch
from files.models import File
from tests.keys.asking import Anthropic, Asking, GenAI, OpenAI, Refusal

# The class, the vendor's word and the status of what may be tried again later.
LATER = {
    "OpenAI": (openai.RateLimitError, "rate_limit_exceeded", 429),
    "Anthropic": (anthropic.RateLimitError, "rate_limit_error", 429),
    "GenAI": (GenAIError, "RESOURCE_EXHAUSTED", 429),
    "Bedrock": (ClientError, "ThrottlingException", 429),
    "S3": (ClientError, "SlowDown", 503),
}
# The same of what never will be taken.
NEVER = {
    "OpenAI": (openai.APIStatusError, "invalid_request_error", 413),
    "Anthropic": (anthropic.RequestTooLargeError, "request_too_large", 413),
    "GenAI": (GenAIError, "INVALID_ARGUMENT", 413),
    "Bedrock": (ClientError, "ServiceQuotaExceededException", 413),
}


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> Path:
    """Of this test alone, so that what is left in it can be seen."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "files.storage.FolderStore",
            "OPTIONS": {"location": tmp_path / "files"},
        },
    }
    return tmp_path / "files"


def is_said(refusal: Refusal, told: tuple[type[Exception], str, int]) -> bool:
    kind, word, status = told
    return issubclass(refusal.kind, kind) and (refusal.word, refusal.status) == (word, status)


def refused(asking: Asking, call: Callable[[], object]) -> Refusal:
    with pytest.raises(Exception) as caught:  # noqa: PT011 -- which one is what is asked
        call()
    return asking.refusal(caught.value)


def left(store: Path) -> int:
    return sum(1 for path in store.rglob("*") if path.is_file())


def test_one_request_too_many_in_a_minute(make_key: Any, connect: Any, surface: type[Asking]):
    asking = connect(surface, make_key(requests_per_minute=2).text)
    asking.read()
    asking.read()

    refusal = refused(asking, asking.read)
    assert is_said(refusal, LATER[surface.__name__]), refusal
    assert "2 requests per minute" in refusal.message
    assert 0 < int(refusal.retry_after) <= 30


def test_another_key_has_a_minute_of_its_own(make_key: Any, connect: Any):
    one, other = (connect(OpenAI, make_key(requests_per_minute=1).text) for _ in range(2))
    one.read()
    other.read()
    for asking in (one, other):
        assert refused(asking, asking.read).status == 429


def test_the_share_of_a_minute_comes_back(make_key: Any, connect: Any):
    key = make_key(requests_per_minute=2)
    asking = connect(OpenAI, key.text)
    # As if its requests had all been sent, 25 seconds ago.
    key.row.next_request_at = timezone.now() + timedelta(seconds=35)
    key.row.save()
    refusal = refused(asking, asking.read)
    assert 4 <= int(refusal.retry_after) <= 5

    key.row.next_request_at = timezone.now() + timedelta(seconds=29)
    key.row.save()
    asking.read()
    assert refused(asking, asking.read).status == 429


def test_a_key_that_may_send_nothing_is_told_so(make_key: Any, connect: Any):
    asking = connect(OpenAI, make_key(requests_per_minute=0).text)
    assert "may send no requests" in refused(asking, asking.read).message


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"batches_in_flight": 1}, "1 batches in flight"),
        ({"bytes_in_flight": 2000}, "2000 bytes in flight"),
        ({"records_per_day": 3}, "3 records per day, and sent 2"),
    ],
    ids=["batches", "bytes", "records"],
)
def test_one_batch_too_many(
    make_key: Any, connect: Any, batching: type[Asking], store: Path, limits: Any, words: str
):
    key = make_key(**limits)
    asking = connect(batching, key.text)
    asking.create()
    Batch.objects.update(status="in_progress")
    if "bytes_in_flight" in limits:
        File.objects.update(size=1990)
    before = File.objects.count(), left(store)

    refusal = refused(asking, asking.create)

    assert is_said(refusal, LATER[batching.__name__]), refusal
    assert words in refusal.message
    assert int(refusal.retry_after) > 0
    assert Batch.objects.count() == 1
    uploaded = 0 if batching in (Anthropic, GenAI) else 1
    if batching.__name__ == "Bedrock":
        # The second upload took the place of the first.
        assert File.objects.filter(status="stored").count() == 1
    else:
        assert (File.objects.count(), left(store)) == (before[0] + uploaded, before[1] + uploaded)


def test_nothing_is_left_of_requests_that_came_inline(make_key: Any, connect: Any, store: Path):
    asking = connect(OpenAI, make_key(batches_in_flight=1).text)
    asking.create_inline()
    before = File.objects.count(), left(store)

    assert refused(asking, asking.create_inline).status == 429
    assert (File.objects.count(), left(store)) == before
    assert Batch.objects.count() == 1


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"bytes_in_flight": 10}, "10 bytes in flight"),
        ({"records_per_day": 1}, "has 2 records, and this key may send 1"),
    ],
    ids=["bytes", "records"],
)
def test_what_never_fits_is_not_to_be_tried_again(
    make_key: Any, connect: Any, batching: type[Asking], limits: Any, words: str
):
    asking = connect(batching, make_key(**limits).text)

    refusal = refused(asking, asking.create)

    assert is_said(refusal, NEVER[batching.__name__]), refusal
    assert words in refusal.message
    assert refusal.retry_after is None
    assert not Batch.objects.exists()


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "expired"])
def test_what_has_ended_is_not_in_flight(make_key: Any, connect: Any, status: str):
    asking = connect(OpenAI, make_key(batches_in_flight=1, bytes_in_flight=1000).text)
    asking.create()
    Batch.objects.update(status=status)
    asking.create()


def test_a_day_ends_after_24_hours_and_the_refusal_says_when(make_key: Any, connect: Any):
    asking = connect(OpenAI, make_key(records_per_day=4).text)
    for hours in (23, 22):
        asking.create()
        made = Batch.objects.latest("created_at")
        Batch.objects.filter(pk=made.pk).update(
            created_at=timezone.now() - timedelta(hours=hours), status="completed"
        )

    refusal = refused(asking, asking.create)
    assert 3590 <= int(refusal.retry_after) <= 3600

    oldest = Batch.objects.earliest("created_at")
    Batch.objects.filter(pk=oldest.pk).update(created_at=timezone.now() - timedelta(hours=25))
    asking.create()


def test_a_batch_that_failed_cost_no_records(make_key: Any, connect: Any):
    asking = connect(OpenAI, make_key(records_per_day=2).text)
    asking.create()
    Batch.objects.update(status="failed")
    asking.create()


def test_an_sdk_does_not_try_again_by_itself_what_takes_hours(make_key: Any, connect: Any):
    asking = connect(OpenAI, make_key(records_per_day=2).text)
    asking.create()
    with pytest.raises(openai.RateLimitError) as caught:
        asking.create()
    assert caught.value.response.headers["x-should-retry"] == "false"


def test_a_repeated_create_over_the_limit_gets_what_the_first_made(make_key: Any, connect: Any):
    asking = connect(OpenAI, make_key(batches_in_flight=1).text)
    file = asking.client.files.create(file=("in.jsonl", b"{}\n"), purpose="batch")
    body = {
        "input_file_id": file.id,
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
    }
    name = {"Idempotency-Key": "once"}
    first = asking.client.batches.create(**body, extra_headers=name)
    assert asking.client.batches.create(**body, extra_headers=name).id == first.id
