"""What answers say that they took, in every provider's words."""

import json

import pytest

from providers.dialects import DIALECTS
from providers.openai.chat import CHAT
from providers.records import Dialect, Failure, Record, TokenReader, Tokens
from providers.records.used import MOST

READER = TokenReader("result", "message")


def told(**answer: object) -> Tokens | None:
    return READER.read(json.dumps({"id": "r1", "result": {"message": answer}}).encode())


SAID = {
    "chat": (
        {
            "usage": {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "total_tokens": 15,
                "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 3},
            }
        },
        Tokens(10, 4, 5, reasoning=3),
    ),
    "embeddings": ({"usage": {"prompt_tokens": 10, "total_tokens": 10}}, Tokens(10)),
    "no details": (
        {"usage": {"completion_tokens": 5, "completion_tokens_details": None}},
        Tokens(output=5),
    ),
    "responses": (
        {
            "usage": {
                "input_tokens": 10,
                "input_tokens_details": {"cached_tokens": 4},
                "output_tokens": 5,
                "output_tokens_details": {"reasoning_tokens": 3},
            }
        },
        Tokens(10, 4, 5, reasoning=3),
    ),
    "messages": (
        {
            "usage": {
                "input_tokens": 10,
                "cache_read_input_tokens": 4,
                "cache_creation_input_tokens": 6,
                "cache_creation": {"ephemeral_1h_input_tokens": 2},
                "output_tokens": 5,
            }
        },
        Tokens(20, 4, 5, written=6, written_hour=2),
    ),
    "messages without a cache": (
        {"usage": {"input_tokens": 10, "cache_read_input_tokens": None, "output_tokens": 5}},
        Tokens(10, output=5),
    ),
    "converse": (
        {"usage": {"inputTokens": 10, "outputTokens": 5, "cacheReadInputTokens": 4}},
        Tokens(14, 4, 5),
    ),
    "gemini": (
        {
            "usageMetadata": {
                "promptTokenCount": 10,
                "cachedContentTokenCount": 4,
                "candidatesTokenCount": 5,
                "thoughtsTokenCount": 3,
            }
        },
        Tokens(10, 4, 8, reasoning=3),
    ),
    "llama": ({"prompt_token_count": 10, "generation_token_count": 5}, Tokens(10, output=5)),
    "titan": ({"inputTextTokenCount": 10}, Tokens(10)),
}


@pytest.mark.parametrize("name", SAID)
def test_the_words_of_every_provider(name: str):
    answer, expected = SAID[name]
    assert told(**answer) == expected


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_the_answer_is_found_in_the_lines_of_every_dialect(dialect: Dialect):
    answer, expected = SAID["chat"]
    record = Record("c1", CHAT, b"{}", b"{}")
    line = dialect.seal_result(record, "r1", json.dumps(answer).encode())

    assert dialect.used.read(line) == expected
    failure = dialect.seal_failure(record, "r1", Failure("server_error", "It broke."))
    assert dialect.used.read(failure) is None


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": -1, "completion_tokens": 5},
        {"prompt_tokens": "10"},
        {"prompt_tokens": MOST, "completion_tokens": 1},
        {"input_tokens": MOST + 1},
        {"input_tokens": 10**30},
    ],
)
def test_what_cannot_be_is_not_told(usage: object):
    assert told(usage=usage) is None


def test_sums_are_sums():
    total = Tokens()
    for _ in range(3):
        total.add(Tokens(1, 2, 3, 4, 5, 6))
    assert total == Tokens(3, 6, 9, 12, 15, 18)
