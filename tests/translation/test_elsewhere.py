"""Records whose kind or whose files mean nothing elsewhere, and those that come from older APIs."""

import json
from typing import Any

import pytest

from providers.records import UnsupportedFeatureError
from providers.translation import Translation
from tests.translation import golden
from tests.translation.bodies import BY_FOLDER, CHAT, Spoken

OPENAI = BY_FOLDER["openai"]
OTHERS = [BY_FOLDER[name] for name in ("anthropic", "gemini", "bedrock", "bedrock-nova")]


def openai_line(url: str, **body: Any) -> bytes:
    return json.dumps(
        {"custom_id": golden.CUSTOM_ID, "method": "POST", "url": url, "body": body}
    ).encode()


def refusal_of(source: Spoken, target: Spoken, line: bytes) -> UnsupportedFeatureError:
    translation = Translation(source.dialect, target.dialect, model=target.model)
    with pytest.raises(UnsupportedFeatureError) as error:
        translation.request(translation.open(line), "r0000000000")
    assert target.dialect.vendor in error.value.message
    return error.value


@pytest.mark.parametrize("target", OTHERS, ids=str)
@pytest.mark.parametrize("url", ["/v1/moderations", "/v1/images/generations", "/v1/videos"])
def test_what_only_openai_answers_is_refused_elsewhere(target: Spoken, url: str):
    error = refusal_of(OPENAI, target, openai_line(url, model="a", input="b", prompt="c"))

    assert url in error.message


@pytest.mark.parametrize("target", OTHERS, ids=str)
def test_a_file_that_openai_keeps_is_refused_elsewhere(target: Spoken):
    content = [{"type": "file", "file": {"file_id": "file-1"}}]
    line = openai_line(
        "/v1/chat/completions", model="a", messages=[{"role": "user", "content": content}]
    )

    error = refusal_of(OPENAI, target, line)

    assert error.param == OPENAI.body.words["document_file"]


@pytest.mark.parametrize(
    "target", [one for one in CHAT if one.provider and one.dialect_name != "anthropic"], ids=str
)
@pytest.mark.parametrize("kind", ["image", "document"])
def test_a_file_that_anthropic_keeps_is_refused_elsewhere(target: Spoken, kind: str):
    source = BY_FOLDER["anthropic"]
    block = {"type": kind, "source": {"type": "file", "file_id": "file_1"}}
    params = {
        "model": source.model,
        "max_tokens": 10,
        "messages": [{"role": "user", "content": [block]}],
    }
    line = json.dumps({"custom_id": golden.CUSTOM_ID, "params": params}).encode()

    error = refusal_of(source, target, line)

    # Nova takes no documents at all in a batch.
    words = source.body.words
    takes_none = (target.folder, kind) == ("bedrock-nova", "document")
    assert error.param == words[kind if takes_none else f"{kind}_file"]


@pytest.mark.parametrize("kind", ["image", "document"])
def test_a_file_within_a_result_of_a_tool_is_refused_too(kind: str):
    """Claude's body goes to Bedrock as it is, but for what means nothing there."""
    source = BY_FOLDER["anthropic"]
    block = {"type": kind, "source": {"type": "file", "file_id": "file_1"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [block]}
    params = {
        "model": source.model,
        "max_tokens": 10,
        "messages": [{"role": "user", "content": [result]}],
    }
    line = json.dumps({"custom_id": golden.CUSTOM_ID, "params": params}).encode()

    error = refusal_of(source, BY_FOLDER["bedrock-claude"], line)

    assert error.param == source.body.words[f"{kind}_file"]


def test_anthropic_has_no_embeddings():
    source = BY_FOLDER["openai-embeddings"]

    error = refusal_of(
        source, BY_FOLDER["anthropic"], golden.request_line(source.folder, "embedding")
    )

    assert "/v1/embeddings" in error.message


@pytest.mark.parametrize("target", OTHERS, ids=str)
def test_an_old_completion_is_a_conversation_elsewhere_and_comes_back_as_one(target: Spoken):
    translation = Translation(OPENAI.dialect, target.dialect, model=target.model, created=7)
    record = translation.open(
        openai_line("/v1/completions", model="a", prompt="Say hello.", max_tokens=9)
    )

    sent = translation.request(record, "r0000000000")
    asked = target.dialect.open(sent, model=target.model)
    question = asked.body.parse_request(asked.content, golden.losses())
    line = golden.read(target.folder, "text", "result").line
    answered, told = translation.result(record, "41", line)

    assert golden.plain(question.messages[0].parts) == [
        {"": "Text", "text": "Say hello.", "citations": []}
    ]
    assert question.settings["max_tokens"] == 9
    answer = json.loads(told)["response"]["body"]
    assert answered
    assert answer["object"] == "text_completion"
    assert answer["choices"][0]["text"].startswith("Why did the cookie")


@pytest.mark.parametrize("target", [OPENAI, *OTHERS], ids=str)
@pytest.mark.parametrize("source", [OPENAI, *OTHERS], ids=str)
def test_the_model_of_the_batch_goes_before_that_of_the_record(source: Spoken, target: Spoken):
    translation = Translation(source.dialect, target.dialect, model=target.model)
    record = translation.open(golden.request_line(source.folder, "text"))

    line = translation.request(record, "r0000000000")

    asked = target.dialect.open(line, model=target.model)
    assert asked.body.model_of(asked.content) in (None, target.model)
