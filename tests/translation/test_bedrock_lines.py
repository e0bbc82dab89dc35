"""The lines of Bedrock's batch files: envelopes, and which body is in them."""

import json

import pytest

from providers.bedrock.claude import CLAUDE
from providers.bedrock.cohere import COHERE
from providers.bedrock.converse import CONVERSE
from providers.bedrock.dialect import BEDROCK
from providers.bedrock.failures import CODES, opened
from providers.bedrock.families import family_of
from providers.bedrock.gpt_oss import GPT_OSS
from providers.bedrock.llama import LLAMA
from providers.bedrock.mistral import MISTRAL
from providers.bedrock.mistral_chat import MISTRAL_CHAT
from providers.bedrock.nova import NOVA
from providers.bedrock.opaque import OPAQUE
from providers.bedrock.titan import TITAN
from providers.records import MalformedRecordError

LLAMA_MODEL = "meta.llama3-3-70b-instruct-v1:0"
NOVA_MODEL = "us.amazon.nova-pro-v1:0"
CLAUDE_MODEL = "global.anthropic.claude-opus-4-6-v1"
GPT_MODEL = "openai.gpt-oss-120b-1:0"
MISTRAL_MODEL = "mistral.mistral-large-2407-v1:0"
BLOCKS = [{"role": "user", "content": [{"text": "Hello"}]}]
STRINGS = [{"role": "user", "content": "Hello"}]


def line(body: object, **more: object) -> bytes:
    return json.dumps({"recordId": "rec-1", "modelInput": body, **more}).encode()


@pytest.mark.parametrize(
    ("body", "model", "expected"),
    [
        ({"messages": BLOCKS}, LLAMA_MODEL, CONVERSE),
        ({"messages": BLOCKS, "inferenceConfig": {}}, "gpt-4o-mini", CONVERSE),
        ({"messages": BLOCKS, "inferenceConfig": {}}, NOVA_MODEL, NOVA),
        ({"messages": BLOCKS, "outputConfig": {}}, NOVA_MODEL, CONVERSE),
        ({"messages": BLOCKS, "schemaVersion": "messages-v1"}, "", NOVA),
        ({"messages": STRINGS, "anthropic_version": "bedrock-2023-05-31"}, "", CLAUDE),
        ({"messages": STRINGS, "max_tokens": 5}, CLAUDE_MODEL, CLAUDE),
        ({"messages": STRINGS}, GPT_MODEL, GPT_OSS),
        ({"messages": STRINGS}, "", GPT_OSS),
        ({"messages": STRINGS}, MISTRAL_MODEL, MISTRAL_CHAT),
        ({"prompt": "Hello"}, LLAMA_MODEL, LLAMA),
        ({"prompt": "Hello", "max_gen_len": 5}, "", LLAMA),
        ({"prompt": "Hello"}, "mistral.mistral-7b-instruct-v0:2", MISTRAL),
        ({"inputText": "Hello"}, "amazon.titan-embed-text-v2:0", TITAN),
        ({"texts": ["Hello"], "input_type": "clustering"}, "cohere.embed-v4:0", COHERE),
        ({"taskType": "TEXT_IMAGE"}, "amazon.nova-canvas-v1:0", OPAQUE),
        ({}, "", OPAQUE),
    ],
)
def test_a_body_is_told_by_its_shape_and_by_the_model(body: object, model: str, expected: object):
    assert BEDROCK.open(line(body), model=model).body is expected


@pytest.mark.parametrize(
    ("model", "body", "invocation"),
    [
        (LLAMA_MODEL, CONVERSE, "Converse"),
        ("mistral.mixtral-8x7b-instruct-v0:1", CONVERSE, "Converse"),
        ("qwen.qwen3-32b-v1:0", CONVERSE, "Converse"),
        (NOVA_MODEL, NOVA, "InvokeModel"),
        (CLAUDE_MODEL, CLAUDE, "InvokeModel"),
        (GPT_MODEL, GPT_OSS, "InvokeModel"),
        (MISTRAL_MODEL, MISTRAL_CHAT, "InvokeModel"),
    ],
)
def test_the_model_decides_which_kind_of_job_it_is(model: str, body: object, invocation: str):
    found = BEDROCK.body_for("chat", model)

    assert found is body
    assert found.invocation == invocation
    assert BEDROCK.body_for("embeddings", model) is None


def test_models_that_only_embed_do_not_chat():
    assert BEDROCK.body_for("chat", "amazon.titan-embed-text-v2:0") is None
    assert BEDROCK.body_for("embeddings", "amazon.titan-embed-text-v2:0") is TITAN
    assert BEDROCK.body_for("embeddings", "cohere.embed-v4:0") is COHERE


@pytest.mark.parametrize(
    "model",
    [
        "anthropic.claude-opus-4-6-v1",
        "us.anthropic.claude-opus-4-6-v1",
        "apac.anthropic.claude-opus-4-6-v1",
        "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-4-6-v1",
        "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-opus-4-6-v1",
    ],
)
def test_a_family_is_found_behind_profiles_and_arns(model: str):
    assert family_of(model) == "claude"


@pytest.mark.parametrize(
    ("bad", "code", "param"),
    [
        (b"{", "invalid_json_line", None),
        (b"[]", "invalid_json_line", None),
        (b'{"recordId":"\xff","modelInput":{}}', "invalid_json_line", None),
        (b'{"recordId":"a"}', "missing_required_parameter", "modelInput"),
        (b'{"recordId":1,"modelInput":{}}', "invalid_type", "recordId"),
        (b'{"recordId":"","modelInput":{}}', "missing_required_parameter", "recordId"),
        (b'{"recordId":"a","modelInput":"x"}', "invalid_type", "modelInput"),
    ],
)
def test_a_line_at_fault_says_what_is_wrong(bad: bytes, code: str, param: str | None):
    with pytest.raises(MalformedRecordError) as error:
        BEDROCK.open(bad)

    assert (error.value.code, error.value.param) == (code, param)


def test_a_record_needs_no_id():
    record = BEDROCK.open(b'{"modelInput":{"messages":[]}}')

    assert record.custom_id is None
    assert json.loads(BEDROCK.seal_result(record, "41", b"{}"))["recordId"] == "41"


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" ,   ", "  :  ")])
@pytest.mark.parametrize("record_id", ["rec-1", "größe", "\u2028", None])
def test_a_body_travels_byte_for_byte(separators: tuple[str, str], record_id: str | None):
    body = b'{"messages" : [],  "inferenceConfig":{"temperature":1.0e-1, "new":"\\u00fc"}}'
    envelope = {"recordId": record_id, "modelInput": 0} if record_id else {"modelInput": 0}
    said = json.dumps(envelope, separators=separators).encode()
    record = BEDROCK.open(said.removesuffix(b"0}") + body + b"}")

    assert BEDROCK.reseal(record, "r0000000001") == (
        b'{"recordId":"r0000000001","modelInput":' + body + b"}"
    )


def test_keys_of_the_clients_own_stay_in_the_envelope():
    record = BEDROCK.open(line({"messages": []}, note="mine"))

    assert json.loads(BEDROCK.reseal(record, "r0000000001")) == {
        "recordId": "r0000000001",
        "modelInput": {"messages": []},
        "note": "mine",
    }


def test_the_smallest_key_of_a_client_stays_too():
    record = BEDROCK.open(b'{"recordId":"a","modelInput":{},"":0}')

    assert json.loads(BEDROCK.reseal(record, "r0000000001"))[""] == 0


def test_a_model_in_a_body_of_openai_is_the_jobs():
    record = BEDROCK.open(line({"model": "mine", "messages": STRINGS}), model=GPT_MODEL)

    sealed = json.loads(BEDROCK.reseal(record, "r0000000001", model=GPT_MODEL))

    assert sealed["modelInput"]["model"] == GPT_MODEL


def test_a_result_goes_back_under_the_clients_id():
    record = BEDROCK.open(line({"messages": BLOCKS}))
    result = BEDROCK.open_result(
        b'{"modelInput":{},"modelOutput":{"a": 1},"recordId":"r0000000001","new":true}'
    )

    assert result.succeeded
    assert bytes(result.outcome) == b'{"a": 1}'
    assert json.loads(BEDROCK.reseal_result(record, result.line)) == {
        "modelInput": {},
        "modelOutput": {"a": 1},
        "recordId": "rec-1",
        "new": True,
    }


@pytest.mark.parametrize(
    "bad", [b"", b"[]", b'{"recordId":"a"}', b'{"modelOutput":{}}', b'{"recordId":"a\xff"}']
)
def test_a_result_at_fault_is_malformed(bad: bytes):
    with pytest.raises(MalformedRecordError, match="result"):
        BEDROCK.open_result(bad)


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (400, "Malformed input request", "invalid_request"),
        (400, "Input is too long for requested model.", "too_large"),
        (400, "Output blocked by content filtering policy: content filter", "content_refused"),
        (403, "No", "permission"),
        (408, "Slow", "timeout"),
        (424, "Model error", "server_error"),
        (429, "Too many requests", "rate_limit"),
        (500, "Internal", "server_error"),
        (503, "Busy", "overloaded"),
        (418, "Teapot", "invalid_request"),
        (599, "What", "server_error"),
        ("ThrottlingException", "Wait", "rate_limit"),
        ("Novel", None, "server_error"),
        (None, None, "server_error"),
    ],
)
def test_the_kind_of_a_failure_is_read_from_code_and_message(
    code: object, message: str | None, kind: str
):
    failure = opened(code, message)

    assert failure.kind == kind
    assert failure.message


def test_codes_are_those_of_http():
    assert all(400 <= code < 600 for code in CODES.values())
