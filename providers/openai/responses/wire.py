"""What clients of OpenAI's Responses API send.

https://platform.openai.com/docs/api-reference/responses/create
"""

from typing import Any, Literal

import msgspec

from providers.records.shapes import Count

Raw = msgspec.Raw
NO_JSON = Raw()
"""Stands for JSON that is not there, for msgspec reads no `Raw | None`."""


class _Wire(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Every field is known: nothing may be passed over in silence."""


class Kind(msgspec.Struct, gc=False):
    """What an item or a tool is. A message may leave its type out, and so may a reference to an item."""

    type: str | None = None
    role: str | None = None


class CacheBreakpoint(_Wire):
    mode: Literal["explicit"] = "explicit"
    ttl: Literal["30m", "12h"] | None = None


class _Part(_Wire):
    prompt_cache_breakpoint: CacheBreakpoint | None = None


class InputText(_Part, tag="input_text", tag_field="type", kw_only=True):
    text: str


class InputImage(_Part, tag="input_image", tag_field="type", kw_only=True):
    image_url: str | None = None
    file_id: str | None = None
    detail: Literal["auto", "low", "high", "original"] | None = None


class InputFile(_Part, tag="input_file", tag_field="type", kw_only=True):
    file_data: str | None = None
    file_url: str | None = None
    file_id: str | None = None
    filename: str | None = None
    detail: Literal["auto", "low", "high"] | None = None


class Audio(_Wire):
    data: str
    format: Literal["mp3", "wav"]


class InputAudio(_Part, tag="input_audio", tag_field="type", kw_only=True):
    input_audio: Audio


class URLCitation(_Wire, tag="url_citation", tag_field="type"):
    url: str
    title: str | None = None
    start_index: Count | None = None
    end_index: Count | None = None


class FileCitation(msgspec.Struct, gc=False, tag="file_citation", tag_field="type"):
    """A file that OpenAI keeps, which is why its fields do not matter; likewise the next two."""


class ContainerFileCitation(
    msgspec.Struct, gc=False, tag="container_file_citation", tag_field="type"
): ...


class FilePath(msgspec.Struct, gc=False, tag="file_path", tag_field="type"): ...


Annotation = URLCitation | FileCitation | ContainerFileCitation | FilePath


class OutputText(_Wire, tag="output_text", tag_field="type"):
    text: str
    annotations: list[Annotation] | None = None
    logprobs: list[Any] | None = None


class OutputRefusal(_Wire, tag="refusal", tag_field="type"):
    refusal: str


Part = InputText | InputImage | InputFile | InputAudio | OutputText | OutputRefusal


class Message(_Wire, tag="message", tag_field="type"):
    role: Literal["user", "assistant", "system", "developer"]
    content: str | list[Part]
    id: str | None = None
    status: str | None = None
    phase: str | None = None


class Caller(_Wire):
    """Who calls a tool: the model, or a program that it wrote."""

    type: str
    caller_id: str | None = None


class FunctionCall(_Wire, tag="function_call", tag_field="type", rename={"is_async": "async"}):
    call_id: str
    name: str
    arguments: str
    id: str | None = None
    status: str | None = None
    caller: Caller | None = None
    namespace: str | None = None
    is_async: bool | None = None


class FunctionCallOutput(_Wire, tag="function_call_output", tag_field="type"):
    output: str | list[InputText | InputImage | InputFile]
    call_id: str | None = None
    name: str | None = None
    id: str | None = None
    status: str | None = None
    caller: Caller | None = None
    namespace: str | None = None


class SummaryText(_Wire, tag="summary_text", tag_field="type"):
    text: str


class ReasoningText(_Wire, tag="reasoning_text", tag_field="type"):
    text: str


class ReasoningItem(_Wire, tag="reasoning", tag_field="type"):
    summary: list[SummaryText] | None = None
    content: list[ReasoningText] | None = None
    encrypted_content: str | None = None
    id: str | None = None
    status: str | None = None


Item = Message | FunctionCall | FunctionCallOutput | ReasoningItem


class FunctionTool(_Wire, tag="function", tag_field="type", rename={"is_async": "async"}):
    name: str
    description: str | None = None
    parameters: Raw = NO_JSON
    strict: bool | None = None
    is_async: bool | None = None
    defer_loading: bool | None = None
    allowed_callers: list[str] | None = None
    output_schema: Any = None


class ChosenTool(_Wire):
    type: str
    name: str | None = None
    server_label: str | None = None


class ToolChoice(_Wire):
    """A tool, or some tools of which `mode` says whether one must be called."""

    type: str
    name: str | None = None
    server_label: str | None = None
    mode: Literal["auto", "required"] | None = None
    tools: list[ChosenTool] | None = None


class PlainText(_Wire, tag="text", tag_field="type"): ...


class JSONObject(_Wire, tag="json_object", tag_field="type"): ...


class JSONSchema(_Wire, tag="json_schema", tag_field="type"):
    name: str
    schema: Raw
    description: str | None = None
    strict: bool | None = None


class TextSettings(_Wire):
    format: PlainText | JSONObject | JSONSchema | None = None
    verbosity: str | None = None


class Reasoning(_Wire):
    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    summary: str | None = None
    generate_summary: str | None = None
    context: str | None = None
    mode: str | None = None


class ImageSettings(_Wire):
    context_compression: str | None = None


class Request(_Wire):
    """The body. `input` and `tools` stay raw, for their kinds are many, and most are refused."""

    model: str | None = None
    input: str | list[Raw] | None = None
    instructions: str | None = None
    max_output_tokens: Count | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_logprobs: Count | None = None
    include: list[str] | None = None
    text: TextSettings | None = None
    tools: list[Raw] | None = None
    tool_choice: Literal["none", "auto", "required"] | ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None
    user: str | None = None
    safety_identifier: str | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None
    prompt_cache_key: str | None = None

    access_programs: Any = None
    background: bool | None = None
    context_management: Any = None
    conversation: Any = None
    image: ImageSettings | None = None
    max_tool_calls: Count | None = None
    moderation: Any = None
    previous_response_id: str | None = None
    prompt: Any = None
    prompt_cache_options: Any = None
    prompt_cache_retention: str | None = None
    store: bool | None = None
    stream: bool | None = None
    stream_options: Any = None
    truncation: str | None = None
