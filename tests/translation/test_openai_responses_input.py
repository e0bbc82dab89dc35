"""The Responses API: odd shapes of input items and their parts."""

from typing import Any

import msgspec
import pytest

from providers.records.chat import (
    CachePoint,
    Citation,
    Inline,
    Link,
    Media,
    Stored,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from tests.translation.golden import dropped
from tests.translation.openai_responses import (
    call,
    content,
    hints,
    losses,
    malformed,
    output,
    parse,
    refused,
)


def test_instructions_come_before_all_else():
    read = parse(
        [
            {"role": "system", "content": "B"},
            {"role": "developer", "content": [{"type": "input_text", "text": "C"}]},
            {"role": "user", "content": "Hello"},
        ],
        instructions="A",
    )

    assert read.system == [Text("A"), Text("B"), Text("C")]


def test_instructions_are_text():
    image = {"type": "input_image", "image_url": "https://example.com/a.png"}

    assert refused([{"role": "system", "content": [image]}]) == "input[].content[].image_url"


def test_what_the_model_said_in_one_go_is_one_turn():
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}
    said = {"role": "assistant", "content": "Let me see."}

    read = parse([{"role": "user", "content": "?"}, thought, said, call(1), thought, call(2)])

    kinds = [type(part) for part in read.messages[1].parts]
    assert kinds == [Thinking, Text, ToolCall, Thinking, ToolCall]
    assert len(read.messages) == 2


def test_messages_in_a_row_stay_apart():
    said = {"role": "assistant", "content": "A"}
    asked = {"role": "user", "content": "B"}

    read = parse([asked, asked, said, said, call(1)])

    assert [(turn.role, len(turn.parts)) for turn in read.messages] == [
        ("user", 1), ("user", 1), ("assistant", 1), ("assistant", 2)
    ]  # fmt: skip


def test_outputs_in_a_row_are_one_turn_and_the_next_message_is_another():
    read = parse([call(1), call(2), output(1), output(2), {"role": "user", "content": "And?"}])

    assert [len(turn.parts) for turn in read.messages] == [2, 2, 1]
    assert read.messages[1].parts[1] == ToolResult("c2", [Text("ok")])


def test_calls_after_outputs_are_a_turn_of_their_own():
    read = parse([call(1), output(1), call(2), output(2)])

    assert [turn.role for turn in read.messages] == ["assistant", "user", "assistant", "user"]


def test_an_output_may_hold_files():
    parts = [{"type": "input_file", "file_data": "data:application/pdf;base64,QUJD"}]

    result = parse([call(1), output(1, parts)]).messages[1].parts[0]

    assert result.content == [Media("document", Inline("QUJD"), "application/pdf")]


def test_an_output_without_a_call_is_malformed():
    item = output(1)
    del item["call_id"]

    assert malformed([item]) == "body.input[].call_id"


def test_arguments_are_an_object():
    assert malformed([call(1) | {"arguments": "[1]"}]) == "body.input[].arguments"
    assert parse([call(1) | {"arguments": ""}]).messages[0].parts[0].arguments == msgspec.Raw(b"{}")


@pytest.mark.parametrize("item", [call(1), output(1)])
def test_calls_by_programs_and_in_namespaces_are_refused(item: dict[str, Any]):
    assert refused([item | {"caller": {"type": "program", "caller_id": "p"}}]) == "input[].caller"
    assert refused([item | {"namespace": "shop"}]) == "input[].namespace"
    assert not hints([item | {"caller": {"type": "direct"}, "namespace": None}])


def test_what_is_said_about_items_and_not_in_them():
    said = {"role": "assistant", "content": "A", "phase": "commentary"}

    assert hints([said]) == {"input[].phase"}
    assert hints([call(1) | {"async": True}]) == {"input[].async"}
    assert not hints([call(1) | {"id": "fc_1", "status": "completed"}])


def test_the_text_of_a_thought_is_its_content_or_its_summary():
    item = {"type": "reasoning", "id": "rs_1"}
    summary = [{"type": "summary_text", "text": text} for text in ("A", "B")]
    written = [{"type": "reasoning_text", "text": "C"}]

    assert parse([item | {"summary": summary}]).messages[0].parts == [Thinking("A\n\nB")]
    assert parse([item | {"summary": summary, "content": written}]).messages[0].parts == [
        Thinking("C")
    ]


def test_a_thought_that_is_an_id_alone_is_dropped():
    assert hints([{"type": "reasoning", "id": "rs_1", "summary": []}]) == {"input[].reasoning"}


def test_images_and_files_by_url_and_by_id():
    assert content(
        {"type": "input_image", "file_id": "file_1", "detail": "original"},
        {
            "type": "input_image",
            "image_url": "https://example.com/cat.webp?size=2",
            "detail": "auto",
        },
        {"type": "input_image", "image_url": "https://example.com/cat"},
        {"type": "input_file", "file_id": "file_2", "filename": "a.pdf", "detail": "low"},
        {"type": "input_file", "file_url": "https://["},
    ) == [
        Media("image", Stored("file_1"), detail="high"),
        Media("image", Link("https://example.com/cat.webp?size=2"), "image/webp"),
        Media("image", Link("https://example.com/cat")),
        Media("document", Stored("file_2"), name="a.pdf", detail="low"),
        Media("document", Link("https://[")),
    ]


@pytest.mark.parametrize(
    ("given", "mime", "data"),
    [
        ("data:text/plain;charset=utf-8;base64,QUJD", "text/plain", "QUJD"),
        ("DATA:Text/CSV;BASE64,QUJD", "text/csv", "QUJD"),
        ("data:text/plain,A%42C", "text/plain", "QUJD"),
        ("data:,ABC", None, "QUJD"),
        ("data:;base64,QUJD", None, "QUJD"),
        ("JVBERi0xLjQK", "application/pdf", "JVBERi0xLjQK"),
        ("QUJD", "application/pdf", "QUJD"),
    ],
)
def test_data_of_files(given: str, mime: str | None, data: str):
    assert content({"type": "input_file", "file_data": given}) == [
        Media("document", Inline(data), mime)
    ]


def test_a_name_tells_what_bare_base64_is():
    part = {"type": "input_file", "file_data": "QUJD", "filename": "table.csv"}

    assert content(part) == [Media("document", Inline("QUJD"), "text/csv", name="table.csv")]


def test_sound():
    sound = {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "mp3"}}

    assert content(sound) == [Media("audio", Inline("QUJD"), "audio/mpeg")]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_image"},
        {"type": "input_file", "filename": "a.pdf"},
        {"type": "input_image", "image_url": "data:image/png;base64"},
    ],
)
def test_media_without_data_are_malformed(part: dict[str, Any]):
    assert malformed([{"role": "user", "content": [part]}]) == "body.input[].content[]"


def test_cache_points_follow_their_parts():
    marked = {"type": "input_text", "text": "A", "prompt_cache_breakpoint": {"mode": "explicit"}}
    long = marked | {"prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}}

    assert content(marked, long) == [Text("A"), CachePoint(), Text("A"), CachePoint("1h")]
    results = parse([call(1), output(1, [marked])]).messages[1].parts
    assert results == [ToolResult("c1", [Text("A")]), CachePoint()]


def test_citations_of_the_web_are_kept_and_those_of_files_dropped():
    web = {
        "type": "url_citation",
        "url": "https://a",
        "title": "T",
        "start_index": 0,
        "end_index": 1,
    }
    file = {"type": "file_citation", "file_id": "file_1", "filename": "a", "index": 1}
    said = {"type": "output_text", "text": "Hi", "annotations": [web, file], "logprobs": [{"a": 1}]}
    lost = losses()

    read = parse([{"role": "assistant", "content": [said]}], lost)

    citation = Citation("T", "https://a", span=(0, 1))
    assert read.messages[0].parts == [Text("Hi", (citation,))]
    assert dropped(lost) == {"input[].content[].annotations", "input[].content[].logprobs"}
