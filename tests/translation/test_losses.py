"""What a translation drops is counted by record and in the client's words, and refusals count nothing."""

from collections import Counter

import msgspec
import pytest

from providers.records import Losses, UnsupportedFeatureError
from providers.records.losses import MOST_KEPT
from providers.translation import Translation
from tests.translation import golden
from tests.translation.bodies import BY_FOLDER

OPENAI, ANTHROPIC = BY_FOLDER["openai"], BY_FOLDER["anthropic"]


def openai_line(**settings: object) -> bytes:
    body = {
        "model": OPENAI.model,
        "messages": [{"role": "user", "content": "Hello"}],
        "max_completion_tokens": 100,
        **settings,
    }
    return msgspec.json.encode(
        {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body}
    )


def to_anthropic() -> Translation:
    return Translation(OPENAI.dialect, ANTHROPIC.dialect, model=ANTHROPIC.model)


def send(translation: Translation, line: bytes) -> None:
    translation.request(translation.open(line), "r0000000000")


def test_nothing_is_dropped_at_first():
    assert to_anthropic().dropped == to_anthropic().dropped_from_answers == Counter()


def test_hints_are_counted_by_record_in_the_words_of_the_client():
    translation = to_anthropic()
    for _ in range(3):
        send(translation, openai_line(seed=1, frequency_penalty=0.5))
    send(translation, openai_line(seed=1))
    send(translation, openai_line())

    assert translation.dropped == {"seed": 4, "frequency_penalty": 3}


def test_a_record_that_fails_counts_nothing():
    translation = to_anthropic()
    with pytest.raises(UnsupportedFeatureError) as error:
        send(translation, openai_line(seed=1, n=3))
    send(translation, openai_line())

    assert error.value.param == "n"
    assert not translation.dropped


def test_a_record_that_fails_takes_no_hint_of_the_next_one_along():
    translation = to_anthropic()
    with pytest.raises(UnsupportedFeatureError):
        send(translation, openai_line(seed=1, n=3))
    send(translation, openai_line(verbosity="low"))

    assert translation.dropped == {"verbosity": 1}


def test_what_only_the_clients_vendor_has_is_counted_by_its_own_name():
    translation = to_anthropic()
    send(translation, openai_line(store=True))

    assert translation.dropped == {"store": 1}


def test_bodies_of_one_batch_are_counted_together():
    translation = to_anthropic()
    send(translation, openai_line(verbosity="low", seed=1))
    responses = {
        "custom_id": "b",
        "method": "POST",
        "url": "/v1/responses",
        "body": {"model": OPENAI.model, "input": "Hello", "text": {"verbosity": "low"}},
    }
    send(translation, msgspec.json.encode(responses))

    assert translation.dropped == {"verbosity": 1, "seed": 1, "text.verbosity": 1}


def answer_of(translation: Translation, **more: object) -> tuple[bool, bytes]:
    record = translation.open(golden.request_line("anthropic", "text"))
    line = golden.read("openai", "text", "result").line
    raw = OPENAI.dialect.open_result(line).outcome
    outcome = {**msgspec.json.decode(raw), **more}
    line = line.replace(bytes(raw), msgspec.json.encode(outcome))
    return translation.result(record, "answer-1", line)


def from_openai() -> Translation:
    return Translation(ANTHROPIC.dialect, OPENAI.dialect, model=OPENAI.model)


def test_what_an_answer_loses_is_counted_in_the_words_of_the_provider():
    translation = from_openai()
    for _ in range(2):
        answered, _ = answer_of(translation, system_fingerprint="fp_1")
        assert answered
    answer_of(translation)

    assert translation.dropped_from_answers["system_fingerprint"] == 2
    assert not translation.dropped


def test_a_field_of_an_answer_that_nobody_knew_yet_is_counted_by_name():
    translation = from_openai()

    answered, _ = answer_of(translation, x_brand_new={"a": 1})

    assert answered
    assert translation.dropped_from_answers["x_brand_new"] == 1


def test_an_answer_that_cannot_be_told_fails_its_record_and_counts_nothing():
    translation = from_openai()

    answered, line = answer_of(translation, choices="none", system_fingerprint="fp_1")
    told = ANTHROPIC.dialect.open_result(line)
    assert not answered
    assert not told.succeeded
    assert told.outcome.message
    assert not translation.dropped_from_answers

    answer_of(translation)
    assert "system_fingerprint" not in translation.dropped_from_answers


def test_losses_are_counted_however_many_kinds_there_are():
    losses = Losses("Anywhere", {})

    for number in range(MOST_KEPT * 2):
        losses.drop(f"field{number}")
        losses.drop("seed")
        losses.drop("seed")
        losses.settle()

    assert losses.counts["seed"] == MOST_KEPT * 2
    assert losses.counts["field0"] == losses.counts[f"field{MOST_KEPT * 2 - 1}"] == 1
