"""The shapes of Anthropic's Messages: https://platform.claude.com/docs/en/api/messages/create

They hold what the API versions 2023-06-01 and 2026-10-21 have outside of betas.
"""

from typing import TYPE_CHECKING, Any, Literal, Union

import msgspec
from msgspec import Raw

from providers.records.shapes import Count


class Wire(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    pass


class Typed(Wire, tag_field="type", frozen=True, gc=False):
    pass


class CacheControl(Wire, frozen=True, gc=False):
    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] | None = None


class CharLocation(Typed, tag="char_location", frozen=True, gc=False):
    cited_text: str
    document_index: Count
    start_char_index: Count
    end_char_index: Count
    document_title: str | None = None
    file_id: str | None = None


class PageLocation(Typed, tag="page_location", frozen=True, gc=False):
    cited_text: str
    document_index: Count
    start_page_number: Count
    end_page_number: Count
    document_title: str | None = None
    file_id: str | None = None


class BlockLocation(Typed, tag="content_block_location", frozen=True, gc=False):
    cited_text: str
    document_index: Count
    start_block_index: Count
    end_block_index: Count
    document_title: str | None = None
    file_id: str | None = None


class SearchResultLocation(Typed, tag="search_result_location", frozen=True, gc=False):
    cited_text: str
    search_result_index: Count
    source: str
    start_block_index: Count
    end_block_index: Count
    title: str | None = None


class WebLocation(Typed, tag="web_search_result_location", frozen=True, gc=False):
    cited_text: str
    encrypted_index: str
    url: str
    title: str | None = None


AnyLocation = CharLocation | PageLocation | BlockLocation | SearchResultLocation | WebLocation


class TextBlock(Typed, tag="text", frozen=True, gc=False):
    text: str
    cache_control: CacheControl | None = None
    citations: list[AnyLocation] | None = None


class Base64(Typed, tag="base64", frozen=True, gc=False):
    media_type: str
    data: str


class Url(Typed, tag="url", frozen=True, gc=False):
    url: str


class FileSource(Typed, tag="file", frozen=True, gc=False):
    file_id: str


class PlainText(Typed, tag="text", frozen=True, gc=False):
    media_type: Literal["text/plain"]
    data: str


class ContentSource(Typed, tag="content", frozen=True, gc=False):
    content: str | list[Any]


class ImageBlock(Typed, tag="image", frozen=True, gc=False):
    source: Base64 | Url | FileSource
    cache_control: CacheControl | None = None
    transformations: Any = None


class CitationsConfig(Wire, frozen=True, gc=False):
    enabled: bool = False


class DocumentBlock(Typed, tag="document", frozen=True, gc=False):
    source: Base64 | PlainText | Url | FileSource | ContentSource
    title: str | None = None
    context: str | None = None
    citations: CitationsConfig | None = None
    cache_control: CacheControl | None = None


class Caller(msgspec.Struct, frozen=True, gc=False):
    type: str


class ToolUseBlock(Typed, tag="tool_use", frozen=True, gc=False):
    id: str
    name: str
    input: Raw
    cache_control: CacheControl | None = None
    caller: Caller | None = None
    toolset_name: str | None = None


class ServerBlock(msgspec.Struct, frozen=True, gc=False, tag_field="type"):
    """A block that only Anthropic makes or reads. What is in it does not matter, for it is not carried."""


def _server_block(tag: str) -> type[msgspec.Struct]:
    name = tag.title().replace("_", "")
    return msgspec.defstruct(name, [], bases=(ServerBlock,), tag=tag, frozen=True, gc=False)


RESULT_SERVER_BLOCKS = tuple(
    _server_block(tag) for tag in ("search_result", "tool_reference", "browser_state")
)
SEARCH_RESULT = RESULT_SERVER_BLOCKS[0]
# https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools
SERVER_BLOCKS = tuple(
    _server_block(tag)
    for tag in (
        "server_tool_use",
        "web_search_tool_result",
        "web_fetch_tool_result",
        "code_execution_tool_result",
        "bash_code_execution_tool_result",
        "text_editor_code_execution_tool_result",
        "tool_search_tool_result",
        "container_upload",
    )
)

if TYPE_CHECKING:
    ResultBlock = TextBlock | ImageBlock | DocumentBlock | ServerBlock
else:
    ResultBlock = Union[TextBlock, ImageBlock, DocumentBlock, *RESULT_SERVER_BLOCKS]


class ToolResultBlock(Typed, tag="tool_result", frozen=True, gc=False):
    tool_use_id: str
    content: str | list[ResultBlock] | None = None
    is_error: bool | None = None
    cache_control: CacheControl | None = None
    toolset_name: str | None = None


class ThinkingBlock(Typed, tag="thinking", frozen=True, gc=False):
    thinking: str
    signature: str


class RedactedThinkingBlock(Typed, tag="redacted_thinking", frozen=True, gc=False):
    data: str


class MidConvSystemBlock(Typed, tag="mid_conv_system", frozen=True, gc=False):
    """What is a message of the role "system" since the API version 2026-10-21."""

    content: list[TextBlock]
    cache_control: CacheControl | None = None


if TYPE_CHECKING:
    Block = (
        TextBlock
        | ToolUseBlock
        | ToolResultBlock
        | ImageBlock
        | DocumentBlock
        | ThinkingBlock
        | RedactedThinkingBlock
        | MidConvSystemBlock
        | ServerBlock
    )
    AnswerBlock = TextBlock | ThinkingBlock | ToolUseBlock | RedactedThinkingBlock | ServerBlock
else:
    Block = Union[
        TextBlock,
        ToolUseBlock,
        ToolResultBlock,
        ImageBlock,
        DocumentBlock,
        ThinkingBlock,
        RedactedThinkingBlock,
        MidConvSystemBlock,
        SEARCH_RESULT,
        *SERVER_BLOCKS,
    ]
    AnswerBlock = Union[
        TextBlock, ThinkingBlock, ToolUseBlock, RedactedThinkingBlock, *SERVER_BLOCKS
    ]


class Message(Wire, frozen=True, gc=False):
    role: Literal["user", "assistant", "system"]
    content: str | list[Block]


class Tool(Wire, frozen=True, gc=False):
    """A tool of the client's. Anthropic's own have other types, and fields of their own."""

    name: str
    input_schema: Raw
    type: Literal["custom"] | None = None
    description: str | None = None
    strict: bool | None = None
    cache_control: CacheControl | None = None
    allowed_callers: list[str] | None = None
    defer_loading: bool | None = None
    eager_input_streaming: bool | None = None
    input_examples: list[Any] | None = None


class ToolChoice(Wire, frozen=True, gc=False):
    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class Thinking(Wire, frozen=True, gc=False):
    type: Literal["adaptive", "enabled", "disabled", "between_tools"]
    budget_tokens: Count | None = None
    display: Literal["summarized", "omitted"] | None = None


class JSONFormat(Wire, frozen=True, gc=False):
    type: Literal["json_schema"]
    schema: Raw


class OutputConfig(Wire, frozen=True, gc=False):
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: JSONFormat | None = None


class Metadata(Wire, frozen=True, gc=False):
    user_id: str | None = None


class Request(Wire, frozen=True, gc=False):
    max_tokens: Count
    messages: list[Message]
    model: str | None = None
    system: str | list[TextBlock] | None = None
    tools: list[Raw] | None = None
    tool_choice: ToolChoice | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: Count | None = None
    stop_sequences: list[str] | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    metadata: Metadata | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    stream: bool | None = None
    cache_control: CacheControl | None = None
    container: Any = None
    diagnostics: Any = None
    inference_geo: str | None = None
    speed: Literal["standard", "fast"] | None = None
    user_profile_id: str | None = None
    workspace_id: str | None = None


class CacheCreation(Wire, frozen=True, gc=False):
    ephemeral_5m_input_tokens: Count = 0
    ephemeral_1h_input_tokens: Count = 0


class OutputTokensDetails(Wire, frozen=True, gc=False):
    thinking_tokens: Count | None = None


class ServerToolUsage(Wire, frozen=True, gc=False):
    web_search_requests: Count = 0
    web_fetch_requests: Count = 0


class Usage(Wire, frozen=True, gc=False):
    input_tokens: Count
    output_tokens: Count
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation: CacheCreation | None = None
    output_tokens_details: OutputTokensDetails | None = None
    server_tool_use: ServerToolUsage | None = None
    service_tier: str | None = None
    inference_geo: str | None = None
    speed: str | None = None


class StopDetails(Wire, frozen=True, gc=False):
    type: str
    category: str | None = None
    explanation: str | None = None


class Answer(Wire, frozen=True, gc=False):
    content: list[AnswerBlock]
    id: str | None = None
    type: Literal["message"] = "message"
    role: Literal["assistant"] = "assistant"
    model: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None
    usage: Usage | None = None
    container: Any = None
    diagnostics: Any = None
