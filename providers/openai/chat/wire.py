"""The JSON of Chat Completions, as typed structs.

https://platform.openai.com/docs/api-reference/chat/create
"""

from typing import Literal

import msgspec

from providers.records.shapes import Count, Whole

NO_JSON = msgspec.Raw()
"""Stands for a free JSON value that is not there. msgspec cannot read `Raw | None`."""


class Wire(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    pass


class Breakpoint(Wire, gc=False):
    mode: Literal["explicit"] = "explicit"
    ttl: Literal["30m", "12h"] | None = None


class Part(Wire, tag_field="type"):
    """https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages"""

    prompt_cache_breakpoint: Breakpoint | None = None


class TextPart(Part, tag="text", kw_only=True):
    text: str


class RefusalPart(Wire, tag_field="type", tag="refusal"):
    refusal: str


class ImageURL(Wire):
    url: str
    detail: Literal["auto", "low", "high", "original"] | None = None


class ImagePart(Part, tag="image_url", kw_only=True):
    image_url: ImageURL


class InputAudio(Wire):
    data: str
    format: Literal["wav", "mp3"]


class AudioPart(Part, tag="input_audio", kw_only=True):
    input_audio: InputAudio


class File(Wire):
    filename: str | None = None
    file_data: str | None = None
    file_id: str | None = None


class FilePart(Part, tag="file", kw_only=True):
    file: File


UserPart = TextPart | ImagePart | AudioPart | FilePart


class Called(Wire):
    """Of a tool call, and of the deprecated `function_call`."""

    name: str
    arguments: str


class FunctionCall(Wire, tag_field="type", tag="function"):
    id: str
    function: Called


class CustomCalled(Wire):
    name: str
    input: str


class CustomCall(Wire, tag_field="type", tag="custom"):
    id: str
    custom: CustomCalled


class URLCitation(Wire):
    url: str
    title: str
    start_index: Whole
    end_index: Whole


class Annotation(Wire, tag_field="type", tag="url_citation"):
    url_citation: URLCitation


class SystemMessage(Wire, tag_field="role", tag="system"):
    content: str | list[TextPart]
    name: str | None = None


class DeveloperMessage(Wire, tag_field="role", tag="developer"):
    content: str | list[TextPart]
    name: str | None = None


class UserMessage(Wire, tag_field="role", tag="user"):
    content: str | list[UserPart]
    name: str | None = None


class EarlierAudio(Wire):
    id: str


class AssistantMessage(Wire, tag_field="role", tag="assistant"):
    """Clients send an answer's message back as they got it, so `annotations` come, too."""

    content: str | list[TextPart | RefusalPart] | None = None
    refusal: str | None = None
    tool_calls: list[FunctionCall | CustomCall] | None = None
    function_call: Called | None = None
    annotations: list[Annotation] | None = None
    audio: EarlierAudio | None = None
    name: str | None = None


class ToolMessage(Wire, tag_field="role", tag="tool"):
    tool_call_id: str
    content: str | list[TextPart]


class FunctionMessage(Wire, tag_field="role", tag="function"):
    name: str
    content: str | None = None


Message = (
    UserMessage
    | AssistantMessage
    | SystemMessage
    | DeveloperMessage
    | ToolMessage
    | FunctionMessage
)


class Function(Wire):
    name: str
    description: str | None = None
    parameters: msgspec.Raw = NO_JSON
    strict: bool | None = None


class FunctionTool(Wire, tag_field="type", tag="function"):
    function: Function


class CustomTool(Wire, tag_field="type", tag="custom"):
    custom: msgspec.Raw


class Named(Wire):
    name: str


class NamedFunction(Wire, tag_field="type", tag="function"):
    function: Named


class NamedCustom(Wire, tag_field="type", tag="custom"):
    custom: Named


class AllowedTools(Wire):
    mode: Literal["auto", "required"]
    tools: list[NamedFunction | NamedCustom]


class AllowedToolsChoice(Wire, tag_field="type", tag="allowed_tools"):
    allowed_tools: AllowedTools


ToolChoice = Literal["none", "auto", "required"] | NamedFunction | NamedCustom | AllowedToolsChoice


class TextFormat(Wire, tag_field="type", tag="text"):
    pass


class JSONFormat(Wire, tag_field="type", tag="json_object"):
    pass


class NamedSchema(Wire):
    name: str
    schema: msgspec.Raw = NO_JSON
    description: str | None = None
    strict: bool | None = None


class SchemaFormat(Wire, tag_field="type", tag="json_schema"):
    json_schema: NamedSchema


class Request(Wire):
    """CreateChatCompletionRequest. Free JSON is of features that go to nobody but OpenAI."""

    messages: list[Message]
    model: str | None = None
    max_completion_tokens: Count | None = None
    max_tokens: Count | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: str | list[str] | None = None
    n: Count | None = None
    seed: Whole | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: dict[str, int | float] | None = None
    logprobs: bool | None = None
    top_logprobs: Count | None = None
    response_format: TextFormat | JSONFormat | SchemaFormat | None = None
    tools: list[FunctionTool | CustomTool] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    functions: list[Function] | None = None
    function_call: Literal["none", "auto"] | Named | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = (
        None
    )
    verbosity: str | None = None
    safety_identifier: str | None = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: dict[str, str] | None = None
    prompt_cache_retention: str | None = None
    store: bool | None = None
    stream: bool | None = None
    stream_options: dict[str, bool] | None = None
    modalities: list[str] | None = None
    audio: dict[str, msgspec.Raw] | None = None
    moderation: dict[str, msgspec.Raw] | None = None
    prediction: dict[str, msgspec.Raw] | None = None
    web_search_options: dict[str, msgspec.Raw] | None = None


class Audio(Wire):
    id: str
    data: str
    expires_at: Count
    transcript: str


class AnswerMessage(Wire):
    role: Literal["assistant"] = "assistant"
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[FunctionCall | CustomCall] | None = None
    function_call: Called | None = None
    annotations: list[Annotation] | None = None
    audio: Audio | None = None


class Chance(Wire):
    token: str
    logprob: float
    bytes: list[int] | None = None


class Token(Wire):
    token: str
    logprob: float
    bytes: list[int] | None = None
    top_logprobs: list[Chance] = []


class Logprobs(Wire):
    content: list[Token] | None = None
    refusal: list[Token] | None = None


class Choice(Wire):
    message: AnswerMessage
    index: Count = 0
    finish_reason: str | None = None
    logprobs: Logprobs | None = None


class PromptDetails(Wire):
    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    audio_tokens: Count | None = None
    text_tokens: Count | None = None
    image_tokens: Count | None = None


class CompletionDetails(Wire):
    reasoning_tokens: Count | None = None
    audio_tokens: Count | None = None
    text_tokens: Count | None = None
    accepted_prediction_tokens: Count | None = None
    rejected_prediction_tokens: Count | None = None


class Usage(Wire):
    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    total_tokens: Count = 0
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None


class Answer(Wire):
    """CreateChatCompletionResponse."""

    choices: list[Choice]
    id: str | None = None
    object: str | None = None
    created: Count | None = None
    model: str | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None
    usage: Usage | None = None
    metadata: dict[str, str] | None = None
    moderation: dict[str, msgspec.Raw] | None = None
