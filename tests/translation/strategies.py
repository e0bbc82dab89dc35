"""Neutral requests and answers that most dialects can say, for hypothesis."""

import json
from typing import Any

import msgspec
from hypothesis import strategies as st

from providers.records.chat import (
    ChatAnswer,
    ChatRequest,
    Choice,
    Inline,
    Media,
    Message,
    SchemaOutput,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Usage,
)
from tests.golden import neutral

# Text with something to see in it: some vendors take no empty or blank text.
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).map(
    lambda text: f"a{text}"
)
names = st.from_regex(r"\A[a-zA-Z][a-zA-Z0-9_]{0,12}\Z")
shares = st.integers(0, 100).map(lambda share: share / 100)
counts = st.integers(0, 10**6)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)
arguments = st.dictionaries(names, values, max_size=3).map(
    lambda value: msgspec.Raw(json.dumps(value, ensure_ascii=False).encode())
)
images = st.just(Media("image", Inline(neutral.PNG), "image/png"))


def _texts(least: int = 1) -> Any:
    return st.lists(words.map(Text), min_size=least, max_size=3)


@st.composite
def _tool(draw: Any, name: str) -> Tool:
    """Every vendor's subset of JSON Schema has this much."""
    keys = draw(st.lists(names, unique=True, max_size=3))
    schema = {
        "type": "object",
        "properties": {
            key: {"type": draw(st.sampled_from(["string", "integer", "boolean"]))} for key in keys
        },
        "required": keys,
        "additionalProperties": False,
    }
    return Tool(name, draw(words), msgspec.Raw(msgspec.json.encode(schema)))


@st.composite
def _called(draw: Any, tools: list[Tool], round_: int) -> list[Message]:
    """The assistant calls tools, and the user says what they answered."""
    calls = [
        ToolCall(f"call_{round_}_{number}", draw(st.sampled_from(tools)).name, draw(arguments))
        for number in range(draw(st.integers(1, 3)))
    ]
    results = [ToolResult(call.id, [Text(draw(words))]) for call in calls]
    return [Message("assistant", [*draw(_texts(0)), *calls]), Message("user", results)]


@st.composite
def _settings(draw: Any, tools: list[Tool]) -> Any:
    choices: dict[str, Any] = {
        "temperature": shares,
        "top_p": shares,
        "top_k": st.integers(1, 500),
        "stop": st.lists(words, min_size=1, max_size=4),
        "seed": st.integers(0, 2**31 - 1),
        "frequency_penalty": shares,
        "presence_penalty": shares,
        "user": words,
        "cache_key": words,
        "verbosity": st.sampled_from(["low", "medium", "high"]),
        "output": st.just(SchemaOutput(neutral.PERSON_SCHEMA, name="person")),
    }
    if tools:
        one = (draw(st.sampled_from(tools)).name,)
        choices["tool_choice"] = st.sampled_from(
            [ToolChoice("auto"), ToolChoice("required"), ToolChoice("required", one)]
        )
    picked = draw(st.lists(st.sampled_from(sorted(choices)), unique=True, max_size=4))
    return {
        "max_tokens": draw(st.integers(1, 10**5)),
        **{key: draw(choices[key]) for key in picked},
    }


@st.composite
def requests(draw: Any) -> ChatRequest:
    tool_names = draw(st.lists(names, unique=True, max_size=2))
    tools = [draw(_tool(name)) for name in tool_names]
    messages = []
    for round_ in range(draw(st.integers(0, 2))):
        messages.append(Message("user", [*draw(_texts()), *draw(st.lists(images, max_size=1))]))
        if tools and draw(st.booleans()):
            messages += draw(_called(tools, round_))
        messages.append(Message("assistant", draw(_texts())))
    messages.append(Message("user", draw(_texts())))
    return ChatRequest("", messages, draw(_texts(0)), list(tools), draw(_settings(tools)))


@st.composite
def answers(draw: Any) -> ChatAnswer:
    calls = [
        ToolCall(f"call_{number}", draw(names), draw(arguments))
        for number in range(draw(st.integers(0, 2)))
    ]
    finish = "tool_calls" if calls else draw(st.sampled_from(["stop", "length"]))
    parts = [*draw(st.lists(words.map(Text), min_size=not calls, max_size=1)), *calls]
    usage = Usage(draw(st.integers(100, 10**6)), draw(counts), cached=draw(st.integers(0, 100)))
    return ChatAnswer([Choice(parts, finish)], usage, "answer-1", "a-model", neutral.CREATED)
