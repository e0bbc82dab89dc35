"""What golden files do not show of the answers of Anthropic's Messages."""

import json
from typing import Any

import pytest

from providers.anthropic.messages import MESSAGES
from providers.records import Asked, Losses, UnsupportedFeatureError
from providers.records.chat import (
    ChatAnswer,
    Choice,
    Citation,
    Location,
    Signature,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from providers.records.values import one_line

MODEL = "claude-opus-4-6"
ASKED = Asked("41", MODEL, 0, b"{}")


def lost(losses: Losses) -> set[str]:
    losses.settle()
    return set(losses.counts)


def told(*content: Any, **fields: Any) -> tuple[ChatAnswer, set[str]]:
    losses = Losses("Somebody", MESSAGES.words)
    message = {"id": "msg_1", "content": content, "stop_reason": "end_turn", **fields}
    return MESSAGES.parse_answer(json.dumps(message).encode(), losses), lost(losses)


def telling(*parts: Any, **choice: Any) -> tuple[dict[str, Any], set[str]]:
    losses = Losses("Anthropic", {})
    choice.setdefault("finish", "stop")
    answer = ChatAnswer([Choice(list(parts), **choice)], Usage(1, 2))
    return MESSAGES.render_answer(answer, ASKED, losses), lost(losses)


def test_what_only_anthropic_tells_is_dropped_and_counted():
    server = {"type": "server_tool_use", "id": "a", "name": "web_search", "input": {}}
    answer, dropped = told(
        server,
        {"type": "text", "text": "a", "citations": None},
        new={"a": 1},
        container={"id": "c", "expires_at": "2026-11-21T00:00:00Z"},
        stop_details={"type": "refusal", "category": "cyber", "explanation": "No"},
        usage={
            "input_tokens": 1,
            "output_tokens": 2,
            "cache_creation": {"ephemeral_1h_input_tokens": 1, "ephemeral_5m_input_tokens": 0},
            "server_tool_use": {"web_search_requests": 1},
            "inference_geo": "us",
            "service_tier": "priority",
        },
    )

    assert answer.choices[0].parts == [Text("a")]
    assert answer.choices[0].detail == "No"
    assert answer.service_tier == "priority"
    assert dropped == {
        "new",
        "container",
        "content[].server_tool_use",
        "stop_details.category",
        "usage.cache_creation",
        "usage.server_tool_use",
        "usage.inference_geo",
    }


def test_an_unknown_stop_reason_is_no_guess():
    answer, dropped = told({"type": "text", "text": "a"}, stop_reason="compaction")

    (choice,) = answer.choices
    assert (choice.finish, choice.detail) == ("error", "compaction")
    assert not dropped
    with pytest.raises(UnsupportedFeatureError, match="compaction"):
        telling(*choice.parts, finish="error", detail="compaction")


CITATIONS = {
    "char_location": (Location("char", 1, 2, 5), "start_char_index", "end_char_index"),
    "page_location": (Location("page", 1, 2, 5), "start_page_number", "end_page_number"),
    "content_block_location": (Location("block", 1, 2, 5), "start_block_index", "end_block_index"),
}


@pytest.mark.parametrize("kind", CITATIONS)
def test_citations_of_documents_there_and_back(kind: str):
    place, start, end = CITATIONS[kind]
    said = {
        "type": kind,
        "cited_text": "q",
        "document_index": 1,
        "document_title": "t",
        "file_id": None,
        start: 2,
        end: 5,
    }
    answer, dropped = told({"type": "text", "text": "a", "citations": [said]})

    citation = Citation("t", None, "q", place)
    assert answer.choices[0].parts == [Text("a", (citation,))]
    assert not dropped
    assert telling(Text("a", (citation,)))[0]["content"][0]["citations"] == [said]


def test_citations_of_search_results_there_and_back():
    said = {
        "type": "search_result_location",
        "cited_text": "q",
        "search_result_index": 1,
        "source": "s",
        "start_block_index": 2,
        "end_block_index": 3,
        "title": None,
    }
    answer, _ = told({"type": "text", "text": "a", "citations": [said]})

    citation = Citation(None, "s", "q", Location("result", 1, 2, 3))
    assert answer.choices[0].parts == [Text("a", (citation,))]
    assert telling(Text("a", (citation,)))[0]["content"][0]["citations"] == [said]


def test_a_text_is_cut_where_its_citations_begin_and_end():
    citation = Citation(url="https://a", span=(4, 9))
    body, dropped = telling(Text("See this one.", (citation,)))

    assert [block["text"] for block in body["content"]] == ["See ", "this ", "one."]
    assert [bool(block["citations"]) for block in body["content"]] == [False, True, False]
    assert not dropped


@pytest.mark.parametrize(
    "citation",
    [Citation("t"), Citation(url="https://a", span=(7, 9)), Citation(url="https://a", span=(1, 1))],
)
def test_a_citation_of_nothing_is_dropped(citation: Citation):
    body, dropped = telling(Text("ab", (citation,)))

    assert body["content"][0]["citations"] is None
    assert dropped == {"answer.citations"}


def test_thoughts_of_others_are_told_without_their_signature():
    sealed = Signature("gemini", "x")
    call = ToolCall("c", "f", one_line(b"{}"), sealed)
    body, dropped = telling(Thinking("hm", sealed), Thinking("", sealed, redacted=True), call)

    assert body["content"][0] == {"type": "thinking", "thinking": "hm", "signature": ""}
    assert body["content"][1]["type"] == "tool_use"
    assert dropped == {"answer.signature", "answer.redacted_thinking"}


def test_the_reason_of_a_refusal_is_told():
    body, _ = telling(finish="content_filter", detail="RECITATION")

    assert body["stop_reason"] == "refusal"
    assert body["stop_details"] == {
        "type": "refusal",
        "category": None,
        "explanation": "RECITATION",
    }


def test_an_explanation_without_a_place_is_dropped():
    body, dropped = telling(Text("a"), detail="Because")

    assert body["stop_details"] is None
    assert dropped == {"answer.detail"}


def test_what_a_provider_does_not_tell_is_ours():
    body, _ = telling(Text("a"))

    assert (body["id"], body["model"]) == ("41", MODEL)


def test_an_answer_without_choices_is_empty():
    body = MESSAGES.render_answer(ChatAnswer([]), ASKED, Losses("Anthropic", {}))

    assert body["content"] == []
    assert body["usage"]["input_tokens"] == 0
