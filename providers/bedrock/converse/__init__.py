"""Converse: one body for every model of Bedrock, but without tools in batches."""

from typing import Any, ClassVar

from providers.bedrock.converse import answer as answers
from providers.bedrock.converse import request as requests
from providers.bedrock.converse.content import WORDS
from providers.bedrock.converse.settings import SETTINGS
from providers.records import Asked, Losses, ProviderBody, Subject
from providers.records.chat import ChatAnswer, ChatRequest
from providers.records.rules import Rule, words_of


class Converse(ProviderBody[ChatRequest, ChatAnswer]):
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html

    Its clients may send tools; jobs of this kind take none, so rendering refuses them.
    """

    name: ClassVar[str] = "bedrock.converse"
    subject: ClassVar[Subject | None] = "chat"
    invocation: ClassVar[str] = "Converse"
    settings: ClassVar[dict[str, Rule]] = SETTINGS
    words: ClassVar[dict[str, str]] = {**words_of(SETTINGS), **WORDS, **answers.WORDS}

    def parse_request(self, raw: bytes, losses: Losses) -> ChatRequest:
        return requests.parse_request(raw, losses)

    def render_request(self, request: ChatRequest, losses: Losses) -> dict[str, Any]:
        return requests.render_request(request, losses)

    def parse_answer(self, raw: bytes, losses: Losses) -> ChatAnswer:
        return answers.parse_answer(raw, losses)

    def render_answer(self, answer: ChatAnswer, asked: Asked, losses: Losses) -> dict[str, Any]:
        return answers.render_answer(answer, losses)


CONVERSE = Converse()
