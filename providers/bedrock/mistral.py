"""The body of Mistral's older models: one prompt.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html
"""

from typing import Any, ClassVar

from providers.bedrock import prompts
from providers.bedrock.converse.wire import Wire
from providers.records import Asked, Body, Losses, Subject
from providers.records.chat import ChatAnswer, ChatRequest, Settings
from providers.records.shapes import Count, Shape

WORDS = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop": "stop",
    "system": "prompt",
    "text": "prompt",
}


class MistralRequest(Wire):
    prompt: str
    max_tokens: Count | None = None
    stop: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: Count | None = None


_shape: Shape[MistralRequest] = Shape(MistralRequest, where="modelInput")


class MistralText(Body[ChatRequest, ChatAnswer]):
    """Only clients speak it: what goes to these models goes as Converse."""

    name: ClassVar[str] = "bedrock.mistral"
    subject: ClassVar[Subject | None] = "chat"
    invocation: ClassVar[str] = "InvokeModel"
    words: ClassVar[dict[str, str]] = WORDS

    def parse_request(self, raw: bytes, losses: Losses) -> ChatRequest:
        body = _shape.read(raw)
        settings: Settings = {}
        for name in ("max_tokens", "stop", "temperature", "top_p", "top_k"):
            value = getattr(body, name)
            if value is not None:
                settings[name] = value
        system, messages = prompts.instructions(body.prompt)
        return ChatRequest(None, messages, system, [], settings)

    def render_answer(self, answer: ChatAnswer, asked: Asked, losses: Losses) -> dict[str, Any]:
        choice = prompts.only_choice(answer, losses)
        if answer.usage is not None:
            losses.drop("answer.usage")
        text, reason = prompts.text_of(choice, losses), prompts.stop_reason(choice, losses)
        return {"outputs": [{"text": text, "stop_reason": reason}]}


MISTRAL = MistralText()
