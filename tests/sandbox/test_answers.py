"""Answers of every endpoint, judged by the types of the vendor's SDK."""

import json
import math
import struct
from base64 import b64decode

import pytest
from openai import OpenAI
from openai.types import (
    Completion,
    CreateEmbeddingResponse,
    ImagesResponse,
    ModerationCreateResponse,
    Video,
)
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from tests.sandbox.records import answer, by_id, chat, error, run

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
FUNCTION = {"type": "function", "function": {"name": "weather", "parameters": WEATHER}}
FLAT_FUNCTION = {"type": "function", "name": "weather", "parameters": WEATHER, "strict": True}
TEXT_OUT = {"type": "json_schema", "name": "weather", "schema": WEATHER}


def ask(client: OpenAI, **more: object) -> ChatCompletion:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    body = {"model": "gpt-5-mini", "messages": messages, **more}
    return ChatCompletion.model_validate(answer(client, body), strict=True)


def respond(client: OpenAI, **more: object) -> Response:
    body = {"model": "gpt-5-mini", "input": "Hello", **more}
    return Response.model_validate(answer(client, body, endpoint="/v1/responses"))


def test_a_chat_is_answered(client: OpenAI):
    completion = ask(client)
    assert completion.model == "gpt-5-mini"
    assert completion.choices[0].message.content == "Sandbox answer to: Hello"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage is not None
    assert completion.usage.prompt_tokens == 4
    assert completion.usage.completion_tokens == 6
    assert completion.usage.total_tokens == 10


def test_parts_of_a_message_are_read(client: OpenAI):
    parts = [
        {"type": "text", "text": "What is"},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
        {"type": "text", "text": "this?"},
    ]
    completion = ask(client, messages=[{"role": "user", "content": parts}])
    assert completion.choices[0].message.content == "Sandbox answer to: What is this?"


def test_a_chat_has_as_many_choices_as_asked(client: OpenAI):
    assert [choice.index for choice in ask(client, n=3).choices] == [0, 1, 2]


def test_an_answer_ends_at_the_most_tokens(client: OpenAI):
    for name in ("max_tokens", "max_completion_tokens"):
        choice = ask(client, **{name: 2}).choices[0]
        assert choice.finish_reason == "length"
        assert choice.message.content == "Sandbox "


def test_a_required_tool_is_called(client: OpenAI):
    choice = ask(client, tools=[FUNCTION], tool_choice="required").choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    (call,) = choice.message.tool_calls or []
    assert call.type == "function"
    assert call.function.name == "weather"
    assert json.loads(call.function.arguments) == {"city": "sandbox", "days": 1}


def test_a_named_tool_is_called(client: OpenAI):
    custom = {"type": "custom", "custom": {"name": "shell"}}
    choice = ask(client, tools=[FUNCTION, custom], tool_choice=custom).choices[0]
    assert choice.finish_reason == "stop"
    (call,) = choice.message.tool_calls or []
    assert call.type == "custom"
    assert call.custom.name == "shell"


def test_a_tool_that_may_be_called_is_called_on_order(client: OpenAI):
    messages = [{"role": "user", "content": "[sandbox:tool]"}]
    assert ask(client, tools=[FUNCTION]).choices[0].message.tool_calls is None
    assert ask(client, tools=[FUNCTION], messages=messages).choices[0].message.tool_calls


def test_a_function_of_the_old_kind_is_called(client: OpenAI):
    function = {"name": "weather", "parameters": WEATHER}
    choice = ask(client, functions=[function], function_call={"name": "weather"}).choices[0]
    assert choice.finish_reason == "function_call"
    assert choice.message.function_call is not None
    assert choice.message.function_call.name == "weather"


def test_a_schema_is_obeyed(client: OpenAI):
    schema = {"type": "json_schema", "json_schema": {"name": "w", "schema": WEATHER}}
    content = ask(client, response_format=schema).choices[0].message.content
    assert json.loads(content or "") == {"city": "sandbox", "days": 1}
    content = ask(client, response_format={"type": "json_object"}).choices[0].message.content
    assert json.loads(content or "") == {"answer": "Sandbox answer to: Hello"}


def test_log_probabilities_are_given(client: OpenAI):
    logprobs = ask(client, logprobs=True).choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content


def test_a_response_is_given(client: OpenAI):
    response = respond(client, instructions="Be brief.", metadata={"a": "b"}, temperature=0.5)
    assert response.status == "completed"
    assert response.output_text == "Sandbox answer to: Hello"
    assert response.metadata == {"a": "b"}
    assert response.temperature == 0.5
    assert response.usage is not None
    assert response.usage.total_tokens == 8


def test_a_response_reads_items(client: OpenAI):
    items = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "input_text", "text": "Well?"}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "42"},
    ]
    assert respond(client, input=items).output_text == "Sandbox answer to: Well?"


def test_a_response_calls_tools(client: OpenAI):
    for choice in ("required", {"type": "function", "name": "weather"}):
        response = respond(client, tools=[FLAT_FUNCTION], tool_choice=choice)
        (item,) = response.output
        assert item.type == "function_call"
        assert json.loads(item.arguments) == {"city": "sandbox", "days": 1}
    custom = {"type": "custom", "name": "shell"}
    (item,) = respond(client, tools=[custom], tool_choice="required").output
    assert item.type == "custom_tool_call"


def test_a_response_obeys_a_schema(client: OpenAI):
    response = respond(client, text={"format": TEXT_OUT})
    assert json.loads(response.output_text) == {"city": "sandbox", "days": 1}


def test_a_response_ends_at_the_most_tokens(client: OpenAI):
    response = respond(client, max_output_tokens=16, input="Hello " * 20)
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"


def test_a_response_can_be_a_refusal(client: OpenAI):
    (item,) = respond(client, input="[sandbox:refusal]").output
    assert item.type == "message"
    assert item.content[0].type == "refusal"


@pytest.mark.parametrize(
    ("prompt", "count"), [("Hello", 1), (["a", "b"], 2), ([1, 2, 3], 1), ([[1], [2]], 2), (None, 1)]
)
def test_a_completion_is_given(client: OpenAI, prompt, count):
    body = {"model": "gpt-3.5-turbo-instruct", "prompt": prompt, "n": 2}
    completion = Completion.model_validate(answer(client, body, endpoint="/v1/completions"))
    assert [choice.index for choice in completion.choices] == list(range(2 * count))
    assert completion.choices[0].text.startswith("Sandbox answer to: ")


@pytest.mark.parametrize(
    ("given", "count"), [("Hello", 1), (["a", "b"], 2), ([1, 2, 3], 1), ([[1], [2]], 2)]
)
def test_embeddings_are_unit_vectors(client: OpenAI, given, count):
    body = {"model": "text-embedding-3-small", "input": given}
    body = answer(client, body, endpoint="/v1/embeddings")
    response = CreateEmbeddingResponse.model_validate(body)
    assert [item.index for item in response.data] == list(range(count))
    vector = response.data[0].embedding
    assert len(vector) == 1536
    assert math.isclose(sum(value * value for value in vector), 1.0, rel_tol=1e-5)


def test_embeddings_have_the_dimensions_and_the_encoding_asked_for(client: OpenAI):
    body = {"model": "text-embedding-3-large", "input": "x", "dimensions": 5}
    (plain,) = answer(client, body, endpoint="/v1/embeddings")["data"]
    body["encoding_format"] = "base64"
    (packed,) = answer(client, body, endpoint="/v1/embeddings")["data"]
    assert list(struct.unpack("<5f", b64decode(packed["embedding"]))) == plain["embedding"]


@pytest.mark.parametrize(
    ("given", "flags"),
    [
        ("Hello", [False]),
        (["Hello", "[sandbox:flag]"], [False, True]),
        ([{"type": "text", "text": "Hello"}], [False]),
    ],
)
def test_moderations_are_given(client: OpenAI, given, flags):
    body = {"model": "omni-moderation-latest", "input": given}
    body = answer(client, body, endpoint="/v1/moderations")
    response = ModerationCreateResponse.model_validate(body)
    assert [result.flagged for result in response.results] == flags
    assert [result.categories.violence for result in response.results] == flags


def test_images_are_generated(client: OpenAI):
    asked = {"model": "gpt-image-1", "prompt": "A cat", "n": 2}
    body = answer(client, asked, endpoint="/v1/images/generations")
    images = ImagesResponse.model_validate(body).data or []
    assert len(images) == 2
    assert b64decode(images[0].b64_json or "").startswith(b"\x89PNG\r\n")


def test_images_of_older_models_are_links(client: OpenAI):
    asked = {"model": "dall-e-3", "prompt": "A cat"}
    body = answer(client, asked, endpoint="/v1/images/generations")
    (image,) = ImagesResponse.model_validate(body).data or []
    assert (image.url or "").startswith("https://")


def test_images_are_edited(client: OpenAI):
    body = {"model": "gpt-image-1", "prompt": "A hat", "images": [{"file_id": "file-1"}]}
    body = answer(client, body, endpoint="/v1/images/edits")
    assert len(ImagesResponse.model_validate(body).data or ()) == 1


def test_videos_are_made(client: OpenAI):
    body = {"model": "sora-2", "prompt": "A cat", "seconds": "8"}
    video = Video.model_validate(answer(client, body, endpoint="/v1/videos"))
    assert video.status == "completed"
    assert video.seconds == "8"


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"messages": None}, "invalid_type", "messages"),
        ({"messages": []}, "empty_array", "messages"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "invalid_value", "messages[0].role"),
        ({"messages": [{"content": "x"}]}, "missing_required_parameter", "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "missing_required_parameter", "messages[0].content"),
        ({"temperature": "hot"}, "invalid_type", "temperature"),
        ({"temperature": 3}, "decimal_above_max_value", "temperature"),
        ({"n": 0}, "integer_below_min_value", "n"),
        ({"max_tokens": 1.5}, "invalid_type", "max_tokens"),
        ({"reasoning_effort": "enormous"}, "invalid_value", "reasoning_effort"),
        ({"maxTokens": 5}, "unknown_parameter", "maxTokens"),
        ({"system": "x"}, "unknown_parameter", "system"),
        ({"stream": True}, None, "stream"),
        ({"tools": [{"type": "function"}]}, "missing_required_parameter", "tools[0].function"),
        ({"model": 5}, "invalid_type", "model"),
    ],
)
def test_a_body_that_the_types_forbid_is_refused(client: OpenAI, change, code, param):
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], **change}
    refused = error(client, body)
    assert refused["type"] == "invalid_request_error"
    assert refused["code"] == code
    assert refused["param"] == param


@pytest.mark.parametrize(
    ("endpoint", "body", "param"),
    [
        ("/v1/responses", {"model": "m", "input": [{"role": "user"}]}, "input[0].content"),
        ("/v1/responses", {"model": "m", "messages": []}, "messages"),
        ("/v1/completions", {"model": "m"}, "prompt"),
        ("/v1/embeddings", {"model": "m", "input": 5}, "input"),
        ("/v1/moderations", {}, "input"),
        ("/v1/images/generations", {}, "prompt"),
        ("/v1/images/edits", {"prompt": "x"}, "images"),
        ("/v1/videos", {"prompt": "x", "seconds": "9"}, "seconds"),
    ],
)
def test_every_endpoint_has_its_own_judge(client: OpenAI, endpoint, body, param):
    assert error(client, body, endpoint=endpoint)["param"] == param


def test_a_body_nested_too_deep_is_refused(client: OpenAI):
    nested: list[object] = []
    for _ in range(500):
        nested = [nested]
    body = {"model": "m", "messages": nested}
    assert error(client, body)["message"].startswith("We could not parse the JSON body")


@pytest.mark.parametrize(
    "schema",
    [
        {
            "$ref": "#/$defs/node",
            "$defs": {
                "node": {"required": ["next"], "properties": {"next": {"$ref": "#/$defs/node"}}}
            },
        },
        {"type": "array", "minItems": 10**9, "items": {"type": ["null", "string"]}},
        {"anyOf": [{"enum": [7]}, {}]},
        {"required": [[], "a"], "properties": []},
        {"$ref": "#/nowhere"},
        {"type": "number", "const": 1.5},
        {"type": []},
    ],
)
def test_odd_schemas_are_survived(client: OpenAI, schema):
    form = {"type": "json_schema", "json_schema": {"name": "odd", "schema": schema}}
    json.loads(ask(client, response_format=form).choices[0].message.content or "")


def test_what_an_assistant_said_may_be_sent_back(client: OpenAI):
    """Nulls and empty lists of an answer are accepted in the next question, as by the vendor."""
    message = ask(client).choices[0].message.to_dict()
    history = [{"role": "user", "content": "x"}, message, {"role": "user", "content": "Go on"}]
    content = ask(client, messages=history).choices[0].message.content
    assert content == "Sandbox answer to: Go on"


def test_good_and_bad_records_go_to_their_files(client: OpenAI):
    batch = run(client, [chat("good"), chat("bad", temperature=9), chat("fine")])
    assert batch.status == "completed"
    assert batch.request_counts is not None
    assert batch.request_counts.to_dict() == {"total": 3, "completed": 2, "failed": 1}
    assert set(by_id(client, batch.output_file_id)) == {"good", "fine"}
    (bad,) = by_id(client, batch.error_file_id).values()
    assert bad["custom_id"] == "bad"
    assert bad["id"].startswith("batch_req_")
    assert bad["error"] is None
    assert bad["response"]["status_code"] == 400
    assert bad["response"]["request_id"].startswith("req_")
