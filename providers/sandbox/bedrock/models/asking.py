"""One question to one model."""

from typing import Any

from providers.sandbox.bedrock import refusals
from providers.sandbox.bedrock.families import family_of
from providers.sandbox.bedrock.models.converse import CONVERSE
from providers.sandbox.bedrock.models.model import Model
from providers.sandbox.bedrock.models.vendors import NATIVE
from providers.sandbox.directives import Directives

_NOT_IN_CONVERSE = ("titan", "cohere")


def ask(
    model: str, invocation: str, raw: bytes, order: Directives, digest: str, *, is_batch: bool
) -> dict[str, Any]:
    """The answer to one body; raises what AWS would answer."""
    asked = _model(model, invocation)
    return asked.answer(asked.judge(raw, model, is_batch), model, order, digest)


def tokens_of(answer: dict[str, Any]) -> tuple[int, int]:
    """The tokens that were read and written, in whatever words the model says it."""
    said = answer.get("usage") or answer
    read = ("inputTokens", "input_tokens", "prompt_tokens", "prompt_token_count")
    wrote = ("outputTokens", "output_tokens", "completion_tokens", "generation_token_count")
    asked = next((said[name] for name in read if name in said), said.get("inputTextTokenCount", 0))
    return asked, next((said[name] for name in wrote if name in said), 0)


def _model(model: str, invocation: str) -> Model:
    family = family_of(model)
    if family is None:
        raise refusals.unknown_model()
    if invocation == "Converse":
        if family in _NOT_IN_CONVERSE:
            raise refusals.invalid("This action doesn't support the model that you provided.")
        return CONVERSE
    found = NATIVE.get(family)
    if found is None:
        raise refusals.invalid("The sandbox plays this model by Converse only.")
    return found
