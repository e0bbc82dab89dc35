"""The services against the real sandbox, without web server, worker or broker."""

import json
import os
import time
from collections.abc import Callable, Iterator
from itertools import count

import pytest
import requests
from botocore.retries.standard import ExponentialBackoff
from django.utils import timezone

from batches import services
from batches.models import Batch, Job
from batches.services import submit
from files import services as files
from files.models import File
from providers import http, registry
from providers.anthropic import upstream as anthropic
from providers.base import Limits
from providers.models import Credential, Workspace
from providers.services import SANDBOX_OPTIONS, SANDBOX_PATHS, default_workspace
from tests.vendor_models import MODELS

_names = count()
every_provider = pytest.mark.parametrize("provider", MODELS, indirect=True)
other_providers = pytest.mark.parametrize(
    "provider", [name for name in MODELS if name != "openai"], indirect=True
)
# Of few records Bedrock makes no job: it is asked for one after the other.
directly = pytest.mark.parametrize(
    ("provider", "direct"), [("bedrock", True)], indirect=True, ids=["bedrock directly"]
)
OPTIONS = {"bedrock": {**SANDBOX_OPTIONS["bedrock"], "minimum_records": 1}}


class Sandbox:
    """The simulated provider, seen from its control path."""

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, method: str, path: str, **json: object) -> dict:
        answer = requests.request(
            method, f"{self.url}/_sandbox/{path}", json=json or None, timeout=60
        )
        answer.raise_for_status()
        return answer.json()

    def fault(self, **fault: object) -> None:
        self.control("POST", "faults", **fault)

    def force(self, upstream_id: str, status: str) -> None:
        """Bring a job to a status."""
        self.control("POST", f"batches/{upstream_id.rpartition('/')[2]}", status=status)

    def jobs_made(self) -> int:
        """How many submissions were carried out, whether or not their answers arrived."""
        calls = self.control("GET", "calls?operation=batches.create")["calls"]
        return len([call for call in calls if call["object"]])

    def count(self, operation: str) -> int:
        return self.control("GET", "calls")["counts"].get(operation, 0)


@pytest.fixture
def sandbox(sandbox_process: str) -> Iterator[Sandbox]:
    sandbox = Sandbox(sandbox_process)
    sandbox.control("POST", "reset")
    yield sandbox
    sandbox.control("DELETE", "faults")


@pytest.fixture(autouse=True)
def quick(settings, monkeypatch):
    settings.POLL_SECONDS = 0.01
    settings.SWEEP_SECONDS = 0.01
    monkeypatch.setattr(http, "RETRY", http.RETRY.new(backoff_factor=0, backoff_jitter=0))
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda backoff, context: 0)
    monkeypatch.setattr(anthropic, "LOOK_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(submit, "SETTLE_SECONDS", 0)


@pytest.fixture
def workspace(db) -> Workspace:
    return default_workspace()


@pytest.fixture
def provider(request: pytest.FixtureRequest) -> str:
    """Who runs the batches of a test: OpenAI, or every provider if it is marked so."""
    return getattr(request, "param", "openai")


@pytest.fixture
def direct(request: pytest.FixtureRequest) -> bool:
    """Whether the records are too few for a job of Bedrock's."""
    return getattr(request, "param", False)


@pytest.fixture
def credential(sandbox: Sandbox, workspace: Workspace, provider: str, direct: bool) -> Credential:
    credential = Credential(provider=provider, name="sandbox")
    credential.secret = f"sk-{next(_names)}-{os.getpid()}"
    credential.base_url = sandbox.url + SANDBOX_PATHS[provider]
    credential.options = OPTIONS.get(provider, {}) | ({"minimum_records": 100} if direct else {})
    credential.save()
    return credential


@pytest.fixture
def small_jobs(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider takes two records at once."""
    upstream = registry.upstream_class(provider)
    limits = Limits(records=2, bytes=10**6, one_model=upstream.limits.one_model)
    monkeypatch.setattr(upstream, "limits", limits)


def line(number: int, text: str = "", **changes: object) -> dict:
    body = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": f"{number} {text}"}]}
    return {
        "custom_id": f"c-{number}",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": body,
        **changes,
    }


def store(workspace: Workspace, content: bytes) -> File:
    with files.writing(workspace) as writer:
        writer.write(content)
    return files.publish(writer.file, purpose=File.Purpose.BATCH, filename="in.jsonl")


@pytest.fixture
def make(credential: Credential, workspace: Workspace, provider: str) -> Callable[..., Batch]:
    """Makes a batch of these lines, or of so many harmless ones, for models that the provider has."""

    def create(lines: list[dict] | int = 3, **fields: object) -> Batch:
        if isinstance(lines, int):
            lines = [line(number) for number in range(lines)]
        content = "".join(json.dumps(one) + "\n" for one in lines)
        content = content.replace(MODELS["openai"], MODELS[provider])
        return from_bytes(content.encode(), **fields)

    def from_bytes(content: bytes, **fields: object) -> Batch:
        given = {
            "surface": "openai",
            "provider": provider,
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            **fields,
        }
        repeat = services.Repeat(digest=f"digest-{next(_names)}")
        input_file = store(workspace, content)
        return services.create(
            workspace=workspace, input_file=input_file, repeat=repeat, fields=given
        )[0]

    create.from_bytes = from_bytes
    return create


def live(batch: Batch, *, seconds: float = 60) -> Batch:
    """What worker and beat do, until the batch has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        while services.advance(batch.pk):
            pass
        batch.refresh_from_db()
        if batch.ended:
            return batch
        for credential_id in services.credentials_due():
            services.poll(credential_id)
        time.sleep(0.002)
    raise AssertionError(f"still {batch.status}: {batch.last_error}")


def revive() -> None:
    """As if all leases had run out."""
    now = timezone.now()
    Batch.objects.filter(due_at__gt=now).update(due_at=now)
    Job.objects.filter(due_at__gt=now).update(due_at=now)


def results(batch: Batch) -> tuple[list[dict], list[dict]]:
    """The lines of the output file and of the error file."""
    return tuple(
        [json.loads(text) for text in b"".join(files.stream(file)).splitlines()] if file else []
        for file in (batch.output_file, batch.error_file)
    )
