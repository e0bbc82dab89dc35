"""What is refused of a request in a file, one record at a time."""

import json

import pytest

from providers.sandbox.gemini.methods import method
from providers.sandbox.refusal import Refusal
from tests.sandbox.gemini import MODEL, ask, by_key, connected, error, line, run

FUNCTION = {"functionDeclarations": [{"name": "f"}]}
CALL = {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]}
RESULT = {"functionResponse": {"name": "f", "response": {}}}


@pytest.fixture
def client(sandbox, key):
    with connected(sandbox, key) as client:
        yield client


def refusal(request: object, *, model: str = f"models/{MODEL}") -> str:
    with pytest.raises(Refusal) as caught:
        method("batchGenerateContent").judge(json.dumps(request).encode(), model=model)
    assert caught.value.status == 400
    assert caught.value.body["error"]["status"] == "INVALID_ARGUMENT"
    message: str = caught.value.body["error"]["message"]
    return message


def taken(request: object, *, model: str = f"models/{MODEL}") -> dict[str, object]:
    return method("batchGenerateContent").judge(json.dumps(request).encode(), model=model)


def test_a_bad_request_is_a_result_of_its_own(client):
    lines = [line("good"), {"key": "bad", "request": ask(messages=[])}, {"key": "none"}]
    found = by_key(client, run(client, lines))
    assert set(found["good"]) == {"key", "response"}
    assert found["bad"]["error"]["code"] == 3
    assert 'Unknown name "messages"' in found["bad"]["error"]["message"]
    assert found["none"]["error"]["code"] == 3


def test_the_model_of_a_request_is_that_of_the_batch(client):
    assert "model" in error(client, ask(model="models/gemini-other"))["message"]
    assert taken(ask(model=MODEL))
    assert taken(ask(model=f"models/{MODEL}"))


@pytest.mark.parametrize(
    ("change", "path", "name"),
    [
        ({"prompt": "x"}, "", "prompt"),
        ({"temperature": 1}, "", "temperature"),
        ({"contents": [{"parts": [{"txt": "x"}]}]}, "contents[0].parts[0]", "txt"),
        ({"generationConfig": {"max_tokens": 5}}, "generation_config", "max_tokens"),
        (
            {"tools": [{"functionDeclarations": [{"name": "f", "strict": True}]}]},
            "tools[0].function_declarations[0]",
            "strict",
        ),
        # Fields of Vertex AI.
        ({"safetySettings": [{"method": "SEVERITY"}]}, "safety_settings[0]", "method"),
        ({"generationConfig": {"audioTimestamp": True}}, "generation_config", "audioTimestamp"),
        (
            {"generationConfig": {"responseSchema": {"type": "OBJECT", "$ref": "#"}}},
            "generation_config.response_schema",
            "$ref",
        ),
    ],
)
def test_an_unknown_field_is_named(change, path, name):
    at = f" at '{path}'" if path else ""
    expected = f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.'
    assert refusal({**ask(), **change}) == expected


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"contents": "x"}, "contents"),
        ({"contents": [{"parts": [{"text": 5}]}]}, "contents[0].parts[0].text"),
        ({"generationConfig": {"temperature": "hot"}}, "generation_config.temperature"),
        ({"generationConfig": {"maxOutputTokens": 1.5}}, "generation_config.max_output_tokens"),
        ({"generationConfig": {"stopSequences": [1]}}, "generation_config.stop_sequences[0]"),
        ({"safetySettings": [{"category": "BAD"}]}, "safety_settings[0].category"),
        ({"systemInstruction": "Be brief."}, "system_instruction"),
        (
            {"contents": [{"parts": [{"inlineData": {"mimeType": "a/b", "data": "ä"}}]}]},
            "contents[0].parts[0].inline_data.data",
        ),
    ],
)
def test_a_value_of_the_wrong_type_is_named(change, path):
    assert refusal({**ask(), **change}).startswith(f"Invalid value at '{path}' (")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"contents": []}, "contents is not specified"),
        ({"contents": [{"role": "user", "parts": []}]}, "must not be empty"),
        ({"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}, "valid role"),
        ({"contents": [{"parts": [{}]}]}, "must have one initialized field"),
        ({"contents": [{"parts": [{"text": "x", "functionCall": {"name": "f"}}]}]}, "already set"),
        ({"contents": [{"parts": [RESULT]}]}, "function response parts is equal"),
        (
            {"contents": [*ask()["contents"], CALL, {"parts": [RESULT, RESULT]}]},
            "function response parts is equal",
        ),
        ({"generationConfig": {"temperature": 2.1}}, "in the range [0, 2]"),
        ({"generationConfig": {"topP": -1}}, "in the range [0, 1]"),
        ({"generationConfig": {"candidateCount": 9}}, "in the range [1, 8]"),
        ({"generationConfig": {"stopSequences": ["x"] * 6}}, "at most 5"),
        ({"generationConfig": {"logprobs": 1}}, "requires response_logprobs"),
        ({"generationConfig": {"responseMimeType": "text/html"}}, "allowed mimetypes"),
        ({"generationConfig": {"responseSchema": {"type": "STRING"}}}, "only allowed when"),
        (
            {
                "generationConfig": {
                    "responseMimeType": "application/json",
                    "responseSchema": {"type": "STRING"},
                    "responseJsonSchema": {"type": "string"},
                }
            },
            "cannot both be set",
        ),
        (
            {"generationConfig": {"responseMimeType": "application/json"}, "tools": [FUNCTION]},
            "mime type: 'application/json' is unsupported",
        ),
        ({"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}}, "not supported"),
        (
            {"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW", "thinkingBudget": 1}}},
            "only one of",
        ),
        ({"tools": [{"functionDeclarations": [{"name": "no spaces"}]}]}, "Invalid function name"),
        ({"tools": [FUNCTION, FUNCTION]}, "Duplicate function"),
        ({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "without function_decl"),
        (
            {
                "tools": [FUNCTION],
                "toolConfig": {
                    "functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["g"]}
                },
            },
            "not declared",
        ),
        (
            {
                "tools": [FUNCTION],
                "toolConfig": {"functionCallingConfig": {"allowedFunctionNames": ["f"]}},
            },
            "must only be set when",
        ),
    ],
)
def test_a_broken_rule_is_said(change, message):
    assert message in refusal({**ask(), **change})


@pytest.mark.parametrize(
    ("model", "thinking", "message"),
    [
        ("gemini-2.5-pro", {"thinkingBudget": 0}, "only works in thinking mode"),
        ("gemini-2.0-flash", {"includeThoughts": True}, "not supported by this model"),
        ("gemini-1.5-pro", {"thinkingBudget": 100}, "not supported by this model"),
    ],
)
def test_models_think_as_they_can(model, thinking, message):
    request = ask(generationConfig={"thinkingConfig": thinking})
    assert message in refusal(request, model=f"models/{model}")


@pytest.mark.parametrize("body", ["x", [], 5, None])
def test_what_is_no_object_is_refused(body):
    assert refusal(body)


@pytest.mark.parametrize(
    "change",
    [
        {"model": None, "safetySettings": None, "generationConfig": None},
        {"safetySettings": {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "block_none"}},
        {"generation_config": {"top_k": "40", "seed": 1.0, "imageConfig": {"aspectRatio": "1:1"}}},
        {"tools": [{"googleSearch": {}}, {"codeExecution": {}}]},
        {"labels": {"team": "blue"}, "serviceTier": "flex", "store": False},
        {"contents": [*ask()["contents"], CALL, {"role": "function", "parts": [RESULT]}]},
        {"generationConfig": {"responseFormat": [{"text": {"schema": {"type": "object"}}}]}},
        {"contents": [{"parts": [{"thoughtSignature": "c2ln-_=="}]}]},
    ],
)
def test_all_that_google_reads_is_taken(change):
    assert taken({**ask(), **change})
