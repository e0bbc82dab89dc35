"""A conversation and its answers, in no vendor's words.

A message is a role and a list of typed parts. What several vendors know has a place here; what only one
knows stays in that vendor's dialect, which drops or refuses it by name when a record leaves it.
"""

from typing import Literal, TypedDict

import msgspec


class Part(msgspec.Struct, frozen=True, gc=False):
    """A piece of a message."""


class Location(msgspec.Struct, frozen=True, gc=False):
    """Where in the sources a citation points. `start` is counted from 0 and `end` is exclusive, but pages
    are counted from 1. `document` counts the documents of the request from 0."""

    unit: Literal["char", "page", "block", "result"]
    document: int
    start: int
    end: int


class Citation(msgspec.Struct, frozen=True, gc=False):
    """What a text rests on. `span` is the part of the text, in characters; None means all of it."""

    title: str | None = None
    url: str | None = None
    quote: str | None = None
    location: Location | None = None
    span: tuple[int, int] | None = None


class Text(Part, frozen=True, gc=False):
    text: str
    citations: tuple[Citation, ...] = ()


class Inline(msgspec.Struct, frozen=True, gc=False):
    """Bytes that travel in the record, as standard base64 with padding."""

    data: str


class Link(msgspec.Struct, frozen=True, gc=False):
    """Bytes that the provider fetches itself."""

    url: str


class Stored(msgspec.Struct, frozen=True, gc=False):
    """A file that the client's vendor keeps. Its id means nothing to any other."""

    id: str


MediaKind = Literal["image", "document", "audio", "video"]


class Media(Part, frozen=True, gc=False):
    """An image, a document, a sound or a film.

    `name` and `context` tell the model what a document is; `cite` asks for citations of it; `detail`
    is how closely to look ("low", "medium", "high"), a hint.
    """

    kind: MediaKind
    source: Inline | Link | Stored
    mime: str | None = None
    name: str | None = None
    context: str | None = None
    cite: bool = False
    detail: str | None = None


class Signature(msgspec.Struct, frozen=True, gc=False):
    """A vendor's seal on a thought, which only that vendor can read. `by` is the name of the dialect."""

    by: str
    value: str


class ToolCall(Part, frozen=True, gc=False):
    """The model calls a tool. `arguments` are the JSON of an object, on one line, as the vendor wrote it."""

    id: str
    name: str
    arguments: msgspec.Raw
    signature: Signature | None = None


class Data(Part, frozen=True, gc=False):
    """A JSON value on one line, where a tool answered with one."""

    value: msgspec.Raw


class ToolResult(Part, frozen=True, gc=False):
    """What a tool answered. `name` is the tool's, where the client says it."""

    call_id: str
    content: list[Text | Media | Data]
    name: str | None = None
    is_error: bool = False


class Thinking(Part, frozen=True, gc=False):
    """What a model thought. A thought that is `redacted` has no text, and its cipher for a signature."""

    text: str
    signature: Signature | None = None
    redacted: bool = False


class Refusal(Part, frozen=True, gc=False):
    """The model's own words for why it will not answer."""

    text: str


class CachePoint(Part, frozen=True, gc=False):
    """All up to here may be cached. `ttl` is "5m" or "1h"; None leaves it to the provider."""

    ttl: str | None = None


class Message(msgspec.Struct, frozen=True, gc=False):
    """One turn. The role "system" is for instructions in the middle of a conversation only. `name` tells
    participants of one role apart."""

    role: Literal["user", "assistant", "system"]
    parts: list[Part]
    name: str | None = None


class Tool(msgspec.Struct, frozen=True, gc=False):
    """A function that the model may call. `parameters` is a JSON Schema on one line."""

    name: str
    description: str | None = None
    parameters: msgspec.Raw | None = None
    strict: bool | None = None


class ToolChoice(msgspec.Struct, frozen=True, gc=False):
    """`names` narrows the choice to some of the tools; one name with "required" means that tool."""

    mode: Literal["auto", "none", "required"]
    names: tuple[str, ...] = ()


class JSONOutput(msgspec.Struct, frozen=True, gc=False):
    """Any JSON object."""


class SchemaOutput(msgspec.Struct, frozen=True, gc=False):
    """JSON that fits `schema`, a JSON Schema on one line."""

    schema: msgspec.Raw
    name: str | None = None
    description: str | None = None
    strict: bool | None = None


Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class Reasoning(msgspec.Struct, frozen=True, gc=False):
    """How much to think: an effort, or a budget in tokens, or as the model likes if neither.

    `show` asks for the thoughts in the answer; None leaves it to the provider.
    """

    effort: Effort | None = None
    budget: int | None = None
    show: bool | None = None


class Settings(TypedDict, total=False):
    """What a client set. A key is there only if the client named it."""

    max_tokens: int
    temperature: float
    top_p: float
    top_k: int
    stop: list[str]
    candidates: int
    seed: int
    frequency_penalty: float
    presence_penalty: float
    logit_bias: dict[str, float]
    logprobs: int  # how many alternatives for each token; 0 asks for the chosen tokens only
    output: JSONOutput | SchemaOutput
    tool_choice: ToolChoice
    parallel_tool_calls: bool
    reasoning: Reasoning
    verbosity: str
    user: str
    metadata: dict[str, str]
    service_tier: str
    cache_key: str


class ChatRequest(msgspec.Struct, frozen=True, gc=False):
    """One request. `system` are the instructions before the conversation."""

    model: str | None
    messages: list[Message]
    system: list[Text | CachePoint]
    tools: list[Tool | CachePoint]
    settings: Settings


class TokenChance(msgspec.Struct, frozen=True, gc=False):
    """A token and the natural logarithm of its probability."""

    token: str
    logprob: float


class TokenChoice(msgspec.Struct, frozen=True, gc=False):
    """The token that was chosen, and the likeliest ones at its place."""

    token: str
    logprob: float
    top: list[TokenChance]


Finish = Literal[
    "stop",
    "stop_sequence",
    "length",
    "context_length",
    "tool_calls",
    "content_filter",
    "prompt_blocked",
    "refusal",
    "paused",
    "malformed_tool_call",
    "error",
]


class Choice(msgspec.Struct, frozen=True, gc=False):
    """One answer. `detail` is what the provider says beyond `finish`: its own word or an explanation."""

    parts: list[Part]
    finish: Finish | None
    stop_sequence: str | None = None
    detail: str | None = None
    logprobs: list[TokenChoice] | None = None


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Tokens. `input` counts what was read from and written to a cache, `output` counts reasoning."""

    input: int
    output: int
    cached: int | None = None
    cache_written: int | None = None
    reasoning: int | None = None


class ChatAnswer(msgspec.Struct, frozen=True, gc=False):
    """What a provider answered. `created` is in Unix seconds. A blocked prompt has a choice without parts."""

    choices: list[Choice]
    usage: Usage | None = None
    id: str | None = None
    model: str | None = None
    created: int | None = None
    service_tier: str | None = None
