"""A simulated provider, on which others make jobs, and the surfaces without a server."""

from collections.abc import Callable
from typing import Any

import pytest
from anthropic import Anthropic
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from google import genai
from httpx2 import Client as HTTPClient
from httpx2 import WSGITransport
from openai import DefaultHttpxClient, OpenAI

from batches import services
from batches.models import Batch, OutsideJob
from providers.audit import Actor
from providers.models import AuditEvent, Credential, Workspace
from tests.batches.conftest import (
    Sandbox,
    credential,
    direct,
    make,
    provider,
    quick,
    sandbox,
    workspace,
)
from tests.bedrock.client import boto
from tests.genai.asking import connected
from tests.outside import elsewhere

__all__ = [
    "credential",
    "direct",
    "make",
    "provider",
    "quick",
    "sandbox",
    "workspace",
]
OPERATOR = Actor(AuditEvent.ActorKind.COMMAND, "an operator")


@pytest.fixture
def made(credential: Credential, sandbox: Sandbox) -> Callable[..., str]:
    """Makes a job elsewhere; its id at the provider."""
    return lambda *texts, **how: elsewhere.make(credential, sandbox.url, *texts, **how)


@pytest.fixture
def adopted(
    made: Callable[..., str], credential: Credential, workspace: Workspace
) -> Callable[..., Batch]:
    """Makes a job elsewhere, finds it and adopts it."""

    def adopt(*texts: str, **how: Any) -> Batch:
        name = made(*texts, **how)
        services.sync(credential.pk)
        return services.adopt(found(name), workspace, by=OPERATOR)

    return adopt


def found(upstream_id: str) -> OutsideJob:
    return OutsideJob.objects.select_related("credential").get(upstream_id=upstream_id)


class Surfaces:
    """The four SDKs, without a server."""

    def __init__(self, http: HTTPClient, client: Client) -> None:
        self.openai = OpenAI(
            base_url="http://testserver/openai",
            api_key="any",
            max_retries=0,
            http_client=DefaultHttpxClient(transport=WSGITransport(app=WSGIHandler())),
            _strict_response_validation=True,
        )
        self.anthropic = Anthropic(
            base_url="http://testserver/anthropic",
            api_key="any",
            max_retries=0,
            http_client=http,
            _strict_response_validation=True,
        )
        self.genai: genai.Client = connected("http://testserver", http=http)
        self.bedrock = boto(client, "")


@pytest.fixture
def sdks(http: HTTPClient, client: Client) -> Surfaces:
    return Surfaces(http, client)
