"""Whether the process lives, whether the whole can work, and what every answer carries."""

import re
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from batches import services
from batches.models import Heartbeat
from batches.services import beat

pytestmark = pytest.mark.django_db


def test_the_process_lives(client):
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_it_is_ready_when_everything_answers(client):
    beat()
    services.seen("beat")

    answer = client.get("/readyz")

    assert answer.json()["checks"] == dict.fromkeys(
        ("database", "broker", "storage", "beat", "worker"), "ok"
    )
    assert answer.status_code == 200


def test_it_is_not_ready_before_a_worker_was_seen(client):
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["worker"] == "never seen"


def test_it_is_not_ready_when_the_worker_is_gone(client):
    beat()
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=2))

    assert client.get("/readyz").json()["checks"]["worker"] == "not seen for 120 s"


def test_beat_is_told_from_the_worker(client):
    services.seen("beat")

    checks = client.get("/readyz").json()["checks"]
    assert (checks["beat"], checks["worker"]) == ("ok", "never seen")


def test_it_is_not_ready_without_storage(client, monkeypatch):
    def broken():
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(default_storage, "check", broken)

    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["storage"] == "no answer: OSError"


@pytest.mark.parametrize(
    "header", ["x-request-id", "request-id", "x-amzn-requestid", "x-amz-request-id"]
)
def test_a_request_is_named_as_the_caller_did_where_its_sdk_looks(client, header):
    assert client.get("/healthz", headers={"x-request-id": "abc-1"})[header] == "abc-1"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a\x0bb"])
def test_a_request_gets_a_name_where_there_is_no_good_one(client, given):
    name = client.get("/healthz", headers={"x-request-id": given})["x-request-id"]

    assert re.fullmatch(r"req_[0-9a-f]{32}", name)


def test_a_path_cannot_forge_a_line_of_the_log(client, caplog):
    client.get("/openai/files/x%0AERROR forged")

    assert "\n" not in caplog.records[-1].getMessage()


def test_the_first_address_leads_to_the_admin(client):
    assert client.get("/")["location"] == "/admin/"


def test_a_host_that_is_not_ours_is_told_what_to_set(client):
    answer = client.get("/openai/files", headers={"host": "bifrost.internal"})

    assert answer.status_code == 400
    assert "BIFROST_ALLOWED_HOSTS" in answer.json()["error"]["message"]
