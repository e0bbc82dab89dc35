"""Input items: a flat list, of which the neutral form makes turns.

https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
"""

from collections.abc import Callable
from typing import Any

import msgspec

from providers.openai.responses import wire
from providers.openai.responses.media import parts_of
from providers.records import Losses, MalformedRecordError, values
from providers.records.chat import (
    CachePoint,
    Media,
    Message,
    Part,
    Signature,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from providers.records.shapes import Shape

BY = "openai"  # the name of the dialect whose seal encrypted reasoning is

_OPENAI_RUNS_IT = "it belongs to a tool that only OpenAI has. Use functions instead."
_OPENAI_KEEPS_IT = "OpenAI keeps what it stands for. Put the items themselves into the input."
_NOT_JSON = "only functions, with JSON for arguments, are known elsewhere. Use a function instead."
_IN_THE_MIDDLE = "nothing can be set in the middle of an input. Set it for the whole request."
REFUSED: dict[str, str] = {
    "additional_tools": _IN_THE_MIDDLE,
    "apply_patch_call": _OPENAI_RUNS_IT,
    "apply_patch_call_output": _OPENAI_RUNS_IT,
    "code_interpreter_call": _OPENAI_RUNS_IT,
    "compaction": _OPENAI_KEEPS_IT,
    "compaction_trigger": _OPENAI_KEEPS_IT,
    "computer_call": _OPENAI_RUNS_IT,
    "computer_call_output": _OPENAI_RUNS_IT,
    "configuration_update": _IN_THE_MIDDLE,
    "custom_tool_call": _NOT_JSON,
    "custom_tool_call_output": _NOT_JSON,
    "file_search_call": _OPENAI_RUNS_IT,
    "image_generation_call": _OPENAI_RUNS_IT,
    "item_reference": _OPENAI_KEEPS_IT,
    "local_shell_call": _OPENAI_RUNS_IT,
    "local_shell_call_output": _OPENAI_RUNS_IT,
    "mcp_approval_request": _OPENAI_RUNS_IT,
    "mcp_approval_response": _OPENAI_RUNS_IT,
    "mcp_call": _OPENAI_RUNS_IT,
    "mcp_list_tools": _OPENAI_RUNS_IT,
    "program": _OPENAI_RUNS_IT,
    "program_output": _OPENAI_RUNS_IT,
    "shell_call": _OPENAI_RUNS_IT,
    "shell_call_output": _OPENAI_RUNS_IT,
    "tool_search_call": _OPENAI_RUNS_IT,
    "tool_search_output": _OPENAI_RUNS_IT,
    "web_search_call": _OPENAI_RUNS_IT,
}

_ITEM = "body.input[]"
_kinds: Shape[wire.Kind] = Shape(wire.Kind, where=_ITEM)
_items: dict[str, Shape[Any]] = {
    "message": Shape(wire.Message, where=_ITEM),
    "function_call": Shape(wire.FunctionCall, where=_ITEM),
    "function_call_output": Shape(wire.FunctionCallOutput, where=_ITEM),
    "reasoning": Shape(wire.ReasoningItem, where=_ITEM),
}


class Conversation:
    """Turns, as they grow.

    What the model said in one go comes as several items: its reasoning, a message, its calls. They are one
    turn, but two messages in a row are two. Results of calls that follow one another are one turn, too.
    """

    def __init__(self) -> None:
        self.system: list[Text | CachePoint] = []
        self.messages: list[Message] = []
        self._last: type | None = None

    def add(self, raw: msgspec.Raw, losses: Losses) -> None:
        item = _read(raw, losses)
        ADDERS[type(item)](self, item, losses)
        self._last = type(item)

    def add_message(self, item: wire.Message, losses: Losses) -> None:
        if item.phase is not None:
            losses.drop("input[].phase")
        parts = parts_of(item.content, losses)
        if item.role == "user":
            self.messages.append(Message("user", parts))
        elif item.role == "assistant":
            self._say(parts, joined=self._last is not wire.Message)
        else:
            self._instruct(parts, losses)

    def add_call(self, item: wire.FunctionCall, losses: Losses) -> None:
        _check_caller(item, losses)
        if item.is_async:
            losses.drop("input[].async")
        arguments = values.object_from_text(item.arguments, f"{_ITEM}.arguments")
        self._say([ToolCall(item.call_id, item.name, arguments)])

    def add_result(self, item: wire.FunctionCallOutput, losses: Losses) -> None:
        _check_caller(item, losses)
        if item.call_id is None:
            raise MalformedRecordError(
                f"{_ITEM}.call_id is missing: it tells which call the output answers.",
                code="missing_required_parameter",
                param=f"{_ITEM}.call_id",
            )
        content: list[Any] = []
        points: list[Part] = []
        for part in parts_of(item.output, losses):
            (points if isinstance(part, CachePoint) else content).append(part)
        if self._last is not wire.FunctionCallOutput:
            self.messages.append(Message("user", []))
        self.messages[-1].parts.append(ToolResult(item.call_id, content, item.name))
        self.messages[-1].parts.extend(points)

    def add_reasoning(self, item: wire.ReasoningItem, losses: Losses) -> None:
        text = "\n\n".join(part.text for part in item.content or item.summary or ())
        cipher = item.encrypted_content
        if cipher:
            self._say([Thinking(text, Signature(BY, cipher), redacted=not text)])
        elif text:
            self._say([Thinking(text)])
        else:
            losses.drop("thinking")  # its id alone means nothing elsewhere

    def _say(self, parts: list[Part], *, joined: bool = True) -> None:
        if joined and self.messages and self.messages[-1].role == "assistant":
            self.messages[-1].parts.extend(parts)
        else:
            self.messages.append(Message("assistant", parts))

    def _instruct(self, parts: list[Part], losses: Losses) -> None:
        for part in parts:
            if isinstance(part, Media):
                losses.refuse(
                    part.kind, "instructions are text. Put it into a message of the user."
                )
        if self.messages:
            self.messages.append(Message("system", parts))
        else:
            self.system.extend(parts)  # type: ignore[arg-type]


ADDERS: dict[type, Callable[[Conversation, Any, Losses], None]] = {
    wire.Message: Conversation.add_message,
    wire.FunctionCall: Conversation.add_call,
    wire.FunctionCallOutput: Conversation.add_result,
    wire.ReasoningItem: Conversation.add_reasoning,
}


def _read(raw: msgspec.Raw, losses: Losses) -> wire.Item:
    kind = _kinds.read(raw)
    name = kind.type or ("message" if kind.role else "item_reference")
    shape = _items.get(name)
    if shape is None:
        why = REFUSED.get(name, "Bifrost does not know items of this type.")
        losses.refuse(f"input[].{name}", why)
    item: wire.Item = shape.read(raw)
    return item


def _check_caller(item: wire.FunctionCall | wire.FunctionCallOutput, losses: Losses) -> None:
    if item.namespace is not None:
        losses.refuse("input[].namespace", "only OpenAI has namespaces of tools. Leave it out.")
    if item.caller is not None and item.caller.type != "direct":
        losses.refuse("input[].caller", "only OpenAI lets programs of the model call tools.")
