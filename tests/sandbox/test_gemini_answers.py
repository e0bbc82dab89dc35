"""Gemini's answers, judged by the types of the vendor's SDK, and what directives make of them."""

import json
from base64 import b64decode

import pytest
from google import genai
from google.genai import types

from tests.sandbox.gemini import (
    MODEL,
    answer,
    ask,
    by_key,
    connected,
    error,
    jsonl,
    line,
    results,
    run,
    upload,
    wait,
)

WEATHER = {
    "type": "OBJECT",
    "properties": {"city": {"type": "STRING"}, "days": {"type": "INTEGER", "minimum": 2}},
    "required": ["city", "days"],
}
JSON_WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS = [
    {
        "functionDeclarations": [
            {"name": "weather", "parameters": WEATHER},
            {"name": "news", "parametersJsonSchema": JSON_WEATHER},
        ]
    }
]
ANY = {"functionCallingConfig": {"mode": "ANY"}}


@pytest.fixture
def client(sandbox, key):
    with connected(sandbox, key) as client:
        yield client


def said(client: genai.Client, text: str = "Hello", *, model: str = MODEL, **more: object):
    """The response to a request, which has nothing that the SDK does not know."""
    response = answer(client, ask(text, **more), model=model)
    return types.GenerateContentResponse.model_validate(response)


def test_a_question_is_answered(client):
    response = said(client)
    assert response.text == "Sandbox answer to: Hello"
    assert response.model_version == MODEL
    assert response.response_id
    (candidate,) = response.candidates
    assert candidate.finish_reason == types.FinishReason.STOP
    assert candidate.content.role == "model"
    usage = response.usage_metadata
    assert usage.prompt_token_count == 2
    assert usage.candidates_token_count == 6
    assert usage.total_token_count == 2 + 6 + usage.thoughts_token_count


def test_the_last_words_of_the_user_are_answered(client):
    turns = [("user", "One"), ("model", "Two"), ("user", "Three"), ("model", "Four")]
    contents = [{"role": role, "parts": [{"text": text}]} for role, text in turns]
    assert said(client, contents=contents).text == "Sandbox answer to: Three"


def test_single_parts_and_snake_case_are_read(client):
    contents = {"parts": {"text": "Hi"}}
    config = {"max_output_tokens": "2", "temperature": "0.5"}
    response = said(client, contents=contents, generation_config=config)
    assert response.text == "Sandbox "
    assert response.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS


def test_there_are_as_many_candidates_as_asked(client):
    response = said(client, generationConfig={"candidateCount": 3})
    assert [candidate.index for candidate in response.candidates] == [0, 1, 2]


def test_a_function_is_called_when_one_must_be(client):
    response = said(client, tools=TOOLS, toolConfig=ANY)
    (call,) = response.function_calls
    assert call.name == "weather"
    assert call.args == {"city": "sandbox", "days": 2}
    assert call.id is None
    assert response.candidates[0].finish_reason == types.FinishReason.STOP
    assert response.candidates[0].content.parts[0].thought_signature is None


def test_an_allowed_function_is_called(client):
    config = {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["news"]}}
    (call,) = said(client, tools=TOOLS, toolConfig=config).function_calls
    assert call.name == "news"
    assert call.args == {"city": "sandbox"}


def test_a_function_that_may_be_called_is_called_on_order(client):
    assert said(client, tools=TOOLS).function_calls is None
    assert said(client, "[sandbox:tool]", tools=TOOLS).function_calls
    none = {"functionCallingConfig": {"mode": "NONE"}}
    assert said(client, "[sandbox:tool]", tools=TOOLS, toolConfig=none).function_calls is None


def test_models_of_the_third_generation_sign_their_calls_and_want_the_signature_back(client):
    model = "gemini-3-pro-preview"
    response = said(client, model=model, tools=TOOLS, toolConfig=ANY)
    (part,) = response.candidates[0].content.parts
    assert part.function_call.id
    assert part.thought_signature.startswith(b"sandbox:")
    turn = json.loads(
        response.candidates[0].content.model_dump_json(by_alias=True, exclude_none=True)
    )
    result = {"functionResponse": {"name": "weather", "response": {"sun": True}}}
    contents = [ask()["contents"][0], turn, {"role": "user", "parts": [result]}]
    assert said(client, model=model, tools=TOOLS, contents=contents).text
    del turn["parts"][0]["thoughtSignature"]
    refused = error(client, {"contents": contents, "tools": TOOLS}, model=model)
    assert "missing a thought_signature" in refused["message"]
    assert said(client, tools=TOOLS, contents=contents).text


def test_signatures_of_turns_that_are_over_are_not_wanted(client):
    call = {"functionCall": {"name": "weather", "args": {}}}
    result = {"functionResponse": {"name": "weather", "response": {}}}
    contents = [
        {"role": "user", "parts": [{"text": "One"}]},
        {"role": "model", "parts": [call]},
        {"role": "user", "parts": [result]},
        {"role": "model", "parts": [{"text": "Done."}]},
        {"role": "user", "parts": [{"text": "Two"}]},
    ]
    assert said(client, model="gemini-3-flash-preview", tools=TOOLS, contents=contents).text


def test_a_schema_is_obeyed(client):
    config = {"responseMimeType": "application/json", "responseSchema": WEATHER}
    assert json.loads(said(client, generationConfig=config).text) == {"city": "sandbox", "days": 2}
    config = {"responseMimeType": "application/json", "responseJsonSchema": JSON_WEATHER}
    assert json.loads(said(client, generationConfig=config).text) == {"city": "sandbox"}
    config = {"responseMimeType": "application/json"}
    assert json.loads(said(client, generationConfig=config).text) == {
        "answer": "Sandbox answer to: Hello"
    }
    choice = {"type": "STRING", "enum": ["yes", "no"]}
    config = {"responseMimeType": "text/x.enum", "responseSchema": choice}
    assert said(client, generationConfig=config).text == "yes"


def test_thoughts_are_shown_when_asked_for(client):
    config = {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 1024}}
    parts = said(client, generationConfig=config).candidates[0].content.parts
    assert [part.thought for part in parts] == [True, None]
    config = {"thinkingConfig": {"thinkingBudget": 0}}
    usage = said(client, generationConfig=config).usage_metadata
    assert usage.thoughts_token_count is None
    assert usage.total_token_count == usage.prompt_token_count + usage.candidates_token_count


def test_log_probabilities_are_given(client):
    config = {"responseLogprobs": True, "logprobs": 1}
    candidate = said(client, generationConfig=config).candidates[0]
    assert candidate.avg_logprobs == -0.01
    assert candidate.logprobs_result.top_candidates


@pytest.mark.filterwarnings("ignore:.*experimental")
@pytest.mark.parametrize("task", ["RETRIEVAL_QUERY", None])
def test_an_embedding_is_a_unit_vector_of_the_dimensions_asked_for(client, task):
    request = {"content": {"parts": [{"text": "Hello"}]}, "output_dimensionality": 8}
    lines = [{"key": "a", "request": {**request, "taskType": task}}]
    source = {"file_name": upload(client, jsonl(lines))}
    job = client.batches.create_embeddings(model="gemini-embedding-001", src=source)
    response = by_key(client, wait(client, job))["a"]["response"]
    values = types.ContentEmbedding.model_validate(response["embedding"]).values
    assert len(values) == 8
    assert sum(value**2 for value in values) == pytest.approx(1)
    assert response["usageMetadata"] == {"promptTokenCount": 2}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, 3),
        (401, 16),
        (403, 7),
        (404, 5),
        (409, 10),
        (418, 3),
        (429, 8),
        (499, 1),
        (500, 13),
        (503, 14),
        (504, 4),
        (599, 13),
    ],
)
def test_a_record_fails_with_the_code_of_the_status_it_asks_for(client, status, code):
    refused = error(client, ask(f"[sandbox:status={status}]"))
    assert set(refused) == {"code", "message"}
    assert refused["code"] == code


def test_a_record_says_the_text_it_asks_for(client):
    assert said(client, "[sandbox:text=Schöne Grüße]").text == "Schöne Grüße"


@pytest.mark.parametrize(
    ("ordered", "reason", "has_content"),
    [
        ("length", "MAX_TOKENS", True),
        ("content_filter", "SAFETY", False),
        ("RECITATION", "RECITATION", False),
        ("other", "OTHER", True),
    ],
)
def test_a_record_finishes_as_it_asks(client, ordered, reason, has_content):
    (candidate,) = said(client, f"[sandbox:finish={ordered}]").candidates
    assert candidate.finish_reason == types.FinishReason(reason)
    assert (candidate.content is not None) == has_content


def test_a_blocked_question_has_feedback_and_no_candidates(client):
    response = said(client, "[sandbox:refusal]")
    assert response.candidates is None
    assert response.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT
    assert response.usage_metadata.candidates_token_count is None


def test_a_record_is_lost_and_another_comes_twice(client):
    job = run(client, [line("a"), line("b", "[sandbox:lost]"), line("c", "[sandbox:twice]")])
    keys = [result["key"] for result in results(client, job)]
    assert sorted(keys) == ["a", "c", "c"]


def test_a_batch_fails_or_expires_when_it_asks_for_it(client):
    for word, state in (("fail", "JOB_STATE_FAILED"), ("expire", "JOB_STATE_EXPIRED")):
        job = run(client, [line("a", f"[sandbox:batch={word}]"), line("b")])
        assert job.state == state
        assert job.dest is None


def test_directives_are_read_wherever_text_is(client):
    instruction = {"parts": [{"text": "[sandbox:text=Hi]"}]}
    job = run(client, [line("a", systemInstruction=instruction)])
    response = types.GenerateContentResponse.model_validate(by_key(client, job)["a"]["response"])
    assert response.text == "Hi"


def test_media_are_taken(client):
    pixel = {"inlineData": {"mimeType": "image/png", "data": "aGVsbG8="}}
    assert b64decode(pixel["inlineData"]["data"]) == b"hello"
    link = {"fileData": {"mimeType": "image/png", "fileUri": "https://example.org/a.png"}}
    contents = [{"role": "user", "parts": [pixel, link, {"text": "What?"}]}]
    assert said(client, contents=contents).text == "Sandbox answer to: What?"
