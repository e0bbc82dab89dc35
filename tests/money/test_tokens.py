"""How many tokens a request is guessed to take."""

import json
import tracemalloc

import pytest

from providers.records import MalformedRecordError
from providers.tokens import (
    DEFAULT_OUTPUT,
    MEDIUM_TOKENS,
    MOST_CHOICES,
    MOST_OUTPUT,
    tokens_of_request,
)


def guess(body, **more):
    return tokens_of_request(json.dumps(body, ensure_ascii=False).encode(), **more)


def test_text_counts_by_its_bytes():
    short = guess({"messages": [{"content": "a" * 400}]})
    assert short.input == 100 + 8
    assert short.most_input == 200 + 8
    assert guess({"messages": [{"content": "日" * 400}]}).input == 300 + 8
    assert guess({"messages": [{"content": "a" * 200}, {"content": "a" * 200}]}).input == 100 + 16


@pytest.mark.parametrize(
    "body",
    [
        {"max_tokens": 100},
        {"max_completion_tokens": 100, "max_tokens": 50},
        {"max_output_tokens": 100},
        {"max_gen_len": 100},
        {"n": 4, "max_tokens": 25},
        {"generationConfig": {"maxOutputTokens": 100}},
        {"generation_config": {"max_output_tokens": 50, "candidate_count": 2}},
        {"inferenceConfig": {"maxTokens": 100}},
        {"textGenerationConfig": {"maxTokenCount": 100}},
        {"prompt": ["one", "two"], "max_tokens": 25, "best_of": 2, "n": 1},
        {"prompt": [[1, 2], [3]], "max_tokens": 50},
        {"prompt": [1, 2, 3], "max_tokens": 100},
    ],
)
def test_the_limit_of_the_answer_in_every_dialect(body):
    assert guess(body).output == 100
    assert guess(body).most.output == 100


@pytest.mark.parametrize("limit", [None, "many", 0, -3, True])
def test_without_a_limit_there_is_a_stated_one(limit):
    found = guess({"max_tokens": limit, "n": limit})
    if limit is not True:
        assert found.output is None or found.output == 0
    assert guess({}).most.output == DEFAULT_OUTPUT


def test_an_absurd_limit_counts_as_the_most_that_there_may_be():
    most = MOST_OUTPUT * MOST_CHOICES
    for limit in (10**9, 10**18, 1e300):
        assert guess({"max_tokens": limit, "n": limit}).output == most


def test_embeddings_answer_without_tokens():
    assert guess({"input": ["abcd"]}, subject="embeddings") == (1, 2, 0)


@pytest.mark.parametrize("tokens", [[1, 2, 3, 4, 5], [[1, 2, 3], [4, 5]]])
def test_what_comes_as_tokens_counts_as_them(tokens):
    assert guess({"input": tokens}, subject="embeddings") == (5, 5, 0)
    assert guess({"prompt": tokens}).input == 5


def test_a_medium_counts_the_same_however_large_it_is():
    parts = [
        {"image_url": {"url": "data:image/png;base64," + "A" * 10_000}},
        {"source": {"data": "A" * 10_000}},
    ]
    assert guess({"messages": parts}).input == 2 * (MEDIUM_TOKENS + 8)


@pytest.mark.parametrize(
    "body",
    [
        {"content": "data: " + "a" * 40_000},
        {"source": {"type": "text", "media_type": "text/plain", "data": "a" * 40_000}},
        {"inlineData": {"mimeType": "text/csv", "data": "a" * 40_000}},
    ],
)
def test_a_document_of_plain_text_counts_as_text(body):
    assert 10_000 <= guess(body).input < 10_010


def test_a_medium_that_is_at_the_provider_counts_too():
    assert guess({"source": {"type": "file", "file_id": "file_011CN"}}).input > MEDIUM_TOKENS


def test_what_is_nested_deeply_is_counted_or_refused():
    assert tokens_of_request(b"[" * 500 + b"]" * 500).input == 0
    with pytest.raises(MalformedRecordError):
        tokens_of_request(b"[" * 100_000)
    with pytest.raises(MalformedRecordError):
        tokens_of_request(b"{")


@pytest.mark.parametrize("value", [b"[]", b"{}", b"1", b'""'])
def test_very_many_values_take_little_memory_and_count_by_their_bytes(value):
    body = b'{"max_tokens":7,"messages":[' + value + (b"," + value) * 10**6 + b'],"n":2}'

    tracemalloc.start()
    found = tokens_of_request(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 10**6
    assert found.input == -(-len(body) // 4)
    assert found.output == 14
