"""The body of OpenAI's Responses API: clients send it, and other providers get it in their own words."""

from typing import Any

from providers.openai.model import read_model
from providers.openai.responses.answer import ANSWER_WORDS, render
from providers.openai.responses.request import REQUEST_WORDS, parse
from providers.records import Asked, Body, Losses
from providers.records.chat import ChatAnswer, ChatRequest


class Responses(Body[ChatRequest, ChatAnswer]):
    """https://platform.openai.com/docs/api-reference/responses"""

    name = "/v1/responses"
    subject = "chat"
    words = REQUEST_WORDS | ANSWER_WORDS

    def model_of(self, raw: bytes) -> str | None:
        return read_model(raw)

    def parse_request(self, raw: bytes, losses: Losses) -> ChatRequest:
        return parse(raw, losses)

    def render_answer(self, answer: ChatAnswer, asked: Asked, losses: Losses) -> dict[str, Any]:
        return render(answer, asked, losses)


RESPONSES = Responses()
