"""Which providers and models a key may use."""

from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest
from botocore.exceptions import ClientError
from google.genai.errors import ClientError as GenAIError

from batches.models import Batch
from files.models import File
from providers.models import VirtualKey
from tests.keys.asking import S3, WITH_BATCHES, Asking, OpenAI
from tests.s3.client import Server
from tests.s3.client import boto as s3

DENIED = {
    "OpenAI": (openai.PermissionDeniedError, "invalid_request_error"),
    "Anthropic": (anthropic.PermissionDeniedError, "permission_error"),
    "GenAI": (GenAIError, "PERMISSION_DENIED"),
    "Bedrock": (ClientError, "AccessDeniedException"),
}


def denied(asking: Asking, call: Callable[[], object]) -> str:
    """What was said."""
    kind, word = DENIED[type(asking).__name__]
    with pytest.raises(kind) as caught:
        call()
    refusal = asking.refusal(caught.value)
    assert (refusal.word, refusal.status, refusal.retry_after) == (word, 403, None)
    return refusal.message


def others(provider: str) -> list[str]:
    return [name for name in ("openai", "anthropic", "gemini", "bedrock") if name != provider]


def test_a_key_sends_to_its_own_providers_only(make_key: Any, connect: Any, batching: type[Asking]):
    allowed = others(batching.provider)
    asking = connect(batching, make_key(allowed_providers=allowed).text)

    said = denied(asking, asking.create)

    assert f"the provider '{batching.provider}'" in said
    assert all(f"'{name}'" in said for name in allowed)
    assert not Batch.objects.exists()
    connect(batching, make_key(allowed_providers=[batching.provider]).text).create()


def test_a_provider_that_nobody_named_is_refused_as_well(make_key: Any, connect: Any):
    """The first record asks for one of OpenAI's models."""
    asking = connect(OpenAI, make_key(allowed_providers=["anthropic"]).text)
    assert "the provider 'openai'" in denied(asking, asking.create)


def test_the_window_on_s3_is_bedrocks(make_key: Any, connect: Any, http: Any):
    without = make_key(allowed_providers=["openai"]).text
    window = connect(S3, without).bearing(s3(Server()), without)
    with pytest.raises(ClientError) as caught:
        window.list_objects_v2(Bucket="theirs")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert "the provider 'bedrock'" in caught.value.response["Error"]["Message"]
    # Bifrost's own store needs no provider.
    connect(S3, without).read()


def test_files_in_a_bucket_are_bedrocks(make_key: Any, connect: Any):
    asking = connect(OpenAI, make_key(allowed_providers=["openai"]).text)
    there = {"provider": "bedrock", "storage_config": {"s3": {"bucket": "theirs"}}}
    for call in (
        lambda: asking.client.files.create(
            file=("in.jsonl", b"x"), purpose="batch", extra_body=there
        ),
        lambda: asking.client.files.retrieve("s3://theirs/in.jsonl"),
        lambda: asking.client.files.list(
            extra_query={"provider": "bedrock", "storage_config[s3][bucket]": "theirs"}
        ),
    ):
        assert "the provider 'bedrock'" in denied(asking, call)
    assert not File.objects.exists()


@pytest.mark.parametrize("name", ["genai", "bedrock"])
def test_a_model_that_is_known_at_once_is_refused_at_once(make_key: Any, connect: Any, name: str):
    kind = WITH_BATCHES[name]
    asking = connect(kind, make_key(allowed_models=["gpt-5*", "gemini-3-*"]).text)

    said = denied(asking, asking.create)

    assert f"the model '{kind.model}'" in said
    assert "'gpt-5*' or 'gemini-3-*'" in said
    assert not Batch.objects.exists()
    connect(kind, make_key(allowed_models=[kind.model]).text).create()


def test_a_model_in_place_of_the_records_own_is_refused_at_once(make_key: Any, connect: Any):
    asking = connect(OpenAI, make_key(allowed_models=["gpt-5-mini"]).text)
    file = asking.client.files.create(file=("in.jsonl", b"{}\n"), purpose="batch")
    create = {
        "input_file_id": file.id,
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
        "extra_body": {"model": "o3"},
    }
    assert "the model 'o3'" in denied(asking, lambda: asking.client.batches.create(**create))


@pytest.mark.parametrize(
    ("allowed", "model", "may"),
    [
        ([], "anything", True),
        (["gpt-5-mini"], "gpt-5-mini", True),
        (["gpt-5-mini"], "gpt-5-mini-2025", False),
        (["gpt-5*"], "gpt-5-mini", True),
        (["gpt-5*"], "my-gpt-5", False),
        (["*-mini"], "gpt-5-mini", True),
        (["us.*.claude-*"], "us.anthropic.claude-sonnet", True),
        (["gpt-[5]"], "gpt-5", False),
        (["gpt.5"], "gpt-5", False),
        (["gpt-5?"], "gpt-5x", False),
        (["gpt-5*"], "gpt-5\nx", True),
        (["GPT-5"], "gpt-5", False),
        (["gemini-2.5-flash"], "models/gemini-2.5-flash", True),
        (["models/gemini-2.5-flash"], "models/gemini-2.5-flash", True),
        (["a", "b"], "b", True),
        (["a"], "", False),
    ],
)
def test_a_star_stands_for_any_text_and_nothing_else_does(
    allowed: list[str], model: str, may: bool
):
    assert VirtualKey(allowed_models=allowed).allows_model(model) is may
