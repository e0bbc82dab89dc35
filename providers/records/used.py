"""Tokens, as an answer tells them in any provider's words."""

from typing import NamedTuple

import msgspec

# No answer takes more: who says so is wrong.
MOST = 10**10


class Tokens(NamedTuple):
    """`input` counts what was read from a cache (`cached`) and written to one (`written`, of which
    `written_hour` for an hour); `output` counts what was thought (`reasoning`)."""

    input: int = 0
    cached: int = 0
    output: int = 0
    written: int = 0
    written_hour: int = 0
    reasoning: int = 0

    def plus(self, more: "Tokens") -> "Tokens":
        # Once for every answer: adding in a loop takes six times as long.
        return Tokens(
            self[0] + more[0],
            self[1] + more[1],
            self[2] + more[2],
            self[3] + more[3],
            self[4] + more[4],
            self[5] + more[5],
        )


class _InputDetails(msgspec.Struct, gc=False):
    cached_tokens: int | None = None


class _OutputDetails(msgspec.Struct, gc=False):
    reasoning_tokens: int | None = None
    thinking_tokens: int | None = None


class _Creation(msgspec.Struct, gc=False):
    ephemeral_1h_input_tokens: int | None = None


class _Usage(msgspec.Struct, gc=False):
    # OpenAI, in both of its APIs; what is in a cache is in the input.
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None
    # Anthropic, beside the input.
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: _Creation | None = None
    # Converse and Nova, beside the input as well.
    inputTokens: int | None = None
    outputTokens: int | None = None
    cacheReadInputTokens: int | None = None
    cacheWriteInputTokens: int | None = None
    cacheReadInputTokenCount: int | None = None
    cacheWriteInputTokenCount: int | None = None


class _Metadata(msgspec.Struct, gc=False):
    promptTokenCount: int | None = None
    toolUsePromptTokenCount: int | None = None
    cachedContentTokenCount: int | None = None
    candidatesTokenCount: int | None = None
    responseTokenCount: int | None = None
    thoughtsTokenCount: int | None = None


class _Answer(msgspec.Struct, gc=False):
    usage: _Usage | None = None
    # Gemini.
    usageMetadata: _Metadata | None = None
    tokenCount: int | None = None
    # Llama and Titan.
    prompt_token_count: int | None = None
    generation_token_count: int | None = None
    inputTextTokenCount: int | None = None


_decode = msgspec.json.Decoder(_Answer).decode


def tokens_of_answer(raw: bytes) -> Tokens | None:
    """What the body of an answer says that it took; None if it does not say, or nothing that can be read."""
    try:
        answer = _decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    if answer.usage is not None:
        found = _of_usage(answer.usage)
    elif answer.usageMetadata is not None:
        found = _of_metadata(answer.usageMetadata, answer.tokenCount)
    else:
        read = answer.prompt_token_count or answer.inputTextTokenCount or answer.tokenCount or 0
        found = Tokens(read, 0, answer.generation_token_count or 0)
    return found if min(found) >= 0 and 0 < max(found) <= MOST else None


def _of_usage(said: _Usage) -> Tokens:
    cached = (
        said.cache_read_input_tokens
        or said.cacheReadInputTokens
        or said.cacheReadInputTokenCount
        or 0
    )
    written = (
        said.cache_creation_input_tokens
        or said.cacheWriteInputTokens
        or said.cacheWriteInputTokenCount
        or 0
    )
    read = said.prompt_tokens or said.input_tokens or said.inputTokens or 0
    inside = said.prompt_tokens_details or said.input_tokens_details
    thought = said.completion_tokens_details or said.output_tokens_details
    hour = said.cache_creation.ephemeral_1h_input_tokens if said.cache_creation else 0
    return Tokens(
        input=read + cached + written,
        cached=cached + ((inside.cached_tokens or 0) if inside else 0),
        output=said.completion_tokens or said.output_tokens or said.outputTokens or 0,
        written=written,
        written_hour=min(hour or 0, written),
        reasoning=(thought.reasoning_tokens or thought.thinking_tokens or 0) if thought else 0,
    )


def _of_metadata(said: _Metadata, count: int | None) -> Tokens:
    thoughts = said.thoughtsTokenCount or 0
    return Tokens(
        input=(said.promptTokenCount or count or 0) + (said.toolUsePromptTokenCount or 0),
        cached=said.cachedContentTokenCount or 0,
        output=(said.candidatesTokenCount or said.responseTokenCount or 0) + thoughts,
        reasoning=thoughts,
    )
