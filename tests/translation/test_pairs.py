"""Every ordered pair of dialects: whole lines, from the client's to the provider's and back."""

import itertools
import json
from collections import Counter
from typing import Any

import pytest

from providers.records import UnsupportedFeatureError
from providers.translation import Translation
from tests.golden import neutral
from tests.translation import golden
from tests.translation.bodies import BODIES, DIALECTS, Spoken, question_of
from tests.translation.golden import PLACELESS

OURS = "r0000000041"
SEALED = {"thinking", "redacted"}
"""Cases with a seal on a thought, which no other vendor takes: the target's file has its own seal."""

PAIRS = [
    (source, target)
    for source, target in itertools.product(BODIES, BODIES)
    if source.dialect_name != target.dialect_name
    and source.subject == target.subject
    and target.provider
]


def pairs(side: str) -> Any:
    """Parameters: each pair with each case that the one who speaks first can say as it is."""
    found = []
    for source, target in PAIRS:
        first, second = (source, target) if side == "request" else (target, source)
        for case, said in golden.cases(first.folder, side).items():
            placeless = said.line and not said.changed and said.dropped <= set(PLACELESS)
            if (said.whole or placeless) and golden.read(second.folder, case, side):
                found.append(pytest.param(source, target, case, id=f"{source}-{target}-{case}"))
    return pytest.mark.parametrize(("source", "target", "case"), found)


@pairs("request")
def test_a_request_arrives_in_the_words_of_the_provider(source: Spoken, target: Spoken, case: str):
    translation = Translation(source.dialect, target.dialect, model=target.model)
    record = source.dialect.open(golden.request_line(source.folder, case), model=source.model)
    expected = golden.read(target.folder, case, "request")
    if expected.refused and case not in SEALED:
        refused_in_the_words_of_the_client(translation, record, source, target, expected.refused)
        return

    line = translation.request(record, OURS)

    arrived = target.dialect.open(line, model=target.model)
    assert arrived.custom_id == OURS
    assert arrived.body is target.body
    if case in SEALED and source.signer != target.signer:
        assert neutral.SIGNED.value.encode() not in line
        assert neutral.SEALED.value.encode() not in line
        assert translation.dropped == Counter([source.body.words["thinking"]])
        return
    written = target.dialect.open(expected.line, model=target.model)
    assert json.loads(line) == json.loads(target.dialect.reseal(written, OURS))
    words = Counter(source.body.words.get(feature, feature) for feature in expected.dropped)
    assert translation.dropped == words


def refused_in_the_words_of_the_client(
    translation: Translation, record: Any, source: Spoken, target: Spoken, feature: str
) -> None:
    with pytest.raises(UnsupportedFeatureError) as error:
        translation.request(record, OURS)

    assert error.value.param == source.body.words[feature]
    assert target.dialect.vendor in error.value.message
    assert source.body.words[feature] in error.value.message
    assert not translation.dropped


@pairs("result")
def test_an_answer_arrives_in_the_words_of_the_client(source: Spoken, target: Spoken, case: str):
    translation = Translation(
        source.dialect, target.dialect, model=target.model, created=neutral.CREATED
    )
    question = golden.request_line(source.folder, question_of(source, case))
    record = source.dialect.open(question, model=source.model)
    result = golden.read(target.folder, case, "result").line
    expected = golden.read(source.folder, case, "result")

    answered, line = translation.result(record, "answer-1", result)

    told = source.dialect.open_result(line)
    assert told.id == golden.CUSTOM_ID
    assert told.succeeded is answered is (not expected.refused)
    if expected.refused:
        assert told.outcome.message
    elif case not in SEALED and not expected.changed:
        assert without_seen_elsewhere(told.outcome) == without_seen_elsewhere(
            source.dialect.open_result(expected.line).outcome
        )


def without_seen_elsewhere(raw: bytes) -> Any:
    """An answer without what differs by provider for good reason: its id, its model."""
    answer = json.loads(bytes(raw))
    return {key: inner for key, inner in answer.items() if key not in ELSEWHERE}


ELSEWHERE = {"id", "model", "modelVersion", "responseId"}


@pytest.mark.parametrize("spoken", DIALECTS, ids=str)
class TestTheSameDialect:
    """Byte for byte: what was written strangely stays strange."""

    STRANGE = (
        b'{ "model" :"the-one", "contents":[ ], "temperature":1.0e5,"x_unknown":{"b":1,"a":[ ]} , "seed":'
        b'12345678901234567890123, "text":"\\u00e9\\/\\ud83c\\udf89", "twice":1, "twice":2,\t"z":-0.0 }'
    )

    def lines(self, spoken: Spoken) -> tuple[bytes, bytes]:
        whole = json.loads(golden.request_line(spoken.folder, "text"))
        whole[spoken.dialect.holds] = "HERE"
        line = json.dumps(whole).encode().replace(b'"HERE"', self.STRANGE)
        return line, self.STRANGE

    def test_a_body_stays_byte_for_byte(self, spoken: Spoken):
        line, content = self.lines(spoken)
        translation = Translation(spoken.dialect, spoken.dialect)

        sealed = translation.request(translation.open(line), OURS)

        assert content in sealed
        assert b"\n" not in sealed
        assert spoken.dialect.open(sealed).custom_id == OURS

    def test_only_the_model_is_put_in_where_it_is_asked_for(self, spoken: Spoken):
        line, content = self.lines(spoken)
        translation = Translation(spoken.dialect, spoken.dialect, model="another-one")

        sealed = translation.request(spoken.dialect.open(line), OURS)

        for kept in (b"1.0e5", b'{"b":1,"a":[ ]}', b"12345678901234567890123", b"-0.0"):
            assert kept in sealed
        assert rb"\u00e9\/\ud83c\udf89" in sealed
        beside = spoken.folder == "bedrock"  # its model stands beside the body
        assert (b"the-one" in sealed, b"another-one" in sealed) == (beside, not beside)

    def test_a_result_stays_byte_for_byte(self, spoken: Spoken):
        line = golden.read(spoken.folder, "text", "result").line
        raw = bytes(spoken.dialect.open_result(line).outcome)
        strange = raw[:-1] + b' , "x" : 1.0e5, "y":"\\u00e9" }'
        line = line.replace(raw, strange)
        translation = Translation(spoken.dialect, spoken.dialect)
        record = translation.open(golden.request_line(spoken.folder, "text"))

        answered, told = translation.result(record, "answer-1", line)

        assert answered
        assert strange in told
        assert spoken.dialect.open_result(told).id == golden.CUSTOM_ID


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=lambda spoken: str(spoken))
def test_our_own_ids_are_what_the_provider_sees(source: Spoken, target: Spoken):
    translation = Translation(source.dialect, target.dialect, model=target.model)
    record = translation.open(golden.request_line(source.folder, question_of(source)))

    line = translation.request(record, OURS)

    assert golden.CUSTOM_ID.encode() not in line
    assert line.count(OURS.encode()) == 1
