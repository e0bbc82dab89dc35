"""Tokens, as an answer tells them in any provider's words."""

from operator import attrgetter
from typing import Annotated

import msgspec

# No answer takes more: who says so is wrong.
MOST = 10**10
Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)] | None


class Tokens(msgspec.Struct, gc=False):
    """`input` counts what was read from a cache (`cached`) and written to one (`written`, of which
    `written_hour` for an hour); `output` counts what was thought (`reasoning`)."""

    input: int = 0
    cached: int = 0
    output: int = 0
    written: int = 0
    written_hour: int = 0
    reasoning: int = 0

    def add(self, more: "Tokens") -> None:
        self.input += more.input
        self.cached += more.cached
        self.output += more.output
        self.written += more.written
        self.written_hour += more.written_hour
        self.reasoning += more.reasoning


class _InputDetails(msgspec.Struct, gc=False):
    cached_tokens: Count = None


class _OutputDetails(msgspec.Struct, gc=False):
    reasoning_tokens: Count = None
    thinking_tokens: Count = None


class _Creation(msgspec.Struct, gc=False):
    ephemeral_1h_input_tokens: Count = None


class _Usage(msgspec.Struct, gc=False):
    # OpenAI, in both of its APIs; what is in a cache is in the input.
    prompt_tokens: Count = None
    completion_tokens: Count = None
    prompt_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    input_tokens: Count = None
    output_tokens: Count = None
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None
    # Anthropic, beside the input.
    cache_read_input_tokens: Count = None
    cache_creation_input_tokens: Count = None
    cache_creation: _Creation | None = None
    # Converse and Nova, beside the input as well.
    inputTokens: Count = None
    outputTokens: Count = None
    cacheReadInputTokens: Count = None
    cacheWriteInputTokens: Count = None
    cacheReadInputTokenCount: Count = None
    cacheWriteInputTokenCount: Count = None


class _Metadata(msgspec.Struct, gc=False):
    promptTokenCount: Count = None
    toolUsePromptTokenCount: Count = None
    cachedContentTokenCount: Count = None
    candidatesTokenCount: Count = None
    responseTokenCount: Count = None
    thoughtsTokenCount: Count = None


class _Answer(msgspec.Struct, gc=False):
    usage: _Usage | None = None
    # Gemini.
    usageMetadata: _Metadata | None = None
    tokenCount: Count = None
    # Llama and Titan.
    prompt_token_count: Count = None
    generation_token_count: Count = None
    inputTextTokenCount: Count = None


class TokenReader:
    """Reads what answers say that they took, from lines of results in which they stand under `path`."""

    def __init__(self, *path: str) -> None:
        line: type[msgspec.Struct] = _Answer
        for name in reversed(path):
            line = msgspec.defstruct("_Line", [(name, line)], gc=False)
        self._decode = msgspec.json.Decoder(line).decode
        self._answer_in = attrgetter(".".join(path))

    def read(self, line: bytes) -> Tokens | None:
        """None if it does not say, or nothing that can be read."""
        try:
            answer: _Answer = self._answer_in(self._decode(line))
        except (msgspec.DecodeError, RecursionError):
            return None
        if answer.usage is not None:
            found = _of_usage(answer.usage)
        elif answer.usageMetadata is not None:
            found = _of_metadata(answer.usageMetadata, answer.tokenCount)
        else:
            read = answer.prompt_token_count or answer.inputTextTokenCount or answer.tokenCount or 0
            found = Tokens(read, 0, answer.generation_token_count or 0)
        return found if 0 < found.input + found.output <= MOST else None


def _of_usage(said: _Usage) -> Tokens:
    if said.prompt_tokens is not None or said.completion_tokens is not None:
        return _of_completion(said)
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
    inside, thought = said.input_tokens_details, said.output_tokens_details
    hour = said.cache_creation.ephemeral_1h_input_tokens if said.cache_creation else 0
    return Tokens(
        input=(said.input_tokens or said.inputTokens or 0) + cached + written,
        cached=cached + ((inside.cached_tokens or 0) if inside else 0),
        output=said.output_tokens or said.outputTokens or 0,
        written=written,
        written_hour=min(hour or 0, written),
        reasoning=(thought.reasoning_tokens or thought.thinking_tokens or 0) if thought else 0,
    )


def _of_completion(said: _Usage) -> Tokens:
    """In the words of OpenAI's chats, which most models have: what is in a cache is in the input."""
    inside, thought = said.prompt_tokens_details, said.completion_tokens_details
    return Tokens(
        input=said.prompt_tokens or 0,
        cached=(inside.cached_tokens or 0) if inside else 0,
        output=said.completion_tokens or 0,
        reasoning=(thought.reasoning_tokens or 0) if thought else 0,
    )


def _of_metadata(said: _Metadata, count: int | None) -> Tokens:
    thoughts = said.thoughtsTokenCount or 0
    return Tokens(
        input=(said.promptTokenCount or count or 0) + (said.toolUsePromptTokenCount or 0),
        cached=said.cachedContentTokenCount or 0,
        output=(said.candidatesTokenCount or said.responseTokenCount or 0) + thoughts,
        reasoning=thoughts,
    )
