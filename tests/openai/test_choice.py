"""Which provider a batch goes to."""

from typing import Any

import openai as sdk
import pytest
from openai import OpenAI

from providers.models import Credential
from providers.services import provider_for
from tests.openai.providers import chats, lived, send
from tests.sandbox.records import submit


@pytest.mark.parametrize(
    ("model", "dialect", "provider"),
    [
        ("gpt-5-mini", "anthropic", "openai"),
        ("o3", "openai", "openai"),
        ("claude-opus-4-6", "openai", "anthropic"),
        ("gemini-2.5-flash", "anthropic", "gemini"),
        ("models/gemini-2.5-flash", "openai", "gemini"),
        ("llama-of-our-own", "openai", "openai"),
        ("llama-of-our-own", "anthropic", "anthropic"),
        ("", "gemini", "gemini"),
    ],
)
def test_the_name_of_the_model_decides_and_then_the_lines(
    workspace, credentials, model: str, dialect: str, provider: str
):
    assert provider_for(workspace, model=model, dialect=dialect) == provider


def test_a_provider_without_credential_is_not_chosen(workspace, credentials):
    credentials["anthropic"].enabled = False
    credentials["anthropic"].save()

    assert provider_for(workspace, model="claude-opus-4-6", dialect="anthropic") == "openai"


def test_one_that_is_named_without_credential_is_refused(inside: OpenAI, credentials):
    Credential.objects.filter(provider="gemini").update(enabled=False)
    with pytest.raises(sdk.BadRequestError, match="No credential for provider 'gemini'") as caught:
        send(inside, "gemini", chats("gemini", "Hello!"))
    assert caught.value.code == "no_credential"


def test_the_model_of_the_batch_decides_before_that_of_the_records(inside: OpenAI):
    more: Any = {"model": "claude-opus-4-6"}
    assert submit(inside, chats("gemini", "Hello!"), extra_body=more).provider == "anthropic"


@pytest.mark.parametrize("content", [b"", b"{\n", b"\xff\n", b"x" * (17 * 2**20)])
def test_a_file_that_tells_nothing_goes_to_openai(inside: OpenAI, content: bytes):
    batch = submit(inside, content)
    assert batch.provider == "openai"
    assert lived(inside, batch).status == "failed"
