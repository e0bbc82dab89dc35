"""What Bedrock's bodies say that no golden case shows."""

import json
from typing import get_args

import msgspec
import pytest
from botocore.loaders import Loader

from providers.anthropic.messages import MESSAGES
from providers.bedrock.claude import CLAUDE
from providers.bedrock.cohere import COHERE
from providers.bedrock.converse import CONVERSE, wire
from providers.bedrock.converse.answer import FINISHES, STOP_REASONS
from providers.bedrock.converse.media import MIMES, name_of
from providers.bedrock.gpt_oss import GPT_OSS
from providers.bedrock.llama import LLAMA
from providers.bedrock.mistral import MISTRAL
from providers.bedrock.mistral_chat import MISTRAL_CHAT
from providers.bedrock.nova import NOVA
from providers.bedrock.titan import TITAN
from providers.records import Asked, Losses, MalformedRecordError, UnsupportedFeatureError
from providers.records.chat import (
    ChatAnswer,
    ChatRequest,
    Choice,
    Finish,
    Message,
    Reasoning,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    Usage,
)

SHAPES = Loader().load_service_model("bedrock-runtime", "service-2")["shapes"]
ASKED = Asked("41", "a-model", 0, b"{}")
ANSWER = ChatAnswer([Choice([Text("Hi")], "stop")], Usage(3, 2))


def losses() -> Losses:
    return Losses("Somebody", {})


def dropped(lost: Losses) -> set[str]:
    lost.settle()
    return set(lost.counts)


def parsed(body: object, by=CONVERSE) -> ChatRequest:
    return by.parse_request(json.dumps(body).encode(), losses())


def user(*blocks: object) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": list(blocks)}]}


def test_stop_reasons_are_botocores():
    assert set(STOP_REASONS) == set(SHAPES["StopReason"]["enum"])
    assert set(FINISHES) == set(get_args(Finish)) - {"paused"}
    assert set(FINISHES.values()) <= set(STOP_REASONS)


@pytest.mark.parametrize(
    ("struct", "shape", "beyond"),
    [
        (wire.ConverseRequest, "ConverseRequest", set()),
        (wire.ConverseResponse, "ConverseResponse", set()),
        (wire.Block, "ContentBlock", set()),
        (wire.SystemBlock, "SystemContentBlock", set()),
        (wire.ToolResultContent, "ToolResultContentBlock", set()),
        (wire.ToolSpec, "ToolSpecification", set()),
        (wire.OutputConfig, "OutputConfig", set()),
        (wire.CitationLocation, "CitationLocation", set()),
        (
            wire.TokenUsage,
            "TokenUsage",
            {"cacheReadInputTokenCount", "cacheWriteInputTokenCount"},
        ),
    ],
)
def test_shapes_are_botocores(struct: type, shape: str, beyond: set[str]):
    fields = {field.encode_name for field in msgspec.structs.fields(struct)}

    assert fields - beyond == set(SHAPES[shape]["members"]) - {"modelId"}


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("image", "ImageFormat"),
        ("document", "DocumentFormat"),
        ("audio", "AudioFormat"),
        ("video", "VideoFormat"),
    ],
)
def test_formats_are_botocores(kind: str, shape: str):
    assert set(MIMES[kind]) == set(SHAPES[shape]["enum"])


def test_clients_of_converse_may_send_tools():
    spec = {"name": "f", "inputSchema": {"json": {"type": "object"}}, "strict": True}
    config = {"tools": [{"toolSpec": spec}], "toolChoice": {"tool": {"name": "f"}}}
    use = {"toolUse": {"toolUseId": "1", "name": "f", "input": {"a": 1.50}}}

    request = parsed({**user(use), "toolConfig": config})

    (tool,) = request.tools
    assert isinstance(tool, Tool)
    assert (tool.name, tool.strict) == ("f", True)
    assert request.settings["tool_choice"] == ToolChoice("required", ("f",))
    (call,) = request.messages[0].parts
    assert isinstance(call, ToolCall)
    assert json.loads(bytes(call.arguments)) == {"a": 1.5}


def test_tools_in_the_conversation_alone_are_refused_in_converse():
    call = ToolCall("1", "f", msgspec.Raw(b"{}"))
    request = ChatRequest(None, [Message("assistant", [call])], [], [], {})

    with pytest.raises(UnsupportedFeatureError, match="batches of Converse"):
        CONVERSE.render_request(request, losses())


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (user({"guardContent": {"text": {"text": "x"}}}), "guardContent"),
        (user({"searchResult": {}}), "searchResult"),
        ({**user({"text": "x"}), "guardrailConfig": {"guardrailIdentifier": "g"}}, "guardrail"),
        ({**user({"text": "x"}), "promptVariables": {"a": {"text": "b"}}}, "promptVariables"),
        ({**user({"text": "x"}), "additionalModelRequestFields": {"k": 1}}, "RequestFields.k"),
        ({**user({"text": "x"}), "novel": 1}, "modelInput.novel"),
        ({**user({"text": "x"}), "outputConfig": {"effort": "huge"}}, "outputConfig.effort"),
    ],
)
def test_what_is_converses_alone_is_refused_by_name(body: object, param: str):
    with pytest.raises(UnsupportedFeatureError) as error:
        parsed(body)

    assert param in (error.value.param or "")


@pytest.mark.parametrize(
    "block", [{}, {"text": "a", "cachePoint": {"type": "default"}}, {"image": None}]
)
def test_a_block_is_exactly_one_thing(block: object):
    with pytest.raises(MalformedRecordError, match="exactly one"):
        parsed(user(block))


def test_turns_of_one_speaker_become_one():
    messages = [Message("user", [Text("a")]), Message("user", [Text("b")])]
    body = CONVERSE.render_request(ChatRequest(None, messages, [], [], {}), losses())

    assert body["messages"] == [{"role": "user", "content": [{"text": "a"}, {"text": "b"}]}]


def test_names_of_documents_keep_few_characters():
    assert name_of("Q3/2026: results_final.pdf") == "Q3 2026 results final pdf"
    assert name_of("報告") == "document"
    assert len(name_of("a" * 500)) == 200


def test_an_answer_may_hold_what_nobody_knew_of():
    lost = losses()
    answer = CONVERSE.parse_answer(
        b'{"output":{"message":{"role":"assistant","content":[{"text":"Hi"},{"hologram":{}}]}},'
        b'"stopReason":"tired","trace":{"guardrail":{}},"novel":1}',
        lost,
    )

    (choice,) = answer.choices
    assert (choice.parts, choice.finish, choice.detail) == ([Text("Hi")], "error", "tired")
    assert answer.usage is None
    assert dropped(lost) >= {"novel", "trace"}


def test_a_block_of_an_answer_that_only_bedrock_has_is_dropped():
    lost = losses()

    answer = CONVERSE.parse_answer(
        b'{"output":{"message":{"role":"assistant","content":'
        b'[{"text":"Hi"},{"guardContent":{"text":{"text":"x"}}}]}},"stopReason":"end_turn"}',
        lost,
    )

    assert answer.choices[0].parts == [Text("Hi")]
    assert dropped(lost) == {"output.message.content[].guardContent"}


def test_an_intervention_of_a_guardrail_stays_one():
    raw = b'{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"guardrail_intervened"}'
    answer = CONVERSE.parse_answer(raw, losses())

    assert answer.choices[0].finish == "content_filter"
    rendered = CONVERSE.render_answer(answer, ASKED, losses())
    assert rendered["stopReason"] == "guardrail_intervened"


def test_the_first_names_of_nova_are_understood():
    config = {"max_new_tokens": 5, "top_k": 3, "top_p": 0.5}

    settings = parsed({**user({"text": "x"}), "inferenceConfig": config}, NOVA).settings

    assert settings == {"max_tokens": 5, "top_k": 3, "top_p": 0.5}


@pytest.mark.parametrize(
    ("reasoning", "expected"),
    [
        (Reasoning("none"), {"type": "disabled"}),
        (Reasoning("minimal"), {"type": "enabled", "maxReasoningEffort": "low"}),
        (Reasoning("max"), {"type": "enabled", "maxReasoningEffort": "high"}),
        (Reasoning(budget=4000), {"type": "enabled", "maxReasoningEffort": "medium"}),
        (Reasoning(), {"type": "enabled"}),
    ],
)
def test_the_second_nova_reasons(reasoning: Reasoning, expected: object):
    request = ChatRequest(
        "us.amazon.nova-2-lite-v1:0",
        [Message("user", [Text("x")])],
        [],
        [],
        {"reasoning": reasoning},
    )

    body = NOVA.render_request(request, losses())

    assert body["inferenceConfig"]["reasoningConfig"] == expected


def test_a_body_of_anthropic_becomes_claudes_byte_for_byte():
    lost = losses()
    raw = (
        b'{"model":"claude-opus-4-6","stream":false,"max_tokens":5,"temperature":1.0e-1,'
        b'"service_tier":"standard_only","messages":[{"role":"user", "content":"\\u00fc"}],"new":1}'
    )

    dressed = CLAUDE.dress(raw, "anthropic.claude-opus-4-6-v1", lost)

    assert dressed == (
        b'{"anthropic_version":"bedrock-2023-05-31","max_tokens":5,"temperature":1.0e-1,'
        b'"messages":[{"role":"user", "content":"\\u00fc"}],"new":1}'
    )
    assert dropped(lost) == {"service_tier"}
    back = json.loads(MESSAGES.dress(dressed, "claude-opus-4-6", losses()))
    assert back["model"] == "claude-opus-4-6"
    assert "anthropic_version" not in back


@pytest.mark.parametrize("bad", [b"", b"[]", b"{", b'{"stream":true}'])
def test_a_body_that_is_not_claudes_is_refused(bad: bytes):
    with pytest.raises((MalformedRecordError, UnsupportedFeatureError)):
        CLAUDE.dress(bad, "", losses())


def test_thoughts_of_gpt_oss_stand_before_its_answer():
    raw = json.dumps(
        {
            "choices": [
                {
                    "message": {
                        "role": "assistant",
                        "content": "<reasoning>Hm</reasoning>Hi",
                    },
                    "finish_reason": "stop",
                }
            ]
        }
    ).encode()

    answer = GPT_OSS.parse_answer(raw, losses())

    assert answer.choices[0].parts == [Thinking("Hm"), Text("Hi")]
    rendered = GPT_OSS.render_answer(answer, ASKED, losses())
    assert rendered["choices"][0]["message"]["content"] == "<reasoning>Hm</reasoning>Hi"


def test_mistral_says_any_and_leaves_types_out():
    call = {"id": "1", "function": {"name": "f", "arguments": "{}"}}
    request = parsed(
        {
            "messages": [
                {"role": "user", "content": "x"},
                {"role": "assistant", "content": "", "tool_calls": [call]},
            ],
            "tools": [{"type": "function", "function": {"name": "f"}}],
            "tool_choice": "any",
            "max_tokens": 5,
        },
        MISTRAL_CHAT,
    )

    body = MISTRAL_CHAT.render_request(request, losses())

    assert request.settings["tool_choice"] == ToolChoice("required")
    assert (body["tool_choice"], body["max_tokens"]) == ("any", 5)


def test_mistral_stops_under_either_name():
    raw = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"stop_reason":"length"}]}'

    assert MISTRAL_CHAT.parse_answer(raw, losses()).choices[0].finish == "length"


@pytest.mark.parametrize(
    ("body", "prompt", "system", "messages"),
    [
        (LLAMA, "Hello", [], [("user", "Hello")]),
        (
            LLAMA,
            "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n",
            ["Be brief."],
            [("user", "Hello")],
        ),
        (
            LLAMA,
            "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHello [/INST]",
            ["Be brief."],
            [("user", "Hello")],
        ),
        (
            MISTRAL,
            "<s>[INST] Hello [/INST] Hi</s>[INST] Bye [/INST]",
            [],
            [("user", "Hello"), ("assistant", "Hi"), ("user", "Bye")],
        ),
        (MISTRAL, "Hello", [], [("user", "Hello")]),
        (MISTRAL, "<s>Be brief. [INST] Hello [/INST]", ["Be brief."], [("user", "Hello")]),
        (
            MISTRAL,
            "<s>[INST] Hello [/INST] Hi</s> there <s>[INST] Bye [/INST]",
            [],
            [("user", "Hello"), ("assistant", "Hi there"), ("user", "Bye")],
        ),
    ],
)
def test_a_prompt_is_read_as_the_conversation_it_holds(
    body, prompt: str, system: list[str], messages: list[tuple[str, str]]
):
    request = parsed({"prompt": prompt}, body)

    assert [part.text for part in request.system] == system
    assert [(turn.role, turn.parts[0].text) for turn in request.messages] == messages


def test_answers_to_prompts_are_text_and_counts():
    assert LLAMA.render_answer(ANSWER, ASKED, losses()) == {
        "generation": "Hi",
        "prompt_token_count": 3,
        "generation_token_count": 2,
        "stop_reason": "stop",
    }
    assert MISTRAL.render_answer(ANSWER, ASKED, losses()) == {
        "outputs": [{"text": "Hi", "stop_reason": "stop"}]
    }


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (TITAN, {"inputTextTokenCount": 3}),
        (TITAN, {"embeddingsByType": {"binary": [1]}, "inputTextTokenCount": 3}),
        (COHERE, {"embeddings": {"int8": [[1]]}}),
    ],
)
def test_an_answer_without_floats_is_none(body, answer: dict):
    with pytest.raises(MalformedRecordError):
        body.parse_answer(json.dumps(answer).encode(), losses())


def test_errors_say_what_bedrock_calls_the_body():
    for body in (GPT_OSS, MISTRAL_CHAT):
        with pytest.raises(MalformedRecordError) as error:
            parsed({"messages": [{"role": "user", "content": 5}]}, body)
        assert error.value.param.startswith("modelInput.messages[0]")
