"""Which keys are valid, at once, and what is noted of their use."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from providers.models import VirtualKey, Workspace
from tests.keys.asking import Asking, OpenAI

HOUR = timedelta(hours=1)
MOMENTS = [None, -HOUR, HOUR]


def get(client: Client, text: str, path: str = "/openai/batches") -> Any:
    return client.get(path, headers={"authorization": f"Bearer {text}"})


@pytest.mark.parametrize("expires", MOMENTS)
@pytest.mark.parametrize("revoked", MOMENTS)
def test_a_key_works_until_it_expires_or_is_revoked(
    make_key: Any, client: Client, expires: timedelta | None, revoked: timedelta | None
):
    now = timezone.now()
    key = make_key(
        expires_at=now + expires if expires else None, revoked_at=now + revoked if revoked else None
    )

    works = get(client, key.text).status_code == 200

    assert works == (key.row.state == "valid")
    assert works == (revoked is None and expires != -HOUR)
    states = ("valid", "expired", "revoked")
    found = [state for state in states if VirtualKey.objects.in_state(state).exists()]
    assert found == [key.row.state]


def test_a_key_that_is_over_is_refused_as_one_that_never_was(
    make_key: Any, connect: Any, surface: type[Asking]
):
    past = timezone.now() - HOUR
    said = []
    for text in (
        "bf-never-was",
        make_key(expires_at=past).text,
        make_key(revoked_at=past).text,
        # Not even how fast it was used is told.
        make_key(expires_at=past, requests_per_minute=0).text,
    ):
        asking = connect(surface, text)
        with pytest.raises(Exception) as caught:  # noqa: PT011 -- of any SDK
            asking.read()
        said.append(asking.refusal(caught.value))
    assert said[0].status in (401, 403)
    assert said == [said[0]] * 4


def test_a_resumable_upload_ends_with_its_key(make_key: Any, client: Client):
    key = make_key(expires_at=timezone.now() + HOUR, requests_per_minute=1)
    begun = client.post(
        "/genai/upload/v1beta/files",
        data=b"{}",
        content_type="application/json",
        headers={
            "x-goog-api-key": key.text,
            "x-goog-upload-protocol": "resumable",
            "x-goog-upload-command": "start",
            "x-goog-upload-header-content-length": "6",
            "x-goog-upload-header-content-type": "text/plain",
        },
    )
    assert begun.status_code == 200

    def send(offset: int) -> int:
        commands = {"x-goog-upload-command": "upload", "x-goog-upload-offset": str(offset)}
        answer = client.post(
            begun["x-goog-upload-url"], data=b"ab", content_type="text/plain", headers=commands
        )
        return answer.status_code

    # Into how many calls the SDK cuts it does not count.
    assert [send(0), send(2)] == [200, 200]
    VirtualKey.objects.update(expires_at=timezone.now() - HOUR)
    assert send(4) == 401


def test_use_is_noted_to_the_minute(make_key: Any, client: Client):
    key = make_key()
    assert key.row.last_used_at is None
    get(client, key.text)
    key.row.refresh_from_db()
    first = key.row.last_used_at
    assert timezone.now() - first < HOUR

    get(client, key.text)
    key.row.refresh_from_db()
    assert key.row.last_used_at == first

    VirtualKey.objects.update(last_used_at=first - timedelta(seconds=61))
    get(client, key.text)
    key.row.refresh_from_db()
    assert key.row.last_used_at >= first


def test_a_refused_key_is_not_in_use(make_key: Any, client: Client):
    key = make_key(revoked_at=timezone.now())
    get(client, key.text)
    key.row.refresh_from_db()
    assert key.row.last_used_at is None


def test_a_key_in_use_is_one_query(
    make_key: Any, client: Client, django_assert_num_queries: Any, workspace: Workspace
):
    key = make_key(allowed_models=["a"], records_per_day=1)
    get(client, key.text)
    with django_assert_num_queries(2):
        get(client, key.text, "/openai/batches")


@pytest.fixture
def elsewhere(transactional_db: None) -> Iterator[Any]:
    """Another process's connection to the same database."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        opened: Any = sqlite3.connect(settings["NAME"], isolation_level=None, timeout=30)
    else:
        names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD"}
        given = {name: settings[key] for name, key in names.items()}
        opened = psycopg.connect(
            host=settings["HOST"], port=settings["PORT"], autocommit=True, **given
        )
    with closing(opened):
        yield opened


def test_nobody_waits_for_the_note_of_a_use(elsewhere: Any, make_key: Any, client: Client):
    """As long as it takes: the test ends only if the request does not wait for the lock."""
    key = make_key()
    elsewhere.execute("BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN")
    elsewhere.execute("UPDATE providers_virtualkey SET name = 'held'")

    assert get(client, key.text).status_code == 200
    assert VirtualKey.objects.get().last_used_at is None

    elsewhere.execute("ROLLBACK")
    assert get(client, key.text).status_code == 200
    assert VirtualKey.objects.get().last_used_at


def test_a_database_that_cannot_be_written_answers_all_the_same(
    transactional_db: None, make_key: Any, client: Client
):
    key = make_key()
    on, off = {
        "sqlite": ("PRAGMA query_only = 1", "PRAGMA query_only = 0"),
        "postgresql": (
            "SET default_transaction_read_only = on",
            "SET default_transaction_read_only = off",
        ),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(on)
    try:
        assert get(client, key.text).status_code == 200
        assert VirtualKey.objects.get().last_used_at is None
    finally:
        with connection.cursor() as cursor:
            cursor.execute(off)


def test_an_sdk_is_told_before_it_sends_its_file(make_key: Any, connect: Any):
    """What is over is refused by the key alone."""
    asking = connect(OpenAI, make_key(revoked_at=timezone.now()).text)
    with pytest.raises(Exception, match="unknown here, revoked or expired"):
        asking.create()
