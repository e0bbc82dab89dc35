"""The shapes of Converse, as botocore's service model has them.

Request and answer: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
In a batch file they are plain JSON, so blobs are strings of base64.
"""

from typing import Annotated, Any, Literal

import msgspec

from providers.records import MalformedRecordError
from providers.records.shapes import Count

UNSAID = msgspec.Raw()
"""What a field of free JSON is when it is absent: msgspec takes no Raw that may be None."""


class Wire(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """An object of the API, in which no field may be passed over in silence."""


class S3Location(Wire):
    uri: str
    bucketOwner: str | None = None


class TextContent(Wire):
    text: str


class Source(Wire):
    """A union: bytes, or where they lie. Documents may be text, too, whole or in pieces."""

    bytes: str | None = None
    s3Location: S3Location | None = None
    text: str | None = None
    content: list[TextContent] | None = None


class ErrorBlock(Wire):
    message: str | None = None


class MediaBlock(Wire):
    """An image, a sound or a film."""

    format: str
    source: Source
    error: ErrorBlock | None = None


class CitationsConfig(Wire):
    enabled: bool


class DocumentBlock(Wire):
    name: str
    source: Source
    format: str | None = None
    context: str | None = None
    citations: CitationsConfig | None = None


class ToolUse(Wire):
    toolUseId: str
    name: str
    input: msgspec.Raw
    type: str | None = None


class ToolResultContent(Wire):
    """A union."""

    text: str | None = None
    json: msgspec.Raw = UNSAID
    image: MediaBlock | None = None
    document: DocumentBlock | None = None
    video: MediaBlock | None = None
    searchResult: dict[str, Any] | None = None


class ToolResultBlock(Wire):
    toolUseId: str
    content: list[ToolResultContent]
    status: Literal["success", "error"] | None = None
    type: str | None = None


class CachePointBlock(Wire):
    type: Literal["default"]
    ttl: str | None = None


class ReasoningText(Wire):
    text: str
    signature: str | None = None


class ReasoningContent(Wire):
    """A union."""

    reasoningText: ReasoningText | None = None
    redactedContent: str | None = None


class WebLocation(Wire):
    url: str | None = None
    domain: str | None = None


class DocumentLocation(Wire):
    documentIndex: Count = 0
    start: Count = 0
    end: Count = 0


class SearchResultLocation(Wire):
    searchResultIndex: Count = 0
    start: Count = 0
    end: Count = 0


class CitationLocation(Wire):
    """A union."""

    web: WebLocation | None = None
    documentChar: DocumentLocation | None = None
    documentPage: DocumentLocation | None = None
    documentChunk: DocumentLocation | None = None
    searchResultLocation: SearchResultLocation | None = None


class CitationBlock(Wire):
    title: str | None = None
    source: str | None = None
    sourceContent: list[TextContent] | None = None
    location: CitationLocation | None = None


class CitationsContent(Wire):
    content: list[TextContent] | None = None
    citations: list[CitationBlock] | None = None


class Block(Wire):
    """A union: a piece of a message. Text stands first, as it is by far the commonest."""

    text: str | None = None
    image: MediaBlock | None = None
    document: DocumentBlock | None = None
    video: MediaBlock | None = None
    audio: MediaBlock | None = None
    toolUse: ToolUse | None = None
    toolResult: ToolResultBlock | None = None
    guardContent: dict[str, Any] | None = None
    cachePoint: CachePointBlock | None = None
    reasoningContent: ReasoningContent | None = None
    citationsContent: CitationsContent | None = None
    searchResult: dict[str, Any] | None = None
    toolAddition: dict[str, Any] | None = None
    toolRemoval: dict[str, Any] | None = None


class Turn(Wire):
    role: Literal["user", "assistant", "system"]
    content: list[Block]


class SystemBlock(Wire):
    """A union."""

    text: str | None = None
    guardContent: dict[str, Any] | None = None
    cachePoint: CachePointBlock | None = None


class InferenceConfig(Wire):
    maxTokens: Count | None = None
    temperature: float | None = None
    topP: float | None = None
    stopSequences: list[str] | None = None


class InputSchema(Wire):
    json: msgspec.Raw


class ToolSpec(Wire):
    name: str
    inputSchema: InputSchema
    description: str | None = None
    strict: bool | None = None


class ToolEntry(Wire):
    """A union."""

    toolSpec: ToolSpec | None = None
    systemTool: dict[str, Any] | None = None
    cachePoint: CachePointBlock | None = None


class NamedTool(Wire):
    name: str


class Nothing(Wire):
    """An object without members."""


class ToolChoiceBlock(Wire):
    """A union."""

    auto: Nothing | None = None
    any: Nothing | None = None
    tool: NamedTool | None = None


class ToolConfig(Wire):
    tools: list[ToolEntry]
    toolChoice: ToolChoiceBlock | None = None


class Thinking(Wire):
    """https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html"""

    type: Literal["enabled", "adaptive", "disabled"]
    budget_tokens: Count | None = None


class MoreFields(Wire):
    """Fields of the models' own that we know. The API takes any."""

    top_k: Count | None = None
    thinking: Thinking | None = None


class Performance(Wire):
    latency: str | None = None


class ServiceTier(Wire):
    type: str


class JSONSchemaDefinition(Wire):
    schema: str
    name: str | None = None
    description: str | None = None


class OutputStructure(Wire):
    jsonSchema: JSONSchemaDefinition


class TextFormat(Wire):
    type: Literal["json_schema"]
    structure: OutputStructure


class OutputConfig(Wire):
    textFormat: TextFormat | None = None
    effort: Annotated[str, msgspec.Meta(max_length=16)] | None = None


class ConverseRequest(Wire):
    """The shape of the same name, but for its modelId: the job has that."""

    messages: list[Turn] = []
    system: list[SystemBlock] | None = None
    inferenceConfig: InferenceConfig | None = None
    toolConfig: ToolConfig | None = None
    guardrailConfig: dict[str, Any] | None = None
    additionalModelRequestFields: MoreFields | None = None
    promptVariables: dict[str, Any] | None = None
    additionalModelResponseFieldPaths: list[str] | None = None
    requestMetadata: dict[str, str] | None = None
    performanceConfig: Performance | None = None
    serviceTier: ServiceTier | None = None
    outputConfig: OutputConfig | None = None


class CacheDetail(Wire):
    ttl: str
    inputTokens: Count


class TokenUsage(Wire):
    """The last two are what Nova calls the two before them, and the service writes beside them."""

    inputTokens: Count = 0
    outputTokens: Count = 0
    totalTokens: Count | None = None
    cacheReadInputTokens: Count | None = None
    cacheWriteInputTokens: Count | None = None
    cacheDetails: list[CacheDetail] | None = None
    cacheReadInputTokenCount: Count | None = None
    cacheWriteInputTokenCount: Count | None = None


class Metrics(Wire):
    latencyMs: int | float | None = None


class Output(Wire):
    message: Turn


class ConverseResponse(Wire):
    """`metrics` and `usage` may be absent: a batch measures nothing of interest."""

    output: Output
    stopReason: str | None = None
    usage: TokenUsage | None = None
    metrics: Metrics | None = None
    additionalModelResponseFields: Any = None
    trace: Any = None
    performanceConfig: Performance | None = None
    serviceTier: ServiceTier | None = None


def only(union: Wire, where: str) -> tuple[str, Any]:
    """The one member that a union has, with its name. Raises MalformedRecordError if there is not one."""
    said = [
        (name, member)
        for name in union.__struct_fields__
        if (member := getattr(union, name)) is not None and member is not UNSAID
    ]
    if len(said) != 1:
        raise MalformedRecordError(
            f"{where} needs exactly one of {', '.join(union.__struct_fields__)}.",
            code="invalid_value",
            param=where,
        )
    return said[0]
