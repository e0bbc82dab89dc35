"""Writing a batch down, once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches import services
from batches.models import Batch
from tests.batches.conftest import store

FIELDS = {
    "surface": "openai",
    "provider": "openai",
    "endpoint": "/v1/chat/completions",
    "completion_window": "24h",
}
pytestmark = pytest.mark.django_db


@pytest.fixture
def create(workspace, credential):
    input_file = store(workspace, b"{}")

    def repeatable(**repeat):
        return services.create(
            workspace=workspace,
            input_file=input_file,
            repeat=services.Repeat(**repeat),
            fields=FIELDS,
        )

    return repeatable


def test_two_equal_creates_are_two_batches(create):
    assert create(digest="a")[0] != create(digest="a")[0]


def test_an_automatic_repeat_gets_the_first_batch(create):
    first, new = create(digest="a")
    assert new

    assert create(digest="a", automatic=True) == (first, False)


def test_an_automatic_repeat_of_something_that_never_arrived_is_new(create):
    create(digest="a")

    assert create(digest="b", automatic=True)[1]


def test_after_ten_minutes_it_is_no_repeat(create):
    first, _ = create(digest="a")
    Batch.objects.update(created_at=timezone.now() - timedelta(minutes=11))

    assert create(digest="a", automatic=True)[0] != first


def test_the_same_idempotency_key_gets_the_same_batch(create):
    first, _ = create(digest="a", key="k")

    assert create(digest="a", key="k") == (first, False)


def test_an_idempotency_key_is_for_one_body(create):
    create(digest="a", key="k")

    with pytest.raises(services.IdempotencyConflictError):
        create(digest="b", key="k")


def test_without_credential_nothing_is_created(create, credential):
    credential.enabled = False
    credential.save()

    with pytest.raises(services.NoCredentialError):
        create(digest="a")
    assert not Batch.objects.exists()
