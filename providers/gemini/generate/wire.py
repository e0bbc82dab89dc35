"""GenerateContent, as Google's clients and servers write it.

https://ai.google.dev/api/generate-content, https://ai.google.dev/api/caching#Content. Fields that only
Google's SDK knows are here as well: its types serve Vertex AI, too.
"""

from typing import Any, Literal

import msgspec

from providers.gemini.names import NOTHING, GoogleShape, Message
from providers.records.shapes import Count, Whole

Raw = msgspec.Raw


class Blob(Message):
    mime_type: str | None = None
    data: str = ""
    display_name: str | None = None


class FileData(Message):
    mime_type: str | None = None
    file_uri: str = ""
    display_name: str | None = None


class FunctionCall(Message):
    name: str = ""
    id: str | None = None
    args: Raw = NOTHING
    partial_args: Any = None
    will_continue: bool | None = None


class FunctionResponsePart(Message):
    inline_data: Blob | None = None
    file_data: FileData | None = None


class FunctionResponse(Message):
    name: str = ""
    id: str | None = None
    response: Raw = NOTHING
    parts: list[FunctionResponsePart] | None = None
    scheduling: str | None = None
    will_continue: bool | None = None


class MediaResolution(Message):
    level: str | None = None
    num_tokens: Count | None = None


class Part(Message):
    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    inline_data: Blob | None = None
    file_data: FileData | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    media_resolution: MediaResolution | None = None
    video_metadata: Any = None
    executable_code: Any = None
    code_execution_result: Any = None
    own_tool_call: Any = msgspec.field(default=None, name="toolCall")
    own_tool_response: Any = msgspec.field(default=None, name="toolResponse")
    part_metadata: Any = None
    media_processing: Any = None
    audio_transcription: Any = None
    speech_metadata: Any = None
    document_metadata: Any = None
    spreadsheet_metadata: Any = None
    audio_metadata: Any = None


class Content(Message):
    parts: list[Part] | None = None
    role: Literal["", "user", "model", "function", "tool", "system"] | None = None


class FunctionDeclaration(Message):
    name: str = ""
    description: str | None = None
    parameters: Raw = NOTHING
    parameters_json_schema: Raw = NOTHING
    response: Any = None
    response_json_schema: Any = None
    behavior: str | None = None


class Tool(Message):
    function_declarations: list[FunctionDeclaration] | None = None
    google_search: Any = None
    google_search_retrieval: Any = None
    google_maps: Any = None
    code_execution: Any = None
    url_context: Any = None
    file_search: Any = None
    computer_use: Any = None
    mcp_servers: Any = None
    retrieval: Any = None
    enterprise_web_search: Any = None
    parallel_ai_search: Any = None
    exa_ai_search: Any = None


class FunctionCallingConfig(Message):
    mode: Literal["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"] | None = None
    allowed_function_names: list[str] | None = None
    stream_function_call_arguments: bool | None = None


class ToolConfig(Message):
    function_calling_config: FunctionCallingConfig | None = None
    retrieval_config: Any = None
    include_server_side_tool_invocations: bool | None = None


class ThinkingConfig(Message):
    include_thoughts: bool | None = None
    thinking_budget: Whole | None = None
    thinking_level: str | None = None


class TextFormat(Message):
    mime_type: str | None = None
    schema: Raw = NOTHING


class ResponseFormat(Message):
    text: TextFormat | None = None
    image: Any = None
    audio: Any = None
    video: Any = None


class GenerationConfig(Message):
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    max_output_tokens: Count | None = None
    stop_sequences: list[str] | None = None
    candidate_count: Count | None = None
    seed: Whole | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    response_logprobs: bool | None = None
    logprobs: Count | None = None
    response_mime_type: str | None = None
    response_schema: Raw = NOTHING
    response_json_schema: Raw = NOTHING
    response_format: list[ResponseFormat] | None = None
    thinking_config: ThinkingConfig | None = None
    media_resolution: str | None = None
    response_modalities: list[str] | None = None
    speech_config: Any = None
    image_config: Any = None
    translation_config: Any = None
    audio_transcription_config: Any = None
    audio_timestamp: bool | None = None
    enable_affective_dialog: bool | None = None
    enable_enhanced_civic_answers: bool | None = None
    routing_config: Any = None
    model_selection_config: Any = None


class Request(Message):
    contents: list[Content] = msgspec.field(default_factory=list)
    model: str | None = None
    system_instruction: Content | None = None
    tools: list[Tool] | None = None
    tool_config: ToolConfig | None = None
    generation_config: GenerationConfig | None = None
    service_tier: str | None = None
    safety_settings: Any = None
    cached_content: str | None = None
    store: bool | None = None
    labels: Any = None


class Segment(Message):
    part_index: Count = 0
    start_index: Count = 0
    end_index: Count = 0
    text: str | None = None


class GroundingSupport(Message):
    segment: Segment | None = None
    grounding_chunk_indices: list[Count] | None = None
    confidence_scores: Any = None
    rendered_parts: Any = None


class Source(Message):
    """Any kind of a grounding chunk."""

    uri: str | None = None
    title: str | None = None
    text: str | None = None
    domain: str | None = None
    image_uri: str | None = None
    source_uri: str | None = None
    page_number: Count | None = None
    media_id: str | None = None
    place_id: str | None = None
    file_search_store: str | None = None
    document_name: str | None = None
    custom_metadata: Any = None
    rag_chunk: Any = None
    place_answer_sources: Any = None


class GroundingChunk(Message):
    web: Source | None = None
    retrieved_context: Source | None = None
    maps: Source | None = None
    image: Source | None = None


class GroundingMetadata(Message):
    grounding_chunks: list[GroundingChunk] | None = None
    grounding_supports: list[GroundingSupport] | None = None
    web_search_queries: Any = None
    image_search_queries: Any = None
    retrieval_queries: Any = None
    search_entry_point: Any = None
    retrieval_metadata: Any = None
    google_maps_widget_context_token: str | None = None
    source_flagging_uris: Any = None


class CitationSource(Message):
    start_index: Count = 0
    end_index: Count | None = None
    uri: str | None = None
    title: str | None = None
    license: str | None = None
    publication_date: Any = None


class CitationMetadata(Message):
    citation_sources: list[CitationSource] | None = None
    citations: list[CitationSource] | None = None


class Chance(Message):
    token: str = ""
    log_probability: float = 0.0
    token_id: Whole | None = None


class TopChances(Message):
    candidates: list[Chance] | None = None


class LogprobsResult(Message):
    chosen_candidates: list[Chance] | None = None
    top_candidates: list[TopChances] | None = None
    log_probability_sum: float | None = None


class Candidate(Message):
    content: Content | None = None
    finish_reason: str | None = None
    finish_message: str | None = None
    index: Count | None = None
    grounding_metadata: GroundingMetadata | None = None
    citation_metadata: CitationMetadata | None = None
    logprobs_result: LogprobsResult | None = None
    avg_logprobs: float | None = None
    token_count: Count | None = None
    safety_ratings: Any = None
    url_context_metadata: Any = None
    grounding_attributions: Any = None
    continuation_token: str | None = None


class PromptFeedback(Message):
    block_reason: str | None = None
    block_reason_message: str | None = None
    safety_ratings: Any = None


class UsageMetadata(Message):
    prompt_token_count: Count = 0
    candidates_token_count: Count | None = None
    response_token_count: Count | None = None
    thoughts_token_count: Count | None = None
    cached_content_token_count: Count | None = None
    tool_use_prompt_token_count: Count | None = None
    total_token_count: Count | None = None
    service_tier: str | None = None
    traffic_type: str | None = None
    prompt_tokens_details: Any = None
    candidates_tokens_details: Any = None
    response_tokens_details: Any = None
    cache_tokens_details: Any = None
    tool_use_prompt_tokens_details: Any = None


class Response(Message):
    candidates: list[Candidate] | None = None
    prompt_feedback: PromptFeedback | None = None
    usage_metadata: UsageMetadata | None = None
    model_version: str | None = None
    response_id: str | None = None
    create_time: str | None = None
    model_status: Any = None


REQUEST: GoogleShape[Request] = GoogleShape(Request, where="request")
RESPONSE: GoogleShape[Response] = GoogleShape(Response, where="response")
