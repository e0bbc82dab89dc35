"""Webhooks in: what a provider tells ends the wait at once, and nobody else can do anything with it."""

import json
import time
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook as Signer

from batches import services, tasks
from batches.models import Batch, Job
from batches.services.jobs import upstream_of
from gateway.incoming.views import MOST_BYTES
from providers.models import Credential
from providers.services import default_workspace
from tests.admin import make as rows
from tests.batches.conftest import line

pytestmark = pytest.mark.django_db

SECRET = "whsec_" + b64encode(b"a secret of the provider's own..").decode()
ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghij12"


def running(upstream_id: str, **fields) -> Job:
    """One that is not to be polled for an hour."""
    later = timezone.now() + timedelta(hours=1)
    return rows.job(rows.batch(), upstream_id=upstream_id, due_at=later, **fields)


def credential(provider: str = "openai", secret: str = SECRET, **fields) -> Credential:
    made = rows.credential(f"one of {provider}", provider=provider, **fields)
    made.webhook_secret = secret
    made.save()
    return made


def address(one: Credential) -> str:
    return f"/bifrost/v1/incoming/{one.provider}/{one.pk}"


def event(upstream_id: object, kind: object = "batch.completed") -> dict:
    """As OpenAI writes one."""
    return {
        "id": "evt_1",
        "object": "event",
        "created_at": 1750287018,
        "type": kind,
        "data": {"id": upstream_id},
    }


def aws_event(arn: object = ARN, **fields: object) -> dict:
    """As EventBridge brings one."""
    detail = {"version": "0.0", "batchJobArn": arn, "status": "Completed", "failureMessage": ""}
    return {
        "version": "0",
        "source": "aws.bedrock",
        "detail-type": "Batch Inference Job State Change",
        "time": "2026-11-30T03:00:00Z",
        "resources": [arn],
        "detail": detail,
        **fields,
    }


def signed(body: bytes, secret: str = SECRET, at: datetime | None = None) -> dict[str, str]:
    at = at or datetime.now(UTC)
    signature = Signer(secret).sign("wh_1", at, body.decode())
    return {
        "webhook-id": "wh_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


def send(client: Client, one: Credential, message: object, **headers: str):
    body = json.dumps(message).encode()
    headers = headers or signed(body)
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    return client.post(address(one), body, content_type="application/json", headers=names)


def is_due(job: Job) -> bool:
    job.refresh_from_db()
    return job.due_at <= timezone.now()


def ended_there(job: Job) -> bool:
    ((_, state),) = upstream_of(job).poll([job.upstream_id])
    return bool(state.ended)


def test_it_ends_the_wait(client, make, sandbox, credential, settings, ringing):
    """A job of which the next poll would ask in an hour."""
    settings.POLL_SECONDS = 3600
    credential.webhook_secret = SECRET
    credential.save()
    batch = make([line(0, "[sandbox:seconds=600]")])
    services.advance(batch.pk)
    job = batch.jobs.get()
    sandbox.force(job.upstream_id, "completed")
    while not ended_there(job):
        time.sleep(0.01)
    assert services.credentials_due() == []

    with ringing() as rung:
        answer = send(client, credential, event(job.upstream_id))
    with ringing() as rung_then:
        tasks.poll_credential(credential.pk)
    services.advance(batch.pk)

    assert (answer.status_code, answer.content) == (204, b"")
    assert rung == [("poll_credential", credential.pk)]
    assert rung_then == [("advance", batch.pk)]
    batch.refresh_from_db()
    assert batch.status == Batch.Status.COMPLETED


def test_bedrocks_events_come_with_the_secret_in_a_header(client, ringing):
    one = credential("bedrock", "a-long-secret-for-eventbridge")
    for header in ({"x_api_key": one.webhook_secret}, {"authorization": one.webhook_secret}):
        job = running(ARN, credential=one)

        with ringing() as rung:
            answer = send(client, one, aws_event(), **header)

        assert answer.status_code == 204
        assert is_due(job)
        assert rung == [("poll_credential", one.pk)]
        job.delete()


@pytest.mark.parametrize("told", ["batches/abc", "abc"])
def test_geminis_are_signed_as_openais(client, told):
    one = credential("gemini")
    job = running("batches/abc", credential=one)

    message = {"type": "batch.succeeded", "version": "v1", "data": {"id": told}}

    assert send(client, one, message).status_code == 204
    assert is_due(job)


def test_a_message_that_comes_again_does_no_harm(client, ringing):
    one = credential()
    job = running("batch_there", credential=one)
    body = json.dumps(event("batch_there")).encode()
    headers = signed(body)

    with ringing() as rung:
        for _ in range(3):
            answer = client.post(
                address(one), body, content_type="application/json", headers=headers
            )
            assert answer.status_code == 204

    assert rung == [("poll_credential", one.pk)] * 3
    assert is_due(job)
    Job.objects.update(status="collected", due_at=None)
    with ringing() as rung:
        send(client, one, event("batch_there"))
    assert rung == []
    job.refresh_from_db()
    assert job.due_at is None


@pytest.mark.parametrize(
    "message",
    [
        *(event("batch_of_nobody"), event("batch_there", "response.completed"), event(None)),
        *(event(["batch_there"]), event("batch_there\0"), event("x" * 10_000), event("", None)),
        *({}, {"type": "batch.completed"}, {"type": "batch.completed", "data": "batch_there"}),
        {"type": ["batch.completed"], "data": {"id": {"$ne": ""}}},
    ],
    ids=range(11),
)
def test_what_is_of_no_use_is_taken_and_forgotten(client, ringing, message):
    one = credential()
    job = running("batch_there", credential=one)

    with ringing() as rung:
        assert send(client, one, message).status_code == 204

    assert rung == []
    assert not is_due(job)


@pytest.mark.parametrize(
    "message",
    [
        *(aws_event(source="aws.s3"), aws_event(**{"detail-type": "Other"}), aws_event(detail=[])),
        *(aws_event(arn=7), aws_event(detail={"batchJobArn": None}), {}),
    ],
    ids=range(6),
)
def test_of_awss_events_only_those_of_jobs_are_heard(client, ringing, message):
    one = credential("bedrock", "a-long-secret-for-eventbridge")
    job = running(ARN, credential=one)

    with ringing() as rung:
        answer = send(client, one, message, x_api_key=one.webhook_secret)

    assert (answer.status_code, rung) == (204, [])
    assert not is_due(job)


def test_a_job_of_another_credential_is_not_polled(client):
    one, other = credential(), credential("gemini")
    job = running("batch_there", credential=other)

    assert send(client, one, event("batch_there")).status_code == 204

    assert not is_due(job)


BODY = json.dumps(event("batch_there")).encode()
OTHER = "whsec_" + b64encode(b"a secret of somebody else's.....").decode()
FORGERIES = {
    "nothing": lambda: {},
    "another secret": lambda: signed(BODY, OTHER),
    "another body": lambda: signed(BODY + b" "),
    "too old": lambda: signed(BODY, at=datetime.now(UTC) - timedelta(minutes=6)),
    "too new": lambda: signed(BODY, at=datetime.now(UTC) + timedelta(minutes=6)),
    "another id": lambda: {**signed(BODY), "webhook-id": "wh_2"},
    "no version": lambda: {
        **signed(BODY),
        "webhook-signature": signed(BODY)["webhook-signature"][3:],
    },
    "another version": lambda: {**signed(BODY), "webhook-signature": "v1a,AAAA"},
    "no base64": lambda: {**signed(BODY), "webhook-signature": "v1,!"},
    "commas": lambda: {**signed(BODY), "webhook-signature": "v1,,,"},
    "no signature": lambda: {**signed(BODY), "webhook-signature": " "},
    "no number": lambda: {**signed(BODY), "webhook-timestamp": "soon"},
    "no time": lambda: {**signed(BODY), "webhook-timestamp": "nan"},
    "a large number": lambda: {**signed(BODY), "webhook-timestamp": "9" * 400},
    "strange letters": lambda: {**signed(BODY), "webhook-signature": "v1,\u00e4\u00f6"},
    "the secret itself": lambda: {"x-api-key": SECRET, "authorization": f"Bearer {SECRET}"},
}


@pytest.mark.parametrize("forged", FORGERIES.values(), ids=FORGERIES)
def test_whoever_does_not_know_the_secret_is_refused(client, forged):
    one = credential()
    job = running("batch_there", credential=one)

    answer = client.post(address(one), BODY, content_type="application/json", headers=forged())

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_verified"
    assert not is_due(job)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": ""},
        {"x-api-key": "a-long-secret-for-eventbridg"},
        {"x-api-key": "a-long-secret-for-eventbridgee"},
        {"x-api-key": "\u00e4"},
        {"authorization": "Basic YS1sb25nLXNlY3JldA=="},
    ],
)
def test_eventbridge_without_the_secret_is_refused(client, headers):
    one = credential("bedrock", "a-long-secret-for-eventbridge")
    body = json.dumps(aws_event())

    answer = client.post(address(one), body, content_type="application/json", headers=headers)

    assert answer.status_code == 401


def test_nothing_tells_which_credentials_there_are(client, settings):
    """Neither one that is not there, nor one without a secret, of another provider, or a client's own."""
    nowhere = Credential(pk="0" * 12, provider="openai")
    silent = credential(secret="")
    elsewhere = credential("gemini")
    elsewhere.provider = "openai"
    clients = Credential.objects.create(provider="openai", name="direct x", direct=True)
    Credential.objects.filter(pk=clients.pk).update(
        encrypted_webhook_secret=credential("bedrock").encrypted_webhook_secret
    )
    unreadable = rows.credential("unreadable")
    Credential.objects.filter(pk=unreadable.pk).update(encrypted_webhook_secret="garbled")

    answers = {
        (answer.status_code, answer.content)
        for one in (nowhere, silent, elsewhere, clients, unreadable)
        for answer in [send(client, one, event("batch_there"))]
    }

    assert len(answers) == 1
    assert next(iter(answers))[0] == 401


def test_an_empty_secret_opens_nothing(client):
    one = credential("bedrock", "")

    assert send(client, one, aws_event(), x_api_key="").status_code == 401


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"no json", {}, 400),
        (b"[]", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b'{"a": 1, "a": 2}', {}, 400),
        (b"\xff\xfe", {}, 401),
        (b"{}" + b" " * MOST_BYTES, {}, 413),
        (BODY, {"content-type": "text/plain"}, 415),
        (BODY, {"content-type": "application/json", "content-encoding": "gzip"}, 415),
        (BODY, {"content-type": "application/json; charset=utf-8"}, 204),
    ],
    ids=range(9),
)
def test_hostile_bodies(client, body, headers, status):
    one = credential()
    proof = signed(body) if b"\xff" not in body else signed(b"")
    kind = headers.get("content-type", "application/json")

    answer = client.post(address(one), body, content_type=kind, headers={**proof, **headers})

    assert answer.status_code == status


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
def test_only_post_is_known(client, method):
    one = credential()

    assert getattr(client, method)(address(one)).status_code == 405


@pytest.mark.parametrize("provider", ["anthropic", "sandbox", ""])
def test_other_providers_have_none(client, settings, provider):
    settings.AUTH = "open"
    default_workspace()
    one = credential()

    url = f"/bifrost/v1/incoming/{provider}/{one.pk}"
    headers = {"x-bf-vk": "any"}
    answer = client.post(url, b"{}", content_type="application/json", headers=headers)

    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == f"Invalid URL (POST {url})"
