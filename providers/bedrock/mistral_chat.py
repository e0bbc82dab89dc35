"""Mistral's later models: OpenAI's words, but for a few.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-chat-completion.html
"""

from typing import Any, ClassVar

import msgspec

from providers.bedrock.converse.settings import ANSWER_WITH_JSON, write_serial
from providers.openai.chat import WORDS, Chat, wire
from providers.records import Asked, Losses, MalformedRecordError
from providers.records.chat import (
    ChatAnswer,
    ChatRequest,
    JSONOutput,
    SchemaOutput,
    ToolChoice,
)
from providers.records.errors import NO_JSON
from providers.records.rules import Rendered, Rule, carried, changed, dropped, refused, words_of
from providers.records.shapes import Shape

LACKING = (
    *("seed", "frequency_penalty", "presence_penalty", "logit_bias", "reasoning", "user"),
    *("metadata", "service_tier", "cache_key", "verbosity"),
)
ONE_TOOL = "it lets a model choose among all tools or none. Send only the tools to choose from."
NO_SCHEMAS = "Mistral's body has no schemas there. Ask for JSON in words."


def _write_output(
    body: Rendered, value: JSONOutput | SchemaOutput, request: ChatRequest, losses: Losses
) -> None:
    if isinstance(value, SchemaOutput):
        losses.refuse("output", NO_SCHEMAS)
    body["messages"].insert(0, {"role": "system", "content": ANSWER_WITH_JSON})


def _write_choice(body: Rendered, value: ToolChoice, request: ChatRequest, losses: Losses) -> None:
    if value.names and value.mode != "none":
        losses.refuse("tool_choice", ONE_TOOL)
    body["tool_choice"] = "any" if value.mode == "required" else value.mode


SETTINGS: dict[str, Rule] = {
    **Chat.settings,
    **{feature: dropped(feature, "Mistral's body lacks it") for feature in LACKING},
    "max_tokens": carried("max_tokens"),
    "candidates": refused("candidates", "it answers once. Send the record several times."),
    "logprobs": refused("logprobs", "it tells no probabilities. Remove it."),
    "output": Rule(
        "changed", "", "JSON mode becomes one more instruction; a schema is refused", _write_output
    ),
    "tool_choice": changed("tool_choice", _write_choice, note="any tool, or none, but not one"),
    "parallel_tool_calls": Rule(
        "refused", "", "false is refused: a model may call several tools", write_serial
    ),
}
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[Any])
_encode = msgspec.json.Encoder().encode
_ANY, _REQUIRED = msgspec.Raw(b'"any"'), msgspec.Raw(b'"required"')


class MistralChat(Chat):
    """What differs is put into OpenAI's words before it is read, and nothing else is touched."""

    name = "bedrock.mistral_chat"
    family = ""
    invocation: ClassVar[str] = "InvokeModel"
    settings: ClassVar[dict[str, Rule]] = SETTINGS
    requests: ClassVar[Shape[wire.Request]] = Shape(wire.Request, where="modelInput")
    answers: ClassVar[Shape[wire.Answer]] = Shape(wire.Answer, where="modelOutput")
    words = {**WORDS, **words_of(SETTINGS)}

    def parse_request(self, raw: bytes, losses: Losses) -> ChatRequest:
        fields = _read(raw, "modelInput")
        if fields.get("tool_choice") == _ANY:
            fields["tool_choice"] = _REQUIRED
        if b'"tool_calls"' in raw and "messages" in fields:
            messages = _items(fields["messages"], "modelInput.messages")
            fields["messages"] = [_with_types(message) for message in messages]
        request = super().parse_request(_encode(fields), losses)
        return msgspec.structs.replace(request, model=None)

    def render_request(self, request: ChatRequest, losses: Losses) -> dict[str, Any]:
        body = super().render_request(request, losses)
        body.pop("model", None)
        return body

    def parse_answer(self, raw: bytes, losses: Losses) -> ChatAnswer:
        fields = _read(raw, "modelOutput")
        if "choices" in fields:
            choices = _items(fields["choices"], "modelOutput.choices")
            fields["choices"] = [_as_openai(choice) for choice in choices]
        return super().parse_answer(_encode(fields), losses)

    def render_answer(self, answer: ChatAnswer, asked: Asked, losses: Losses) -> dict[str, Any]:
        """Some of the models say why they stopped under one name, some under the other."""
        body = super().render_answer(answer, asked, losses)
        for choice in body["choices"]:
            choice["stop_reason"] = choice["finish_reason"]
        return body

    def model_of(self, raw: bytes) -> str | None:
        return None


def _read(raw: bytes, where: str) -> dict[str, Any]:
    try:
        return _fields.decode(raw)
    except NO_JSON:
        raise MalformedRecordError(
            f"{where} is no JSON object.", code="invalid_type", param=where
        ) from None


def _items(raw: msgspec.Raw, where: str) -> list[Any]:
    try:
        return _list.decode(raw)
    except NO_JSON:
        raise MalformedRecordError(
            f"{where} is no list.", code="invalid_type", param=where
        ) from None


def _with_types(message: Any) -> Any:
    """A message whose tool calls say that they are of functions, as OpenAI's do."""
    if not isinstance(message, dict) or not isinstance(message.get("tool_calls"), list):
        return message
    calls = [
        {"type": "function", **call} if isinstance(call, dict) else call
        for call in message["tool_calls"]
    ]
    return {**message, "tool_calls": calls}


def _as_openai(choice: Any) -> Any:
    if not isinstance(choice, dict):
        return choice
    reason = choice.get("finish_reason") or choice.get("stop_reason")
    rest = {name: value for name, value in choice.items() if name != "stop_reason"}
    return {**rest, "finish_reason": reason, "message": _with_types(choice.get("message"))}


MISTRAL_CHAT = MistralChat()
