"""Llama's own body: one prompt, which may hold a whole conversation in a template.

Body: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html
Template: https://www.llama.com/docs/model-cards-and-prompt-formats/llama3_1/
"""

import re
from typing import Any, ClassVar

from providers.bedrock import prompts
from providers.bedrock.converse.wire import Wire
from providers.records import Asked, Body, Losses, MalformedRecordError, Subject
from providers.records.chat import ChatAnswer, ChatRequest, Message, Settings, Text
from providers.records.shapes import Count, Shape

START, HEADER, END = "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>"
ENDS_OF_TURN = ("<|eot_id|>", "<|eom_id|>", "<|end_of_text|>")
WORDS = {
    "max_tokens": "max_gen_len",
    "temperature": "temperature",
    "top_p": "top_p",
    "system": "prompt",
    "system_later": "prompt",
    "text": "prompt",
    "image": "images",
}
IMAGES = (
    "Llama's own body says images apart from its prompt. Use Converse for a record with images."
)
_is_image = re.compile(r"<\|image\|>")


class LlamaRequest(Wire):
    prompt: str
    max_gen_len: Count | None = None
    temperature: float | None = None
    top_p: float | None = None
    images: list[str] | None = None


_shape: Shape[LlamaRequest] = Shape(LlamaRequest, where="modelInput")


class Llama(Body[ChatRequest, ChatAnswer]):
    """Only clients speak it: what goes to a Llama goes as Converse."""

    name: ClassVar[str] = "bedrock.llama"
    subject: ClassVar[Subject | None] = "chat"
    invocation: ClassVar[str] = "InvokeModel"
    words: ClassVar[dict[str, str]] = WORDS

    def parse_request(self, raw: bytes, losses: Losses) -> ChatRequest:
        body = _shape.read(raw)
        if body.images or _is_image.search(body.prompt):
            losses.refuse("image", IMAGES)
        settings: Settings = {}
        if body.max_gen_len is not None:
            settings["max_tokens"] = body.max_gen_len
        if body.temperature is not None:
            settings["temperature"] = body.temperature
        if body.top_p is not None:
            settings["top_p"] = body.top_p
        system, messages = _conversation(body.prompt)
        return ChatRequest(None, messages, system, [], settings)

    def render_answer(self, answer: ChatAnswer, asked: Asked, losses: Losses) -> dict[str, Any]:
        choice = prompts.only_choice(answer, losses)
        prompts.drop_usage(answer, losses)
        usage = answer.usage
        return {
            "generation": prompts.text_of(choice, losses),
            "prompt_token_count": usage.input if usage else None,
            "generation_token_count": usage.output if usage else None,
            "stop_reason": prompts.stop_reason(choice, losses),
        }


def _conversation(prompt: str) -> tuple[prompts.System, list[Message]]:
    """The turns of a template, or the prompt as one message."""
    if prompts.LLAMA_2 in prompt:
        return prompts.instructions(prompt)
    if HEADER not in prompt:
        return [], [Message("user", [Text(prompt.removeprefix(START))])]
    before, *turns = prompt.removeprefix(START).split(HEADER)
    system: prompts.System = [Text(before.strip())] if before.strip() else []
    messages: list[Message] = []
    for turn in turns:
        role, _, text = turn.partition(END)
        _add(role.strip(), _without_end(text).strip(), system, messages)
    return system, messages


def _add(role: str, text: str, system: prompts.System, messages: list[Message]) -> None:
    match role:
        case "system" if not messages:
            system.append(Text(text))
        case "assistant" if not text:
            pass  # where the model is to go on
        case "user" | "assistant" | "system":
            messages.append(Message(role, [Text(text)]))
        case _:
            raise MalformedRecordError(
                f"The prompt has a turn of {role!r}. Bifrost reads those of system, user and assistant.",
                code="invalid_value",
                param="modelInput.prompt",
            )


def _without_end(text: str) -> str:
    for end in ENDS_OF_TURN:
        text = text.replace(end, "")
    return text


LLAMA = Llama()
