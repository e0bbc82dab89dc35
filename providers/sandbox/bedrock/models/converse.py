"""Converse: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html"""

from typing import Any

import msgspec

from providers.sandbox import words
from providers.sandbox.bedrock import refusals
from providers.sandbox.bedrock.models.model import Body, Model
from providers.sandbox.bedrock.shapes import complaint, input_of
from providers.sandbox.directives import Directives
from providers.sandbox.schema_samples import sample

_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "content_filtered",
}
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def read(raw: bytes) -> Body:
    try:
        return _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        message = "Malformed input request, please reformat your input and try again."
        raise refusals.invalid(message) from None


def judge(raw: bytes, model: str, is_batch: bool) -> Body:
    body = read(raw)
    if is_batch and body.get("toolConfig") is not None:
        # https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-data.html
        raise refusals.invalid("Tool use is not supported in batch inference with Converse.")
    check(body, model)
    return body


def check(body: Body, model: str) -> None:
    """Everything in a body that is Converse's."""
    wrong = complaint(input_of("bedrock-runtime", "Converse"), {"modelId": model, **body})
    if "modelId" in body:
        wrong = "Malformed input request: extraneous key [modelId] is not permitted"
    if wrong is not None:
        raise refusals.invalid(wrong)
    _check_turns(body.get("messages") or [])
    _check_tools(body)


def _check_turns(messages: list[Body]) -> None:
    if not messages or messages[0]["role"] != "user":
        raise refusals.invalid(
            "A conversation must start with a user message."
            " Try again with a conversation that starts with a user message."
        )
    previous = ""
    for index, message in enumerate(messages):
        if message["role"] == previous:
            raise refusals.invalid(
                "A conversation must alternate between user and assistant roles. Make sure the"
                " conversation alternates between user and assistant roles and try again."
            )
        previous = message["role"]
        if not message["content"]:
            raise refusals.invalid(
                f"The content field in the Message object at messages.{index} is empty."
                " Add a ContentBlock object to the content field and try again."
            )
        for position, block in enumerate(message["content"]):
            if "text" in block and not block["text"].strip():
                raise refusals.invalid(
                    f"The text field in the ContentBlock object at messages.{index}.content"
                    f".{position} is blank. Add text to the text field, and try again."
                )


def _check_tools(body: Body) -> None:
    blocks = [block for message in body["messages"] for block in message["content"]]
    if body.get("toolConfig") is None and any(
        "toolUse" in block or "toolResult" in block for block in blocks
    ):
        raise refusals.invalid(
            "The toolConfig field must be defined when using toolUse and toolResult content blocks."
        )
    asked: list[str] = []
    for index, message in enumerate(body["messages"]):
        answered = [
            block["toolResult"]["toolUseId"]
            for block in message["content"]
            if "toolResult" in block
        ]
        if sorted(answered) != sorted(asked):
            raise refusals.invalid(
                f"Expected toolResult blocks at messages.{index}.content for the following Ids:"
                f" {', '.join(asked)}"
            )
        asked = [
            block["toolUse"]["toolUseId"] for block in message["content"] if "toolUse" in block
        ]


def answer(body: Body, _: str, order: Directives, digest: str) -> Body:
    content, reason = _content(body, order, digest)
    asked = words.tokens(sum(len(words.join_texts(turn["content"])) for turn in body["messages"]))
    asked += words.tokens(len(words.join_texts(body.get("system") or [])))
    said = sum(words.tokens(len(block.get("text") or str(block))) for block in content)
    usage = {
        "inputTokens": max(1, asked),
        "outputTokens": said,
        "totalTokens": max(1, asked) + said,
        "cacheReadInputTokens": 0,
        "cacheWriteInputTokens": 0,
    }
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": _STOP_REASONS.get(order.finish or "", order.finish) or reason,
        "usage": usage,
        "metrics": {"latencyMs": 1},
    }


def _content(body: Body, order: Directives, digest: str) -> tuple[list[Body], str]:
    if order.refusal:
        return [{"text": words.REFUSAL}], "content_filtered"
    tool = _tool_to_call(body.get("toolConfig") or {}, order)
    if tool is not None:
        called = {
            "toolUseId": f"tooluse_{digest[:22]}",
            "name": tool["name"],
            "input": sample(tool["inputSchema"]["json"]),
        }
        return [{"toolUse": called}], "tool_use"
    config = body.get("inferenceConfig") or {}
    text = _text(body, order)
    for sequence in config.get("stopSequences") or ():
        if sequence in text:
            return [{"text": text.partition(sequence)[0]}], "stop_sequence"
    text, is_cut = words.shorten(text, config.get("maxTokens"))
    return [{"text": text}], "max_tokens" if is_cut else "end_turn"


def _text(body: Body, order: Directives) -> str:
    asked = (body.get("outputConfig") or {}).get("textFormat")
    if asked:
        schema = msgspec.json.decode(asked["structure"]["jsonSchema"]["schema"])
        return msgspec.json.encode(sample(schema)).decode()
    last = next(turn for turn in reversed(body["messages"]) if turn["role"] == "user")
    return words.reply(order, words.join_texts(last["content"]))


def _tool_to_call(config: Body, order: Directives) -> Body | None:
    tools = [tool["toolSpec"] for tool in config.get("tools") or () if "toolSpec" in tool]
    match config.get("toolChoice"):
        case {"tool": {"name": name}}:
            return next((tool for tool in tools if tool["name"] == name), None)
        case {"any": _}:
            return tools[0] if tools else None
        case _:
            return tools[0] if tools and order.tool else None


CONVERSE = Model(judge, answer)
