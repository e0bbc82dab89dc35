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
        return Tokens(*map(sum, zip(self, more, strict=True)))


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
        read = (answer.prompt_token_count, answer.inputTextTokenCount, answer.tokenCount)
        found = Tokens(_first(*read), 0, _first(answer.generation_token_count))
    return found if min(found) >= 0 and 0 < max(found) <= MOST else None


def _of_usage(said: _Usage) -> Tokens:
    cached = _first(
        said.cache_read_input_tokens, said.cacheReadInputTokens, said.cacheReadInputTokenCount
    )
    written = _first(
        said.cache_creation_input_tokens,
        said.cacheWriteInputTokens,
        said.cacheWriteInputTokenCount,
    )
    read = _first(said.prompt_tokens, said.input_tokens, said.inputTokens)
    inside = said.prompt_tokens_details or said.input_tokens_details
    thought = said.completion_tokens_details or said.output_tokens_details
    hour = said.cache_creation.ephemeral_1h_input_tokens if said.cache_creation else 0
    return Tokens(
        input=read + cached + written,
        cached=cached + _first(inside.cached_tokens if inside else 0),
        output=_first(said.completion_tokens, said.output_tokens, said.outputTokens),
        written=written,
        written_hour=min(_first(hour), written),
        reasoning=_first(thought.reasoning_tokens, thought.thinking_tokens) if thought else 0,
    )


def _of_metadata(said: _Metadata, count: int | None) -> Tokens:
    thoughts = _first(said.thoughtsTokenCount)
    return Tokens(
        input=_first(said.promptTokenCount, count) + _first(said.toolUsePromptTokenCount),
        cached=_first(said.cachedContentTokenCount),
        output=_first(said.candidatesTokenCount, said.responseTokenCount) + thoughts,
        reasoning=thoughts,
    )


def _first(*counts: int | None) -> int:
    """The first that is there."""
    return next(filter(None, counts), 0)
