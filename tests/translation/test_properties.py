"""What was meant survives the way from dialect to dialect, but for what is said to be lost."""

from itertools import groupby, product
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings

from providers.records import UnsupportedFeatureError
from providers.records.chat import ChatAnswer, ChatRequest, Message, SchemaOutput
from tests.golden import neutral
from tests.translation import golden, strategies
from tests.translation.bodies import CHAT, Spoken
from tests.translation.golden import PLACELESS, asked, dropped, losses, plain

PROVIDERS = [spoken for spoken in CHAT if spoken.provider]
PAIRS = [pair for pair in product(PROVIDERS, repeat=2) if pair[0] is not pair[1]]
few = settings(
    max_examples=15,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def said(spoken: Spoken, meant: ChatRequest) -> tuple[ChatRequest, set[str]]:
    """A request in the words of a dialect and read again, and what was dropped on the way."""
    lost = losses()
    meant = msgspec.structs.replace(meant, model=spoken.model)
    try:
        raw = msgspec.json.encode(spoken.provider_body.render_request(meant, lost))
    except UnsupportedFeatureError:
        assume(False)
    gone = dropped(lost)
    read = spoken.provider_body.parse_request(raw, lost)
    assert dropped(lost) == gone, "what was rendered must be understood in full"
    return read, gone


def told(spoken: Spoken, meant: ChatAnswer) -> tuple[ChatAnswer, set[str]]:
    lost = losses()
    rendered = spoken.body.render_answer(meant, asked("a-model"), lost)
    gone = dropped(lost)
    read = spoken.provider_body.parse_answer(msgspec.json.encode(rendered), lost)
    assert dropped(lost) == gone, "what was rendered must be understood in full"
    return read, gone


def normal(request: ChatRequest, gone: set[str]) -> Any:
    """Turns put together, without the model and without what was dropped."""
    messages = [
        Message(role, [part for message in turn for part in message.parts])
        for role, turn in groupby(request.messages, lambda message: message.role)
    ]
    kept = {key: value for key, value in request.settings.items() if key not in gone}
    if isinstance(kept.get("output"), SchemaOutput):
        schema = kept["output"].schema
        kept["output"] = SchemaOutput(schema)
    if kept.get("tool_choice") and kept["tool_choice"].mode == "auto":
        del kept["tool_choice"]
    value = plain(msgspec.structs.replace(request, model=None, messages=messages, settings=kept))
    return _without_names(value)


def _without_names(value: Any) -> Any:
    """Some dialects name the tool of a result, others know it from its call."""
    if isinstance(value, dict):
        unnamed = {"name": None} if value.get("") == "ToolResult" else {}
        return {**{key: _without_names(inner) for key, inner in value.items()}, **unnamed}
    return [_without_names(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("source", "target"), PAIRS, ids=[f"{source}-{target}" for source, target in PAIRS]
)
@few
@given(meant=strategies.requests())
def test_a_request_keeps_its_meaning(source: Spoken, target: Spoken, meant: ChatRequest):
    first, _ = said(source, meant)
    second, gone = said(target, first)

    assert normal(second, gone) == normal(first, gone)


@pytest.mark.parametrize("spoken", PROVIDERS, ids=str)
@few
@given(meant=strategies.requests())
def test_a_request_that_was_said_once_is_said_the_same_again(spoken: Spoken, meant: ChatRequest):
    first, _ = said(spoken, meant)
    second, gone = said(spoken, first)

    assert not gone
    assert plain(second) == plain(first)


@pytest.mark.parametrize(
    ("source", "target"), PAIRS, ids=[f"{source}-{target}" for source, target in PAIRS]
)
@few
@given(meant=strategies.answers())
def test_an_answer_keeps_its_meaning(source: Spoken, target: Spoken, meant: ChatAnswer):
    first, _ = told(target, meant)
    second, gone = told(source, first)

    assert gone <= {*PLACELESS, "usage.cached"}
    assert _normal_answer(second, gone) == _normal_answer(first, gone)


def _normal_answer(answer: ChatAnswer, gone: set[str]) -> Any:
    usage = answer.usage
    if usage:
        cached = None if "usage.cached" in gone else usage.cached or None
        usage = msgspec.structs.replace(usage, cached=cached, reasoning=usage.reasoning or None)
        usage = msgspec.structs.replace(usage, cache_written=usage.cache_written or None)
    choices = [msgspec.structs.replace(choice, detail=None) for choice in answer.choices]
    elsewhere = dict.fromkeys(PLACELESS.values())
    return plain(msgspec.structs.replace(answer, usage=usage, choices=choices, **elsewhere))


@pytest.mark.parametrize("spoken", PROVIDERS, ids=str)
def test_a_schema_is_still_the_same_schema(spoken: Spoken):
    """The cases with schemas are not left to luck."""
    for case in ("tools", "schema"):
        if golden.read(spoken.folder, case, "request").refused:
            continue
        request = spoken.requests[case]
        again, _ = said(spoken, request)
        assert [plain(tool.parameters) for tool in again.tools] == [
            plain(tool.parameters) for tool in request.tools
        ]
        if case == "schema":
            assert plain(again.settings["output"].schema) == plain(neutral.PERSON_SCHEMA)
