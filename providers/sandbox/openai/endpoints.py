"""The endpoints that a batch may call: who judges a body, and who answers it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming as ChatParams,
)

from providers.sandbox.directives import Directives
from providers.sandbox.openai.answers import chat
from providers.sandbox.openai.judge import Judge, judge

Answer = Callable[[dict[str, Any], Directives, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    judge: Judge
    answer: Answer


_ENDPOINTS: dict[str, tuple[Any, Answer]] = {
    "/v1/chat/completions": (ChatParams, chat.answer),
}


@cache
def endpoint(url: str) -> Endpoint:
    params, answer = _ENDPOINTS[url]
    return Endpoint(judge(params), answer)
