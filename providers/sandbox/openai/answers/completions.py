"""Completions: https://platform.openai.com/docs/api-reference/completions/object"""

from typing import Any

from providers.sandbox import words
from providers.sandbox.directives import Directives
from providers.sandbox.openai.answers.usage import chat_usage

# The vendor's own default, small as it is.
_USUAL_TOKENS = 16


def answer(body: dict[str, Any], order: Directives, digest: str) -> dict[str, Any]:
    prompts = _prompts(body["prompt"])
    most = body.get("max_tokens") or _USUAL_TOKENS
    texts = [
        words.shorten(words.reply(order, prompt), most)
        for prompt in prompts
        for _ in range(body.get("n") or 1)
    ]
    choices = [
        {
            "index": index,
            "text": text,
            "logprobs": None,
            "finish_reason": order.finish or ("length" if is_cut else "stop"),
        }
        for index, (text, is_cut) in enumerate(texts)
    ]
    read = max(1, words.tokens(sum(map(len, prompts))))
    written = sum(words.tokens(len(text)) for text, _ in texts)
    return {
        "id": f"cmpl-{digest}",
        "object": "text_completion",
        "created": words.CREATED,
        "model": body["model"],
        "choices": choices,
        "system_fingerprint": "fp_sandbox",
        "usage": chat_usage(read, written),
    }


def _prompts(prompt: Any) -> list[str]:
    """A text, some texts, the tokens of one, or the tokens of some."""
    match prompt:
        case None:
            return [""]
        case str():
            return [prompt]
        case [str(), *_]:
            return list(prompt)
        case [int(), *_]:
            return [f"{len(prompt)} tokens"]
        case _:
            return [f"{len(tokens)} tokens" for tokens in prompt]
