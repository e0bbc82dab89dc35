"""An answer of Chat Completions, there and back.

https://platform.openai.com/docs/api-reference/chat/object
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from providers.openai.chat import wire
from providers.openai.chat.messages import parse_call, render_call
from providers.openai.chat.parts import is_plain, parse_citations
from providers.openai.chat.usage import parse_usage, render_usage
from providers.openai.citations import render_citation, sayable
from providers.records import Asked, Losses, RecordError
from providers.records.chat import (
    ChatAnswer,
    Choice,
    Finish,
    Media,
    Part,
    Refusal,
    Text,
    Thinking,
    TokenChance,
    TokenChoice,
    ToolCall,
)
from providers.records.rules import Rendered
from providers.records.values import object_from_text

# https://platform.openai.com/docs/api-reference/chat/object#chat-object-choices-finish_reason
FINISHES: dict[str, Finish] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
FINISH_WORDS: dict[Finish, str | None] = {
    "stop": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "context_length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "prompt_blocked": "content_filter",
    "refusal": "content_filter",
    "paused": None,
    "malformed_tool_call": None,
    "error": None,
}
ENDED_BY_ITSELF = frozenset({None, "stop", "tool_calls"})
FILTERED = frozenset({"content_filter", "prompt_blocked"})
TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "fast"})

ALONE = ("system_fingerprint", "metadata", "moderation")
_alone = attrgetter(*ALONE)
_index = attrgetter("index")
_beside_content = attrgetter("refusal", "tool_calls", "function_call", "annotations", "audio")


def parse_answer(said: wire.Answer, losses: Losses) -> ChatAnswer:
    if any(_alone(said)):
        _drop_alone(said, losses)
    choices = said.choices
    if len(choices) > 1:
        choices = sorted(choices, key=_index)
    return ChatAnswer(
        [_parse_choice(choice, losses) for choice in choices],
        parse_usage(said.usage, losses),
        said.id,
        said.model,
        said.created,
        said.service_tier,
    )


def render_answer(answer: ChatAnswer, asked: Asked, losses: Losses) -> Rendered:
    said: Rendered = {
        "id": answer.id or asked.id,
        "object": "chat.completion",
        "created": asked.created if answer.created is None else answer.created,
        "model": answer.model or asked.model,
        "choices": [
            _render_choice(index, choice, losses) for index, choice in enumerate(answer.choices)
        ],
    }
    if answer.usage:
        said["usage"] = render_usage(answer.usage)
    if answer.service_tier in TIERS:
        said["service_tier"] = answer.service_tier
    elif answer.service_tier:
        losses.drop("answer.service_tier")
    return said


def _drop_alone(said: wire.Answer, losses: Losses) -> None:
    for name, value in zip(ALONE, _alone(said), strict=True):
        if value:
            losses.drop(name)


def _parse_choice(said: wire.Choice, losses: Losses) -> Choice:
    message, finish = said.message, _parse_finish(said)
    if any(_beside_content(message)):
        parts = _parse_message(message, losses)
        if finish in ENDED_BY_ITSELF and _lacks_a_call(parts, message):
            finish = "malformed_tool_call"
    else:  # nothing but text, as most are
        parts = [Text(message.content)] if message.content else []
    detail = said.finish_reason if finish == "error" else None
    logprobs = _parse_logprobs(said.logprobs) if said.logprobs else None
    return Choice(parts, finish, None, detail, logprobs)


def _parse_message(message: wire.AnswerMessage, losses: Losses) -> list[Part]:
    parts: list[Part] = []
    if message.content:
        citations = parse_citations(message.annotations or (), message.content)
        parts.append(Text(message.content, citations))
    if message.refusal:
        parts.append(Refusal(message.refusal))
    for call in message.tool_calls or ():
        try:
            parts.append(parse_call(call, losses))
        except RecordError:  # see _lacks_a_call
            losses.drop("answer.tool_call")
    if message.function_call:
        parts.append(_parse_function_call(message.function_call))
    if message.audio:
        losses.drop("answer.media")
        if message.audio.transcript and not message.content:
            parts.append(Text(message.audio.transcript))
    return parts


def _lacks_a_call(parts: list[Part], message: wire.AnswerMessage) -> bool:
    """Whether a call could not be read. A model may write arguments that are no JSON, or be cut off in them,
    and what else it said was paid for."""
    return sum(type(part) is ToolCall for part in parts) < len(message.tool_calls or ())


def _parse_function_call(said: wire.Called) -> ToolCall:
    """The deprecated words have no ids, and one call for each answer."""
    where = "choices[].message.function_call.arguments"
    return ToolCall("call_1", said.name, object_from_text(said.arguments, where))


def _parse_finish(said: wire.Choice) -> Finish | None:
    """A word that nobody knew yet is an error."""
    if said.finish_reason is None:
        return None
    finish = FINISHES.get(said.finish_reason, "error")
    if finish != "stop":
        return finish
    if said.message.refusal:
        return "refusal"
    return "tool_calls" if said.message.tool_calls else "stop"


def _render_choice(index: int, choice: Choice, losses: Losses) -> Rendered:
    if is_plain(choice.parts):
        text = choice.parts[0].text  # type: ignore[attr-defined]
        message = {"role": "assistant", "content": text, "refusal": None}
    else:
        message = _render_message(choice, losses)
    if choice.stop_sequence is not None:
        losses.drop("answer.stop_sequence")
    if choice.detail is not None:
        losses.drop("answer.detail")
    return {
        "index": index,
        "message": message,
        "logprobs": _render_logprobs(choice, message) if choice.logprobs else None,
        "finish_reason": render_finish(choice, message, losses),
    }


def render_finish(choice: Choice, message: Rendered, losses: Losses) -> str:
    finish = choice.finish
    if finish is None:
        return "tool_calls" if "tool_calls" in message else "stop"
    if finish == "refusal" and message["refusal"]:
        return "stop"
    word = FINISH_WORDS[finish]
    if word is None:
        ended = f"{finish} ({choice.detail})" if choice.detail else finish
        losses.refuse("answer.finish", f"OpenAI has no word for an answer that ended as {ended}.")
    return word


def _render_message(choice: Choice, losses: Losses) -> Rendered:
    text = refusal = ""
    calls: list[Rendered] = []
    annotations: list[Rendered] = []
    for part in choice.parts:
        match part:
            case Text():
                if part.citations:
                    annotations += _render_citations(part, len(text), losses)
                text += part.text
            case ToolCall():
                calls.append(_render_call(part, losses))
            case Refusal():
                refusal += part.text
            case _:
                _drop_part(part, losses)
    silent = calls or refusal or choice.finish in FILTERED
    message: Rendered = {
        "role": "assistant",
        "content": text or (None if silent else ""),
        "refusal": refusal or None,
    }
    if calls:
        message["tool_calls"] = calls
    if annotations:
        message["annotations"] = annotations
    return message


def _render_call(call: ToolCall, losses: Losses) -> Rendered:
    if call.signature:
        losses.drop("answer.signature")
    return render_call(call)


def _drop_part(part: Part, losses: Losses) -> None:
    match part:
        case Thinking(redacted=True):
            losses.drop("answer.redacted_thinking")
        case Thinking():
            losses.drop("answer.thinking")
        case Media():
            losses.drop("answer.media")
        case _:
            losses.drop("answer.other")


def _render_citations(part: Text, start: int, losses: Losses) -> list[Rendered]:
    return [
        {"type": "url_citation", "url_citation": render_citation(each, part.text, start=start)}
        for each in sayable(part.citations, losses)
    ]


def _parse_logprobs(said: wire.Logprobs) -> list[TokenChoice] | None:
    tokens = said.content or said.refusal
    if tokens is None:
        return None
    return [
        TokenChoice(
            token.token,
            token.logprob,
            [TokenChance(each.token, each.logprob) for each in token.top_logprobs],
        )
        for token in tokens
    ]


def _render_logprobs(choice: Choice, message: Rendered) -> Rendered:
    tokens = [
        {
            "token": token.token,
            "logprob": token.logprob,
            "bytes": None,
            "top_logprobs": _render_chances(token.top),
        }
        for token in choice.logprobs or ()
    ]
    refused = message["content"] is None and message["refusal"]
    return {"content": None, "refusal": tokens} if refused else {"content": tokens, "refusal": None}


def _render_chances(chances: Sequence[TokenChance]) -> list[dict[str, Any]]:
    return [{"token": each.token, "logprob": each.logprob, "bytes": None} for each in chances]
