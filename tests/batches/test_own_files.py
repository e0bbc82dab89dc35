"""Records that name a file at Bifrost, on their way to a provider that speaks as they do."""

import json

import pytest

from tests.batches.conftest import MODELS, live, results

pytestmark = pytest.mark.django_db
OURS = {
    "openai": "file-k3v9x2m7q1za",
    "anthropic": "file_k3v9x2m7q1za",
    "gemini": "http://localhost:8080/genai/v1beta/files/k3v9x2m7q1za",
}
THEIRS = {
    "openai": "file-9xQmVbTz2LkRw4HsYcNfPd",
    "anthropic": "file_011CNha8iCJcU1wXNR6q4V8w",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/files/k3v9x2m7q1za",
}


def records(provider: str, name: str) -> list[dict]:
    """One that names the file, and one in whose text it only stands."""
    text = json.dumps({"file_id": name, "fileUri": name})
    model = MODELS[provider]
    if provider == "gemini":
        named = [{"fileData": {"mimeType": "application/pdf", "fileUri": name}}, {"text": "What?"}]
        return [
            {"key": key, "request": {"contents": [{"role": "user", "parts": parts}]}}
            for key, parts in (("a", named), ("b", [{"text": text}]))
        ]
    if provider == "anthropic":
        named = [{"type": "document", "source": {"type": "file", "file_id": name}}]
        return [
            {
                "custom_id": key,
                "params": {
                    "model": model,
                    "max_tokens": 9,
                    "messages": [
                        {"role": "user", "content": [*more, {"type": "text", "text": text}]}
                    ],
                },
            }
            for key, more in (("a", named), ("b", []))
        ]
    named = [{"type": "file", "file": {"file_id": name}}]
    return [
        {
            "custom_id": key,
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {
                "model": model,
                "messages": [{"role": "user", "content": [*more, {"type": "text", "text": text}]}],
            },
        }
        for key, more in (("a", named), ("b", []))
    ]


@pytest.mark.parametrize("provider", OURS, indirect=True)
def test_a_record_that_names_one_is_refused_by_name(make, provider: str):
    more = {"model_override": MODELS[provider]} if provider == "gemini" else {}
    batch = live(make(records(provider, OURS[provider]), **more))

    output, errors = results(batch)
    assert (batch.refused, batch.completed, batch.failed) == (1, 1, 1)
    assert [one.get("key") or one["custom_id"] for one in output] == ["b"]
    told = json.dumps(errors)
    assert "lies at Bifrost and not at the provider" in told
    assert OURS[provider] in told


@pytest.mark.parametrize("provider", THEIRS, indirect=True)
def test_what_lies_at_the_provider_is_the_providers_to_judge(make, provider: str):
    more = {"model_override": MODELS[provider]} if provider == "gemini" else {}
    batch = live(make(records(provider, THEIRS[provider]), **more))

    _, errors = results(batch)
    assert batch.refused == 0
    assert "lies at Bifrost" not in json.dumps(errors)
