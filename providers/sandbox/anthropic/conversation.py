"""What Anthropic insists on in the messages of a conversation.

https://platform.claude.com/docs/en/api/messages/create
"""

import re
from collections.abc import Iterator
from typing import Any

from providers.sandbox.anthropic import refusals
from providers.sandbox.anthropic.access import BEFORE_SAMPLING_WENT
from providers.sandbox.anthropic.models import Generation, generation

Message = dict[str, Any]
Block = dict[str, Any]

_NO_PREFILL_SINCE = Generation(4, 6)
_ID = "^[a-zA-Z0-9_-]+$"


def check_conversation(params: dict[str, Any], version: str) -> None:
    messages = params["messages"]
    if not messages:
        raise refusals.invalid("messages: at least one message is required")
    if messages[0]["role"] == "assistant":
        raise refusals.invalid('messages: first message must use the "user" role')
    _check_texts(params.get("system"), "system")
    for index, message in enumerate(messages):
        is_last = index == len(messages) - 1
        if not message["content"] and not (is_last and message["role"] == "assistant"):
            raise refusals.invalid(
                f"messages.{index}: all messages must have non-empty content"
                " except for the optional final assistant message"
            )
        _check_texts(message["content"], "messages")
        if version != BEFORE_SAMPLING_WENT:
            _check_newest(index, message)
    _check_tool_pairs(messages)
    _check_prefill(params["model"], messages[-1])


def _check_texts(content: Any, where: str) -> None:
    for block in _blocks(content):
        if block["type"] != "text":
            continue
        if not block["text"]:
            raise refusals.invalid(f"{where}: text content blocks must be non-empty")
        if not block["text"].strip():
            raise refusals.invalid(f"{where}: text content blocks must contain non-whitespace text")


def _check_newest(index: int, message: Message) -> None:
    """https://platform.claude.com/docs/en/api/migration-2026-10-21"""
    for position, block in enumerate(_blocks(message["content"])):
        path = f"messages.{index}.content.{position}"
        match message["role"], block["type"]:
            case "assistant", "document":
                raise refusals.invalid(f"{path}: `document` blocks are not permitted here")
            case "user", "text" if block.get("citations"):
                raise refusals.invalid(f"{path}.text.citations: Extra inputs are not permitted")


def _check_tool_pairs(messages: list[Message]) -> None:
    """Every call is answered by the next message, and by nothing but that."""
    if not any(isinstance(message["content"], list) for message in messages):
        return
    asked: list[str] = []
    for index, message in enumerate(_merged(messages)):
        answered = _ids(message, "tool_result", "tool_use_id")
        for position, id in answered:
            if id not in asked:
                raise refusals.invalid(
                    f"messages.{index}.content.{position}: unexpected `tool_use_id` found in"
                    f" `tool_result` blocks: {id}. Each `tool_result` block must have a"
                    " corresponding `tool_use` block in the previous message."
                )
        _check_answered(index - 1, asked, [id for _, id in answered])
        asked = [id for _, id in _ids(message, "tool_use", "id")]
    _check_answered(len(messages) - 1, asked, [])


def _check_answered(index: int, asked: list[str], answered: list[str]) -> None:
    missing = [id for id in asked if id not in answered]
    if missing:
        raise refusals.invalid(
            f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately"
            f" after: {', '.join(missing)}. Each `tool_use` block must have a corresponding"
            " `tool_result` block in the next message."
        )
    if len(set(answered)) < len(answered):
        raise refusals.invalid(
            f"messages.{index + 1}: each tool_use must have a single result."
            " Found multiple `tool_result` blocks with one id."
        )


def _ids(message: Message, kind: str, name: str) -> list[tuple[int, str]]:
    found = []
    for position, block in enumerate(_blocks(message["content"])):
        if block["type"] == kind:
            if not re.fullmatch(_ID, block[name]):
                raise refusals.invalid(
                    f"messages.{kind}.{name}: String should match pattern '{_ID}'"
                )
            found.append((position, block[name]))
    return found


def _merged(messages: list[Message]) -> Iterator[Message]:
    """The vendor takes messages of one role in a row for one message."""
    merged: Message | None = None
    for message in messages:
        if merged is not None and merged["role"] == message["role"]:
            content = [*_blocks(merged["content"]), *_blocks(message["content"])]
            merged = {"role": message["role"], "content": content}
            continue
        if merged is not None:
            yield merged
        merged = message
    if merged is not None:
        yield merged


def _check_prefill(model: str, last: Message) -> None:
    if last["role"] != "assistant":
        return
    if generation(model) >= _NO_PREFILL_SINCE:
        raise refusals.invalid(
            "This model does not support assistant message prefill."
            " The conversation must end with a user message."
        )
    content = last["content"]
    text = content if isinstance(content, str) else content[-1].get("text", "") if content else ""
    if text != text.rstrip():
        raise refusals.invalid(
            "messages: final assistant content cannot end with trailing whitespace"
        )


def _blocks(content: Any) -> list[Block]:
    return content if isinstance(content, list) else []
