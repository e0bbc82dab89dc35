"""Embeddings: numbers and base64, texts and tokens."""

import base64
import json
import struct

import pytest

from providers.openai.embeddings import EMBEDDINGS
from providers.records import MalformedRecordError, UnsupportedFeatureError
from providers.records.embeddings import EmbeddingAnswer, EmbeddingRequest
from tests.translation.golden import asked, dropped, losses

VECTOR = [0.25, -0.5, 1.0]
PACKED = base64.b64encode(struct.pack("<3f", *VECTOR)).decode()


def answer_with(embedding: object) -> bytes:
    return json.dumps({"data": [{"index": 0, "embedding": embedding}]}).encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"encoding_format":"base64"}', PACKED),
        (b'{"encoding_format":"float"}', VECTOR),
        (b"{}", VECTOR),
        (b"no JSON", VECTOR),
    ],
)
def test_vectors_come_as_the_client_asked(body: bytes, expected: object):
    answer = EmbeddingAnswer([VECTOR], 3, "m")

    said = EMBEDDINGS.render_answer(answer, asked("m", body), losses())

    assert said["data"] == [{"object": "embedding", "index": 0, "embedding": expected}]


@pytest.mark.parametrize("embedding", [VECTOR, PACKED])
def test_a_provider_may_send_either(embedding: object):
    assert EMBEDDINGS.parse_answer(answer_with(embedding), losses()).vectors == [VECTOR]


@pytest.mark.parametrize("embedding", ["!", "YQ==", "ä", None])
def test_what_is_no_vector_is_malformed(embedding: object):
    with pytest.raises(MalformedRecordError):
        EMBEDDINGS.parse_answer(answer_with(embedding), losses())


def test_a_number_too_large_for_base64_is_told():
    answer = EmbeddingAnswer([[1e300]])

    with pytest.raises(MalformedRecordError, match="32 bits"):
        EMBEDDINGS.render_answer(answer, asked("m", b'{"encoding_format":"base64"}'), losses())


def test_vectors_come_in_the_order_of_their_indexes():
    data = [{"index": index, "embedding": [float(index)]} for index in (1, 2, 0)]

    answer = EMBEDDINGS.parse_answer(json.dumps({"data": data}).encode(), losses())

    assert answer.vectors == [[0.0], [1.0], [2.0]]


@pytest.mark.parametrize("tokens", [[1, 2], [[1], [2, 3]], ["text", 1]])
def test_tokens_are_refused(tokens: list):
    with pytest.raises(UnsupportedFeatureError) as error:
        EMBEDDINGS.parse_request(json.dumps({"model": "m", "input": tokens}).encode(), losses())

    assert error.value.param == "input"


def test_hints_that_openai_lacks_are_dropped_and_counted():
    lost = losses()
    settings = {"purpose": "search_query", "title": "T", "normalize": True, "truncate": "end"}

    body = EMBEDDINGS.render_request(EmbeddingRequest("m", ["a", "b"], settings), lost)

    assert body == {"model": "m", "input": ["a", "b"]}
    assert dropped(lost) == {
        "embedding.purpose",
        "embedding.title",
        "embedding.normalize",
        "embedding.truncate",
    }


def test_a_user_travels():
    raw = b'{"model":"m","input":"a","user":"u","encoding_format":"float"}'

    assert EMBEDDINGS.parse_request(raw, losses()).settings == {"user": "u"}
