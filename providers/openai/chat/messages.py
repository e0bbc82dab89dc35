"""Messages, there and back: who said what, in which order.

https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from providers.openai.chat import wire
from providers.openai.chat.parts import is_plain, parse_citations, parse_content, render_content
from providers.records import Losses
from providers.records.chat import (
    ChatRequest,
    Media,
    Message,
    Part,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from providers.records.rules import Rendered
from providers.records.values import object_from_text, text_of

ARGUMENTS = "messages[].tool_calls[].function.arguments"
NO_CUSTOM_TOOLS = "It has no tools with free text. Make it a function with one string."


class Reading:
    """Messages as they are read. Instructions before the first of the others are apart, in `system`."""

    def __init__(self, losses: Losses) -> None:
        self.system: list[Any] = []
        self.messages: list[Message] = []
        self._losses = losses
        self._results: list[Part] | None = None
        self._unanswered: dict[str, deque[str]] = {}
        self._minted = 0

    def read(self, said: Sequence[wire.Message]) -> None:
        for message in said:
            kind = type(message)
            if kind is not wire.ToolMessage and kind is not wire.FunctionMessage:
                self._results = None
            READERS[kind](self, message)

    def _read_system(self, said: wire.SystemMessage | wire.DeveloperMessage) -> None:
        parts = parse_content(said.content)
        if self.messages:
            self.messages.append(Message("system", parts, said.name))
            return
        if said.name:
            self._losses.drop("participant")
        self.system += parts

    def _read_user(self, said: wire.UserMessage) -> None:
        self.messages.append(Message("user", parse_content(said.content), said.name))

    def _read_assistant(self, said: wire.AssistantMessage) -> None:
        parts = parse_content(said.content or None)
        if said.annotations:
            parts = _cited(parts, said.annotations, self._losses)
        if said.refusal:
            parts.append(Refusal(said.refusal))
        if said.tool_calls:
            parts += [parse_call(call, self._losses) for call in said.tool_calls]
        if said.function_call:
            parts.append(self._minted_call(said.function_call))
        if said.audio:
            self._losses.refuse(
                "messages[].audio", "The sound is kept by OpenAI. Send its transcript as content."
            )
        self.messages.append(Message("assistant", parts, said.name))

    def _read_tool(self, said: wire.ToolMessage) -> None:
        self._add_result(said.tool_call_id, said.content)

    def _read_function(self, said: wire.FunctionMessage) -> None:
        """The deprecated words have no ids: results are of the calls of the same name, in order."""
        waiting = self._unanswered.get(said.name)
        self._add_result(waiting.popleft() if waiting else said.name, said.content or "", said.name)

    def _minted_call(self, said: wire.Called) -> ToolCall:
        self._minted += 1
        id = f"call_{self._minted}"
        self._unanswered.setdefault(said.name, deque()).append(id)
        where = "messages[].function_call.arguments"
        return ToolCall(id, said.name, object_from_text(said.arguments, where))

    def _add_result(self, id: str, content: Any, name: str | None = None) -> None:
        if self._results is None:
            self._results = []
            self.messages.append(Message("user", self._results))
        parts = parse_content(content)
        texts: list[Any] = [part for part in parts if type(part) is Text]
        if len(texts) < len(parts):
            self._losses.drop("cache_point")
        self._results.append(ToolResult(id, texts, name))


READERS: dict[type, Callable[[Reading, Any], None]] = {
    wire.UserMessage: Reading._read_user,
    wire.AssistantMessage: Reading._read_assistant,
    wire.SystemMessage: Reading._read_system,
    wire.DeveloperMessage: Reading._read_system,
    wire.ToolMessage: Reading._read_tool,
    wire.FunctionMessage: Reading._read_function,
}


def render_messages(request: ChatRequest, losses: Losses) -> list[Rendered]:
    said: list[Rendered] = []
    if request.system:
        said.append({"role": "system", "content": render_content(request.system, losses)})
    for message in request.messages:
        match message.role:
            case role if is_plain(message.parts):
                said.append(_named(role, message, message.parts[0].text))  # type: ignore[attr-defined]
            case "user":
                said += _render_user(message, losses)
            case "assistant":
                said.append(_render_assistant(message, losses))
            case "system":
                said.append(_named("system", message, render_content(message.parts, losses)))
    return said


def parse_call(said: wire.FunctionCall | wire.CustomCall, losses: Losses) -> ToolCall:
    if isinstance(said, wire.CustomCall):
        losses.refuse("messages[].tool_calls[].custom", NO_CUSTOM_TOOLS)
    called = said.function
    return ToolCall(said.id, called.name, object_from_text(called.arguments, ARGUMENTS))


def render_call(call: ToolCall) -> Rendered:
    function = {"name": call.name, "arguments": text_of(call.arguments)}
    return {"id": call.id, "type": "function", "function": function}


def _render_user(message: Message, losses: Losses) -> list[Rendered]:
    """Results of tools are messages of their own, and stand right after the calls."""
    parts = message.parts
    results = [part for part in parts if isinstance(part, ToolResult)]
    said = [_render_result(result, losses) for result in results]
    rest = [part for part in parts if not isinstance(part, ToolResult)] if results else parts
    content = render_content(rest, losses)
    if content or not results:
        said.append(_named("user", message, content))
    return said


def _render_assistant(message: Message, losses: Losses) -> Rendered:
    texts: list[Part] = []
    refusal = ""
    calls: list[Rendered] = []
    for part in message.parts:
        match part:
            case ToolCall():
                calls.append(render_call(part))
            case Refusal():
                refusal += part.text
            case Media():
                losses.refuse(part.kind, "Assistants say only text there. Remove it from history.")
            case _:
                texts.append(part)
    content: Any = render_content(texts, losses)
    if content and refusal:
        return _named("assistant", message, content, refusal=refusal, tool_calls=calls)
    if refusal:
        content = [{"type": "refusal", "refusal": refusal}]
    return _named("assistant", message, content or (None if calls else ""), tool_calls=calls)


def _render_result(result: ToolResult, losses: Losses) -> Rendered:
    if result.is_error:
        losses.drop("tool_result_error")
    for part in result.content:
        if isinstance(part, Media):
            feature = "tool_result_image" if part.kind == "image" else "tool_result_document"
            losses.refuse(feature, "Tools answer with text there. Say it in words.")
    return {
        "role": "tool",
        "tool_call_id": result.call_id,
        "content": render_content(result.content, losses),
    }


def _named(role: str, message: Message, content: Any, **more: Any) -> Rendered:
    said: Rendered = {"role": role}
    if message.name:
        said["name"] = message.name
    if content is not None:
        said["content"] = content
    for key, value in more.items():
        if value:
            said[key] = value
    return said


def _cited(parts: list[Part], annotations: Sequence[wire.Annotation], losses: Losses) -> list[Part]:
    """Annotations count the characters of a content that is one string."""
    if len(parts) != 1 or not isinstance(parts[0], Text):
        losses.drop("citations")
        return parts
    text = parts[0].text
    return [Text(text, parse_citations(annotations, text))]
