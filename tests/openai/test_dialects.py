"""Files in any dialect, to any provider: the results speak the dialect of the questions."""

import pytest
from anthropic.types.messages import MessageBatchIndividualResponse
from google.genai.types import GenerateContentResponse
from openai import OpenAI
from openai.types.chat import ChatCompletion

from tests.openai.providers import MODELS, chat, lived, said, send
from tests.sandbox.records import jsonl, results


def lines_of_all(provider: str) -> dict[str, bytes]:
    """The same question in each dialect, of which some name the model."""
    model, part = MODELS[provider], {"text": "Hello!"}
    messages = [{"role": "user", "content": "Hello!"}]
    params = {"model": model, "max_tokens": 100, "messages": messages}
    converse = {"messages": [{"role": "user", "content": [part]}]}
    generate = {"contents": [{"role": "user", "parts": [part]}]}
    records: dict[str, dict] = {
        "openai": chat(provider, "one"),
        "anthropic": {"custom_id": "one", "params": params},
        "gemini": {"key": "one", "request": generate},
        "bedrock": {"recordId": "one", "modelInput": converse},
    }
    return {dialect: jsonl([record]) for dialect, record in records.items()}


@pytest.mark.parametrize("provider", MODELS)
def test_results_speak_the_dialect_of_the_questions(inside: OpenAI, provider: str):
    batches = {
        dialect: send(inside, provider, content, model=MODELS[provider])
        for dialect, content in lines_of_all(provider).items()
    }

    found = {}
    for dialect, batch in batches.items():
        batch = lived(inside, batch)
        assert batch.error_file_id is None, inside.files.content(batch.error_file_id).text
        (found[dialect],) = results(inside, batch.output_file_id)
        assert said(found[dialect]).endswith("Hello!")
    ChatCompletion.model_validate(found["openai"]["response"]["body"])
    MessageBatchIndividualResponse.model_validate(found["anthropic"])
    GenerateContentResponse.model_validate(found["gemini"]["response"])
    ids = [found[dialect][name] for dialect, name in IDS.items()]
    assert ids == ["one"] * 4


IDS = {"openai": "custom_id", "anthropic": "custom_id", "gemini": "key", "bedrock": "recordId"}
