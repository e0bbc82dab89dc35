"""Requests that are right for Gemini's servers, though not written as in its guide."""

import msgspec
import pytest

from providers.gemini.dialect import GENERATE
from providers.records import Losses, MalformedRecordError, UnsupportedFeatureError
from providers.records.chat import (
    Data,
    JSONOutput,
    Link,
    Reasoning,
    SchemaOutput,
    Signature,
    Stored,
    Text,
    Thinking,
    ToolChoice,
)

HI = [{"role": "user", "parts": [{"text": "Hi"}]}]


def parsed(losses=None, **body):
    raw = msgspec.json.encode({"contents": HI, **body})
    return GENERATE.parse_request(raw, losses or Losses("Somebody", GENERATE.words))


def parts(*said, role="user"):
    return parsed(contents=[{"role": role, "parts": list(said)}]).messages[0].parts


def refused(**body):
    with pytest.raises(UnsupportedFeatureError) as error:
        parsed(**body)
    return error.value.param


def test_names_may_be_in_snake_case_and_numbers_strings():
    request = parsed(
        system_instruction={"parts": {"text": "Be brief."}},
        generation_config={
            "max_output_tokens": "64",
            "stop_sequences": ["END"],
            "thinking_config": {"thinking_level": "low", "include_thoughts": True},
        },
        tool_config={"function_calling_config": {"mode": "ANY"}},
        contents={"parts": {"inline_data": {"mime_type": "image/png", "data": "_-8"}}},
    )

    assert request.system == [Text("Be brief.")]
    assert request.settings == {
        "max_tokens": 64,
        "stop": ["END"],
        "reasoning": Reasoning("low", show=True),
        "tool_choice": ToolChoice("required"),
    }
    assert request.messages[0].parts[0].source.data == "/+8="


def test_free_json_keeps_its_names():
    request = parsed(
        contents=[
            {
                "role": "model",
                "parts": [
                    {"function_call": {"name": "f", "args": {"mime_type": "\u00e9", "b": 1.0}}}
                ],
            },
            {"parts": [{"function_response": {"name": "f", "response": {"file_uri": 1}}}]},
        ],
        tools=[
            {
                "function_declarations": [
                    {"name": "f", "parameters_json_schema": {"properties": {"top_p": {}}}}
                ]
            }
        ],
    )

    call, result = request.messages[0].parts[0], request.messages[1].parts[0]
    assert msgspec.json.decode(call.arguments) == {"mime_type": "\u00e9", "b": 1.0}
    assert result.content == [Data(msgspec.Raw(b'{"file_uri":1}'))]
    assert b"top_p" in bytes(request.tools[0].parameters)


def test_a_name_in_both_spellings_is_one_too_many():
    body = {"generationConfig": {}, "generation_config": {}}

    assert refused(**body) == "request.generation_config"


def test_a_field_that_nobody_knows_is_named():
    assert refused(generationConfig={"wow": 1}) == "request.generationConfig.wow"


def test_calls_without_ids_are_answered_in_their_order():
    call = {"functionCall": {"name": "f", "args": {}}}
    answer = {"functionResponse": {"name": "f", "response": {"result": "1"}}}
    request = parsed(contents=[{"role": "model", "parts": [call, call]}, {"parts": [answer] * 3}])

    ids = [part.id for part in request.messages[0].parts]
    assert ids == ["call_1", "call_2"]
    assert [part.call_id for part in request.messages[1].parts] == [*ids, "call_3"]


@pytest.mark.parametrize(
    ("response", "content", "is_error"),
    [
        ({"result": "a"}, [Text("a")], False),
        ({"output": ["a", "b"]}, [Text("a"), Text("b")], False),
        ({"error": "a"}, [Text("a")], True),
        ({"error": 1}, [Data(msgspec.Raw(b'{"error":1}'))], False),
        ({}, [], False),
    ],
)
def test_an_answer_of_a_tool_is_a_text_or_data(response, content, is_error):
    (result,) = parts({"functionResponse": {"name": "f", "id": "1", "response": response}})

    assert (result.content, result.is_error, result.name) == (content, is_error, "f")


def test_thoughts_may_be_unsigned_and_a_stand_in_is_no_signature():
    thought, call = parts(
        {"text": "Hm", "thought": True},
        {"functionCall": {"name": "f"}, "thoughtSignature": "skip_thought_signature_validator"},
        role="model",
    )
    (signed,) = parts({"text": "Hm", "thought": True, "thoughtSignature": "abc"}, role="model")

    assert thought == Thinking("Hm")
    assert call.signature is None
    assert signed.signature == Signature("gemini", "abc")


@pytest.mark.parametrize(
    ("file", "kind", "source", "mime"),
    [
        ({"fileUri": "https://a.example/b.png"}, "image", Link, "image/png"),
        ({"fileUri": "https://youtu.be/abc"}, "video", Link, None),
        (
            {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/a"},
            "document",
            Stored,
            None,
        ),
        ({"fileUri": "files/a", "mimeType": "audio/wav"}, "audio", Stored, "audio/wav"),
    ],
)
def test_a_file_is_of_the_kind_that_its_type_or_url_says(file, kind, source, mime):
    (media,) = parts({"fileData": file})

    assert (media.kind, type(media.source), media.mime) == (kind, source, mime)


@pytest.mark.parametrize(
    ("config", "output"),
    [
        ({"responseMimeType": "application/json"}, JSONOutput()),
        ({"responseMimeType": "text/plain"}, None),
        (
            {
                "responseFormat": {
                    "text": {"mimeType": "APPLICATION_JSON", "schema": {"type": "object"}}
                }
            },
            SchemaOutput(msgspec.Raw(b'{"type":"object"}')),
        ),
        (
            {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}},
            SchemaOutput(msgspec.Raw(b'{"type":"object"}')),
        ),
    ],
)
def test_json_may_be_asked_for_in_several_ways(config, output):
    assert parsed(generationConfig=config).settings.get("output") == output


def test_googles_schema_becomes_json_schema():
    schema = {
        "type": "OBJECT",
        "properties": {
            "age": {"type": "INTEGER", "nullable": True, "format": "int32"},
            "pets": {
                "type": "ARRAY",
                "items": {"type": "STRING", "enum": ["cat"], "format": "enum"},
            },
            "type": {"type": "STRING", "example": "x", "maxLength": "5"},
        },
        "propertyOrdering": ["type", "age"],
        "required": ["age"],
    }

    output = parsed(
        generationConfig={"responseMimeType": "application/json", "responseSchema": schema}
    ).settings["output"]

    found = msgspec.json.decode(output.schema)
    assert list(found["properties"]) == ["type", "age", "pets"]
    assert found == {
        "type": "object",
        "required": ["age"],
        "properties": {
            "age": {"type": ["integer", "null"], "format": "int32"},
            "pets": {"type": "array", "items": {"type": "string", "enum": ["cat"]}},
            "type": {"type": "string", "examples": ["x"], "maxLength": 5},
        },
    }


def test_validated_calls_are_those_of_strict_tools():
    request = parsed(
        tools=[{"functionDeclarations": [{"name": "f"}]}],
        toolConfig={"functionCallingConfig": {"mode": "VALIDATED"}},
    )

    assert request.tools[0].strict is True
    assert "tool_choice" not in request.settings


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"cachedContent": "cachedContents/1"}, "cachedContent"),
        ({"tools": [{"googleSearch": {}}]}, "tools[].googleSearch"),
        ({"tools": [{"codeExecution": {}}]}, "tools[].codeExecution"),
        (
            {"generationConfig": {"responseModalities": ["IMAGE"]}},
            "generationConfig.responseModalities",
        ),
        ({"generationConfig": {"speechConfig": {}}}, "generationConfig.speechConfig"),
        (
            {"generationConfig": {"responseMimeType": "text/x.enum"}},
            "generationConfig.responseMimeType",
        ),
        (
            {"contents": [{"parts": [{"executableCode": {"code": "1"}}]}]},
            "contents[].parts[].executableCode",
        ),
        (
            {"contents": [{"parts": [{"toolCall": {"toolType": "FILE_SEARCH"}}]}]},
            "contents[].parts[].toolCall",
        ),
        (
            {
                "contents": [
                    {"parts": [{"fileData": {"fileUri": "a"}, "videoMetadata": {"fps": 1}}]}
                ]
            },
            "contents[].parts[].videoMetadata",
        ),
        ({"systemInstruction": {"parts": [{"inlineData": {}}]}}, "systemInstruction"),
    ],
)
def test_what_only_gemini_can_do_is_refused_by_name(body, path):
    assert refused(**body) == path


def test_hints_that_only_gemini_has_are_dropped_and_counted():
    losses = Losses("Somebody", GENERATE.words)

    parsed(losses, safetySettings=[{"category": "HARM_CATEGORY_JAILBREAK"}], store=False)

    losses.settle()
    assert losses.counts == {"safetySettings": 1, "store": 1}


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b'{"contents":[]}',
        b'{"contents":[{"role":"system","parts":[]}]}',
        b'{"contents":[{"parts":[{"functionCall":{"name":"f","args":[]}}]}]}',
        b'{"contents":[{"parts":[{"functionResponse":{"name":"f","response":[]}}]}]}',
        b'{"contents":[{"parts":[{"inlineData":{"data":""}}]}]}',
        b'{"contents":7}',
        b"[" * 100_000,
        b'{"contents":' + b"[" * 100_000,
        b'{"contents":[{"parts":[{"text":"\xff"}]}]}',
    ],
)
def test_a_request_without_its_shape_is_malformed(raw):
    with pytest.raises(MalformedRecordError):
        GENERATE.parse_request(raw, Losses("Somebody", {}))


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ({"type": "string", "pattern": "a+"}, None),
        ({"type": "object", "properties": {"a": {"minLength": 1}}}, None),
        ({"default": "a", "$schema": "x"}, {"default": "a", "$schema": "x"}),
        ({"const": "a"}, {"enum": ["a"]}),
    ],
)
def test_a_schema_that_gemini_would_not_keep_is_refused(schema, sent):
    request = parsed(generationConfig={"responseJsonSchema": schema})
    losses = Losses("Gemini", {})
    if sent is None:
        with pytest.raises(UnsupportedFeatureError):
            GENERATE.render_request(request, losses)
        return

    config = GENERATE.render_request(request, losses)["generationConfig"]

    assert msgspec.json.decode(config["responseJsonSchema"]) == sent
