"""Answers of Gemini, in all the ways that they end and that they cite."""

import msgspec
import pytest
from google.genai import types

from providers.gemini.dialect import EMBED, GENERATE
from providers.gemini.generate.finish import BLOCKS, FINISHES, REASONS
from providers.records import Asked, Losses, MalformedRecordError
from providers.records.chat import (
    ChatAnswer,
    Choice,
    Citation,
    Finish,
    Media,
    Signature,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from providers.records.values import EMPTY_OBJECT

ASKED = Asked("a", "gemini-3.8-flash", 0, b"{}")


def parsed(losses=None, **response):
    return GENERATE.parse_answer(
        msgspec.json.encode(response), losses or Losses("Somebody", GENERATE.words)
    )


def candidate(*parts, **more):
    losses = Losses("Somebody", GENERATE.words)
    content = {"role": "model", "parts": list(parts)}
    answer = parsed(losses, candidates=[{"content": content, "finishReason": "STOP", **more}])
    losses.settle()
    return answer.choices[0], losses.counts


def rendered(*parts, finish="stop", **more):
    losses = Losses("Gemini", {})
    body = GENERATE.render_answer(ChatAnswer([Choice(list(parts), finish, **more)]), ASKED, losses)
    losses.settle()
    types.GenerateContentResponse.model_validate(msgspec.json.decode(msgspec.json.encode(body)))
    return body, losses.counts


def test_there_is_a_finish_for_every_word_of_the_sdk():
    assert set(FINISHES) == {word.value for word in types.FinishReason}
    assert set(REASONS) == set(Finish.__args__)
    assert set(REASONS.values()) <= set(FINISHES)
    assert set(BLOCKS) >= {word.value for word in types.BlockedReason}


@pytest.mark.parametrize("word", sorted(set(FINISHES) - {"MODEL_ARMOR", "CONTINUATION"}))
def test_a_word_that_gemini_ended_with_comes_back(word):
    choice, _ = candidate({"text": "a"}, finishReason=word)
    if choice.finish is None or word == "PUP_LIMITED_DISABLED":
        return

    body, _ = rendered(*choice.parts, finish=choice.finish, detail=choice.detail)

    assert body["candidates"][0]["finishReason"] == word


def test_a_word_that_nobody_knew_yet_is_an_error():
    choice, _ = candidate(finishReason="BORED", finishMessage="Yawn")

    assert (choice.finish, choice.detail) == ("error", "BORED")


def test_an_explanation_has_its_place():
    choice, _ = candidate(finishReason="SAFETY", finishMessage="Too rude.")

    assert (choice.finish, choice.detail) == ("content_filter", "Too rude.")
    body, _ = rendered(finish="content_filter", detail="Too rude.")
    assert body["candidates"][0]["finishMessage"] == "Too rude."


def test_a_stop_with_calls_is_a_call_and_its_ids_are_made_up():
    answer = parsed(
        responseId="R",
        candidates=[
            {
                "finishReason": "STOP",
                "content": {
                    "parts": [{"functionCall": {"name": "f"}}, {"functionCall": {"name": "g"}}]
                },
            }
        ],
    )

    assert answer.choices[0].finish == "tool_calls"
    assert [part.id for part in answer.choices[0].parts] == ["call_R_1", "call_R_2"]


@pytest.mark.parametrize("reason", sorted(BLOCKS))
def test_a_blocked_prompt_is_a_choice_without_parts(reason):
    answer = parsed(promptFeedback={"blockReason": reason})

    assert answer.choices[0].finish == "prompt_blocked"
    assert answer.choices[0].parts == []


def test_no_candidate_and_no_reason_is_an_error():
    assert parsed(usageMetadata={}).choices[0].finish == "error"


def test_usage_adds_up():
    usage = {
        "promptTokenCount": 100,
        "toolUsePromptTokenCount": 10,
        "cachedContentTokenCount": 40,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 30,
        "totalTokenCount": 160,
    }
    answer = parsed(candidates=[{}], usageMetadata=usage)

    assert answer.usage == Usage(110, 50, cached=40, reasoning=30)
    said = GENERATE.render_answer(answer, ASKED, Losses("x", {}))["usageMetadata"]
    assert said == {
        "promptTokenCount": 110,
        "candidatesTokenCount": 20,
        "cachedContentTokenCount": 40,
        "thoughtsTokenCount": 30,
        "totalTokenCount": 160,
    }


def test_places_are_counted_in_bytes():
    text = "Grüße 🎉 aus Köln."
    start = len("Grüße 🎉 ".encode())
    choice, lost = candidate(
        {"text": "Thinking", "thought": True},
        {"text": text},
        groundingMetadata={
            "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}],
            "groundingSupports": [
                {
                    "segment": {
                        "partIndex": 1,
                        "startIndex": start,
                        "endIndex": len(text.encode()),
                    },
                    "groundingChunkIndices": [0],
                },
                {"segment": {"partIndex": 1, "endIndex": 5}, "groundingChunkIndices": [0, 7]},
            ],
            "webSearchQueries": ["a"],
        },
    )

    (first, second) = choice.parts[1].citations
    assert text[slice(*first.span)] == "aus Köln."
    assert text[slice(*second.span)] == "Grü"
    assert lost == {"candidates[].groundingMetadata.webSearchQueries": 1}
    body, _ = rendered(*choice.parts)
    supports = body["candidates"][0]["groundingMetadata"]["groundingSupports"]
    assert supports[0]["segment"]["startIndex"] == start
    assert supports[0]["segment"]["text"] == "aus Köln."


def test_recited_sources_are_counted_over_all_the_text():
    choice, _ = candidate(
        {"text": "é" * 3},
        {"text": "abcdef"},
        citationMetadata={
            "citationSources": [{"startIndex": 7, "endIndex": 9, "uri": "https://a.example"}]
        },
    )

    assert choice.parts[0].citations == ()
    assert choice.parts[1].citations == (Citation(url="https://a.example", span=(1, 3)),)


def test_places_outside_the_text_break_nothing():
    choice, _ = candidate(
        {"text": "é"},
        groundingMetadata={
            "groundingChunks": [{"web": {"uri": "u"}}],
            "groundingSupports": [
                {"segment": {"startIndex": 50, "endIndex": 1}, "groundingChunkIndices": [0]},
                {"segment": {"partIndex": 9}, "groundingChunkIndices": [0]},
            ],
        },
    )

    assert choice.parts[0].citations == (Citation(url="u"),)


def test_pictures_are_kept_and_googles_own_code_is_counted():
    choice, lost = candidate(
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"executableCode": {"code": "1", "language": "PYTHON"}},
        {"text": "a", "thoughtSignature": "abc"},
    )

    assert isinstance(choice.parts[0], Media)
    assert choice.parts[1:] == [Text("a")]
    assert set(lost) == {
        "candidates[].content.parts[].executableCode",
        "candidates[].content.parts[].thoughtSignature",
    }


def test_foreign_seals_are_dropped_and_the_rest_is_told():
    foreign = Signature("anthropic", "abc")
    body, lost = rendered(
        Thinking("Hm", foreign),
        Thinking("", foreign, redacted=True),
        ToolCall("1", "f", EMPTY_OBJECT, foreign),
        finish="tool_calls",
    )

    assert len(body["candidates"][0]["content"]["parts"]) == 2
    assert lost == {"answer.signature": 1, "answer.redacted_thinking": 1}


def test_a_field_that_nobody_knew_yet_is_counted():
    losses = Losses("Somebody", GENERATE.words)
    parsed(losses, candidates=[{"novelty": 1}])

    losses.settle()
    assert losses.counts == {"candidates[].novelty": 1}


@pytest.mark.parametrize("raw", [b"{", b"7", b'{"candidates":7}', b"[" * 100_000])
def test_an_answer_without_its_shape_is_malformed(raw):
    with pytest.raises(MalformedRecordError):
        GENERATE.parse_answer(raw, Losses("Somebody", {}))


def test_an_embedding_may_count_its_tokens_in_two_places():
    losses = Losses("Somebody", {})

    old = EMBED.parse_answer(b'{"embedding":{"values":[1]},"tokenCount":3}', losses)
    new = EMBED.parse_answer(
        b'{"embedding":{"values":[1]},"usageMetadata":{"promptTokenCount":3}}', losses
    )

    assert old == new


def test_embeddings_may_be_configured_in_two_places():
    for raw in (
        b'{"content":{"parts":[{"text":"a"}]},"task_type":"CLUSTERING","output_dimensionality":8}',
        b'{"content":{"parts":[{"text":"a"}]},"model":"models/gemini-embedding-001",'
        b'"embedContentConfig":{"taskType":"CLUSTERING","outputDimensionality":8}}',
    ):
        request = EMBED.parse_request(raw, Losses("Somebody", {}))
        assert request.texts == ["a"]
        assert request.settings == {"purpose": "clustering", "dimensions": 8}
