"""Who may read `/metrics`: nobody by default but this machine itself."""

from typing import Any

import pytest
from django.test import Client

from bifrost import settings as loaded

pytestmark = pytest.mark.django_db


def status(client: Client, **headers: str) -> int:
    return client.get("/metrics", headers=headers).status_code


@pytest.fixture
def token(settings: Any) -> str:
    settings.METRICS_TOKEN = "a-long-token"
    # From wherever.
    settings.BIND = "0.0.0.0"
    return "a-long-token"


def test_the_token_opens_it(client: Client, token: str):
    assert status(client, authorization=f"Bearer {token}") == 200
    assert status(client, authorization=f"bearer {token}") == 200


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer no", "Basic a-long-token", "Bearer ü"])
def test_nothing_else_does(client: Client, token: str, given: str):
    answer = client.get("/metrics", headers={"authorization": given} if given else {})
    assert answer.status_code == 401
    assert answer["www-authenticate"] == "Bearer"
    assert token not in answer.content.decode()


def test_without_one_this_machine_may(client: Client):
    assert not loaded.METRICS_TOKEN
    assert status(client) == 200


@pytest.mark.parametrize(
    "changes", [{"BIND": "0.0.0.0"}, {"BIND": "10.0.0.4"}, {"PUBLIC_HOST": "bifrost.example.com"}]
)
def test_not_where_others_reach_the_server(client: Client, settings: Any, changes: dict[str, str]):
    for name, value in changes.items():
        setattr(settings, name, value)
    answer = client.get("/metrics")
    assert answer.status_code == 403
    assert "BIFROST_METRICS_TOKEN" in answer.json()["error"]["message"]


def test_nor_from_elsewhere(client: Client):
    assert client.get("/metrics", REMOTE_ADDR="192.168.0.7").status_code == 403
    assert status(client, **{"x-forwarded-for": "127.0.0.1"}) == 403


def test_it_is_read_and_not_written(client: Client):
    assert client.post("/metrics").status_code == 405
