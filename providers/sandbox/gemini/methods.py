"""The two kinds of batches: who judges a request, and who answers it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from providers.sandbox.directives import Directives
from providers.sandbox.gemini import messages, rules
from providers.sandbox.gemini.answers import embed, generate
from providers.sandbox.gemini.judge import Judge

Answer = Callable[[dict[str, Any], str, Directives, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Method:
    judge: Judge
    answer: Answer


@cache
def method(name: str) -> Method:
    if name == "batchGenerateContent":
        request = messages.validator(messages.GenerateContentRequest)
        return Method(Judge(request, rules.check_generate), generate.answer)
    request = messages.validator(messages.EmbedContentRequest)
    return Method(Judge(request, rules.check_embed), embed.answer)
