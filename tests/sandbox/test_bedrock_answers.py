"""What the simulated models of Bedrock answer and refuse, in batches and one at a time."""

import json
from base64 import b64encode

import pytest
from anthropic.types import Message
from botocore.exceptions import ClientError
from openai.types.chat import ChatCompletion

from tests.sandbox.bedrock import (
    CLAUDE,
    LLAMA,
    NOVA,
    answer,
    connected,
    converse,
    error,
    lines,
    messages,
    results,
    run,
    submit,
    wait,
)
from tests.sandbox.process import start_sandbox

NATIVE = {"modelInvocationType": "InvokeModel"}
TOOL = {
    "name": "weather",
    "inputSchema": {
        "json": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        }
    },
}
TOOLS = {"tools": [{"toolSpec": TOOL}], "toolChoice": {"any": {}}}
PIXEL = b64encode(b"\x89PNG").decode()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with start_sandbox(tmp_path_factory.mktemp("bedrock"), bedrock_min_records=1) as url:
        yield url


@pytest.fixture
def clients(sandbox, key):
    with connected(sandbox, key) as clients:
        yield clients


def test_converse_answers_in_its_own_words(clients):
    said = answer(clients, converse("Hello"))
    assert said["output"]["message"]["content"] == [{"text": "Sandbox answer to: Hello"}]
    assert said["stopReason"] == "end_turn"
    usage = said["usage"]
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]


def test_converse_obeys_its_settings(clients):
    said = answer(clients, converse("Hello", inferenceConfig={"maxTokens": 2}))
    assert said["stopReason"] == "max_tokens"
    said = answer(clients, converse("Hello", inferenceConfig={"stopSequences": ["answer"]}))
    assert said["stopReason"] == "stop_sequence"
    schema = json.dumps(
        {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    )
    output = {
        "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": schema}}}
    }
    said = answer(clients, converse("Hello", outputConfig=output))
    assert json.loads(said["output"]["message"]["content"][0]["text"]) == {"a": 1}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (converse(toolConfig=TOOLS), "not supported in batch"),
        (converse(temperature=1), "extraneous key [temperature]"),
        (converse(inferenceConfig={"maxTokens": 0}), "greater than or equal to 1"),
        (converse(inferenceConfig={"temperature": 2}), "less than or equal to 1"),
        ({"messages": []}, "start with a user message"),
        ({}, "start with a user message"),
        (converse(" "), "is blank"),
        ({"messages": [{"role": "user", "content": "text"}]}, "type list"),
        ({"messages": [{"role": "robot", "content": [{"text": "x"}]}]}, "enum value set"),
        ({"messages": [{"role": "user", "content": [{"text": "x", "image": {}}]}]}, "one of"),
        ({"messages": converse()["messages"] * 2}, "alternate"),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"image": {"format": "png", "source": {"bytes": "?"}}}],
                    }
                ]
            },
            "base64",
        ),
    ],
)
def test_a_record_that_is_no_converse_fails_alone(clients, body, said):
    found = run(clients, body, converse("fine"))
    assert found["r0"]["error"]["errorCode"] == 400
    assert said in found["r0"]["error"]["errorMessage"]
    assert "modelOutput" in found["r1"]


def test_images_are_base64(clients):
    image = {"image": {"format": "png", "source": {"bytes": PIXEL}}}
    body = {"messages": [{"role": "user", "content": [image, {"text": "What is it?"}]}]}
    assert answer(clients, body)["stopReason"] == "end_turn"


def test_claude_answers_as_anthropic_does(clients):
    said = answer(clients, messages("Hello"), modelId=CLAUDE, **NATIVE)
    assert Message.model_validate(said).content[0].text == "Sandbox answer to: Hello"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"anthropic_version": "2023-06-01"}, "anthropic_version"),
        ({"model": "claude"}, "model: Extra inputs"),
        ({"stream": False}, "stream: Extra inputs"),
        ({"max_tokens": None}, "max_tokens"),
        ({"messages": []}, "at least one message"),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "image", "source": {"type": "url", "url": "https://x.y/z"}}
                        ],
                    }
                ]
            },
            "URL sources",
        ),
    ],
)
def test_a_body_that_is_none_of_claude_fails(clients, changes, said):
    found = error(clients, messages(**changes), modelId=CLAUDE, **NATIVE)
    assert found["errorCode"] == 400
    assert said in found["errorMessage"]


def test_nova_takes_tools_in_its_own_body(clients):
    body = converse("Weather?", schemaVersion="messages-v1", toolConfig=TOOLS)
    said = answer(clients, body, modelId=NOVA, **NATIVE)
    assert said["stopReason"] == "tool_use"
    called = said["output"]["message"]["content"][0]["toolUse"]
    assert (called["name"], called["input"]) == ("weather", {"city": "sandbox"})


@pytest.mark.parametrize(
    ("model", "body", "part"),
    [
        ("meta.llama3-8b-instruct-v1:0", {"prompt": "Hi"}, "generation"),
        ("mistral.mistral-7b-instruct-v0:2", {"prompt": "Hi"}, "outputs"),
        (
            "mistral.mistral-large-2407-v1:0",
            {"messages": [{"role": "user", "content": "Hi"}]},
            "choices",
        ),
        ("amazon.titan-embed-text-v2:0", {"inputText": "Hi", "dimensions": 256}, "embedding"),
        ("cohere.embed-english-v3", {"texts": ["Hi"], "input_type": "search_query"}, "embeddings"),
    ],
)
def test_models_answer_in_their_own_words(clients, model, body, part):
    assert part in answer(clients, body, modelId=model, **NATIVE)
    found = error(clients, {**body, "unknown": 1}, modelId=model, **NATIVE)
    assert "Malformed input request" in found["errorMessage"]


def test_gpt_oss_answers_as_openai_does(clients):
    body = {"messages": [{"role": "user", "content": "Hello"}]}
    said = answer(clients, body, modelId="openai.gpt-oss-120b-1:0", **NATIVE)
    assert ChatCompletion.model_validate(said).choices[0].message.content


def test_directives_are_obeyed(clients):
    found = run(
        clients,
        converse("[sandbox:status=429]"),
        converse("[sandbox:text=Bonjour]"),
        converse("[sandbox:refusal]"),
        converse("[sandbox:finish=length]"),
        converse("[sandbox:lost]"),
    )
    assert found["r0"]["error"]["errorCode"] == 429
    assert "Bonjour" in json.dumps(found["r1"]["modelOutput"])
    assert found["r2"]["modelOutput"]["stopReason"] == "content_filtered"
    assert found["r3"]["modelOutput"]["stopReason"] == "max_tokens"
    assert set(found) == {"r0", "r1", "r2", "r3"}


def test_a_result_may_come_twice(clients):
    arn = submit(clients, lines(converse("[sandbox:twice]")))
    wait(clients, arn)
    assert [result["recordId"] for result in results(clients, arn)] == ["r0", "r0"]


def test_models_answer_one_at_a_time_with_tools_too(clients):
    said = clients.models.converse(modelId=LLAMA, **converse("Weather?", toolConfig=TOOLS))
    assert said["stopReason"] == "tool_use"
    said = clients.models.invoke_model(modelId=CLAUDE, body=json.dumps(messages("Hi")))
    assert Message.model_validate_json(said["body"].read()).stop_reason == "end_turn"


def test_a_question_that_fails_is_an_error_of_aws(clients, control):
    def code(**changes) -> str:
        with pytest.raises(ClientError) as caught:
            clients.models.converse(**{"modelId": LLAMA, **converse(), **changes})
        return caught.value.response["Error"]["Code"]

    assert code(modelId="gpt-4o-mini") == "ValidationException"
    assert code(**converse("[sandbox:status=429]")) == "ThrottlingException"
    assert code(**converse("[sandbox:status=503]")) == "ServiceUnavailableException"
    control("POST", "faults", {"operation": "models.converse", "status": 424})
    assert code() == "ModelErrorException"


def test_embeddings_are_no_conversation(clients):
    found = error(clients, converse(), modelId="amazon.titan-embed-text-v2:0")
    assert "doesn't support the model" in found["errorMessage"]
