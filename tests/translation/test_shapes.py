"""What a vendor added yesterday fails a request, and costs an answer that was paid for nothing but itself."""

import json
from typing import Any

import pytest

from providers.records import MalformedRecordError, UnsupportedFeatureError
from tests.translation import golden
from tests.translation.bodies import CHAT, Spoken

PROVIDERS = [spoken for spoken in CHAT if spoken.provider]
KINDS = {
    "openai": ("choices[].message.tool_calls[]", ("choices", 0, "message", "tool_calls")),
    "anthropic": ("content[]", ("content",)),
    "bedrock-claude": ("content[]", ("content",)),
}


def answer_of(spoken: Spoken, case: str) -> Any:
    line = golden.read(spoken.folder, case, "result").line
    return json.loads(bytes(spoken.dialect.open_result(line).outcome))


@pytest.mark.parametrize("case", ["text", "tool_call"])
@pytest.mark.parametrize("spoken", PROVIDERS, ids=str)
def test_an_unknown_field_of_an_answer_is_dropped_alone(spoken: Spoken, case: str):
    if golden.read(spoken.folder, case, "result").refused:
        return
    lost = golden.losses()
    answer = answer_of(spoken, case)
    expected = spoken.provider_body.parse_answer(json.dumps(answer).encode(), golden.losses())

    parsed = spoken.provider_body.parse_answer(
        json.dumps({**answer, "x_new": {"a": [1]}}).encode(), lost
    )

    assert golden.plain(parsed) == golden.plain(expected)
    assert golden.dropped(lost) == {"x_new"}


@pytest.mark.parametrize("folder", KINDS)
def test_an_unknown_kind_of_item_of_an_answer_is_dropped_alone(folder: str):
    (spoken,) = (each for each in PROVIDERS if each.folder == folder)
    where, path = KINDS[folder]
    answer, lost = answer_of(spoken, "tool_call"), golden.losses()
    expected = spoken.provider_body.parse_answer(json.dumps(answer).encode(), golden.losses())
    items: Any = answer
    for key in path:
        items = items[key]
    items.append({"type": "x_new", "deep": {"a": 1}})

    parsed = spoken.provider_body.parse_answer(json.dumps(answer).encode(), lost)

    assert golden.plain(parsed) == golden.plain(expected)
    assert golden.dropped(lost) == {f"{where}.x_new"}


@pytest.mark.parametrize("spoken", CHAT, ids=str)
def test_an_unknown_field_of_a_request_is_named(spoken: Spoken):
    line = golden.request_line(spoken.folder, "text")
    record = spoken.dialect.open(line, model=spoken.model)
    content = json.dumps({**json.loads(record.content), "x_new": 1}).encode()

    with pytest.raises(UnsupportedFeatureError) as error:
        record.body.parse_request(content, golden.losses())

    assert error.value.code == "unknown_field"
    assert error.value.param.endswith("x_new")


@pytest.mark.parametrize("spoken", PROVIDERS, ids=str)
def test_an_answer_of_another_shape_is_malformed(spoken: Spoken):
    answer = dict.fromkeys(answer_of(spoken, "text"), 7)

    with pytest.raises(MalformedRecordError):
        spoken.provider_body.parse_answer(json.dumps(answer).encode(), golden.losses())
