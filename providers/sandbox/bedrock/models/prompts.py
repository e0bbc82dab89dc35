"""Models whose bodies are small: prompts, Mistral's chats, and embeddings.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

import math
from collections.abc import Callable
from hashlib import shake_128
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from providers.sandbox import words
from providers.sandbox.bedrock import refusals
from providers.sandbox.bedrock.models.model import Body, Model
from providers.sandbox.directives import Directives
from providers.sandbox.openai.answers import chat

_Count = Annotated[int, Meta(ge=1)]
_Share = Annotated[float, Meta(ge=0, le=1)]


class _Form(msgspec.Struct, forbid_unknown_fields=True):
    pass


FormT = TypeVar("FormT", bound=msgspec.Struct)


class _Llama(_Form):
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html"""

    prompt: Annotated[str, Meta(min_length=1)]
    max_gen_len: _Count = 512
    temperature: _Share | None = None
    top_p: _Share | None = None
    images: list[str] | None = None


class _Mistral(_Form):
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html"""

    prompt: Annotated[str, Meta(min_length=1)]
    max_tokens: _Count = 512
    stop: list[str] | None = None
    temperature: _Share | None = None
    top_p: _Share | None = None
    top_k: _Count | None = None


class _Turn(_Form):
    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None
    name: str | None = None


class _MistralChat(_Form):
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-chat-completion.html"""

    messages: Annotated[list[_Turn], Meta(min_length=1)]
    tools: list[dict[str, Any]] | None = None
    tool_choice: Literal["auto", "any", "none"] | None = None
    max_tokens: _Count | None = None
    stop: list[str] | None = None
    temperature: _Share | None = None
    top_p: _Share | None = None


class _Titan(_Form):
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html"""

    inputText: Annotated[str, Meta(min_length=1)]
    dimensions: Literal[256, 512, 1024] = 1024
    normalize: bool = True
    embeddingTypes: list[Literal["float", "binary"]] | None = None


class _Cohere(_Form):
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html"""

    input_type: Literal["search_document", "search_query", "classification", "clustering"]
    texts: Annotated[list[str], Meta(min_length=1, max_length=96)]
    truncate: Literal["NONE", "START", "END", "LEFT", "RIGHT"] | None = None
    embedding_types: list[Literal["float"]] | None = None
    output_dimension: Literal[256, 512, 1024, 1536] = 1024
    max_tokens: _Count | None = None


def read(form: type[FormT], raw: bytes) -> FormT:
    try:
        return msgspec.json.decode(raw, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refusals.invalid(
            f"Malformed input request: {error}, please reformat your input and try again."
        ) from None


def _judge(form: type[msgspec.Struct]) -> Callable[[bytes, str, bool], Body]:
    def judge(raw: bytes, _: str, __: bool) -> Body:
        body: Body = msgspec.to_builtins(read(form, raw))
        return body

    return judge


def _answer_as_llama(body: Body, _: str, order: Directives, __: str) -> Body:
    text, is_cut = words.shorten(words.reply(order, body["prompt"]), body["max_gen_len"])
    return {
        "generation": text,
        "prompt_token_count": words.tokens(len(body["prompt"])),
        "generation_token_count": words.tokens(len(text)),
        "stop_reason": order.finish or ("length" if is_cut else "stop"),
    }


def _answer_as_mistral(body: Body, _: str, order: Directives, __: str) -> Body:
    text, is_cut = words.shorten(words.reply(order, body["prompt"]), body["max_tokens"])
    reason = order.finish or ("length" if is_cut else "stop")
    return {"outputs": [{"text": text, "stop_reason": reason}]}


def _answer_as_mistral_chat(body: Body, model: str, order: Directives, digest: str) -> Body:
    """OpenAI's answers with fewer fields."""
    asked = {**body, "model": model}
    if body["tool_choice"] == "any":
        asked["tool_choice"] = "required"
    said = chat.answer(asked, order, digest)
    choices = []
    for choice in said["choices"]:
        message = {
            name: value
            for name, value in choice["message"].items()
            if name in ("role", "content", "tool_calls")
        }
        reason = choice["finish_reason"]
        choices.append({"index": choice["index"], "message": message, "stop_reason": reason})
    return {"choices": choices}


def _answer_as_titan(body: Body, _: str, __: Directives, ___: str) -> Body:
    vector = _vector(body["inputText"], body["dimensions"])
    return {
        "embedding": vector,
        "inputTextTokenCount": words.tokens(len(body["inputText"])),
        "embeddingsByType": {"float": vector},
    }


def _answer_as_cohere(body: Body, _: str, __: Directives, digest: str) -> Body:
    vectors = [_vector(text, body["output_dimension"]) for text in body["texts"]]
    by_type = bool(body["embedding_types"])
    return {
        "id": digest,
        "texts": body["texts"],
        "embeddings": {"float": vectors} if by_type else vectors,
        "response_type": "embeddings_by_type" if by_type else "embeddings_floats",
    }


def _vector(text: str, dimensions: int) -> list[float]:
    """A unit vector that depends on nothing but the text."""
    noise = [byte - 127.5 for byte in shake_128(text.encode()).digest(dimensions)]
    length = math.sqrt(sum(value * value for value in noise))
    return [round(value / length, 8) for value in noise]


NATIVE: dict[str, Model] = {
    "llama": Model(_judge(_Llama), _answer_as_llama),
    "mistral": Model(_judge(_Mistral), _answer_as_mistral),
    "mistral_chat": Model(_judge(_MistralChat), _answer_as_mistral_chat),
    "titan": Model(_judge(_Titan), _answer_as_titan),
    "cohere": Model(_judge(_Cohere), _answer_as_cohere),
}
