"""The body of generateContent. https://ai.google.dev/api/generate-content"""

from collections.abc import Iterable
from typing import Any, ClassVar

from providers.gemini.generate import (
    answer,
    citations,
    request,
    settings,
    tool_results,
    tools,
    usage,
    wire,
)
from providers.gemini.generate.parts import ALONE as ALONE_IN_PARTS
from providers.gemini.generate.parts import PART
from providers.gemini.models import model_of
from providers.gemini.names import Message
from providers.records import Asked, Losses, ProviderBody, Subject
from providers.records.chat import ChatAnswer, ChatRequest
from providers.records.rules import Rule, words_of

CANDIDATE = "candidates[]"
GROUNDING = f"{CANDIDATE}.groundingMetadata"
ANSWER_PART = "candidates[].content.parts[]"


def _paths(struct: type[Message], names: Iterable[str], where: str) -> dict[str, str]:
    said = dict(zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True))
    return {name: where + said[name] for name in names}


WORDS: dict[str, str] = {
    **_paths(wire.Request, request.ALONE, ""),
    **_paths(wire.GenerationConfig, settings.ALONE, "generationConfig."),
    **_paths(wire.GenerationConfig, ("response_format",), "generationConfig."),
    **_paths(wire.Part, ALONE_IN_PARTS, f"{PART}."),
    **_paths(wire.Tool, tools.BUILT_IN, "tools[]."),
    **_paths(
        wire.FunctionDeclaration,
        tools.ALONE_IN_DECLARATIONS,
        "tools[].functionDeclarations[].",
    ),
    **_paths(wire.ToolConfig, tools.ALONE_IN_CONFIG, "toolConfig."),
    **_paths(
        wire.FunctionCallingConfig,
        tools.ALONE_IN_CALLING,
        "toolConfig.functionCallingConfig.",
    ),
    **_paths(wire.FunctionResponse, tool_results.ALONE, f"{PART}.functionResponse."),
    **_paths(wire.Response, answer.ALONE, ""),
    **_paths(wire.Candidate, answer.ALONE_IN_CANDIDATES, f"{CANDIDATE}."),
    **_paths(wire.PromptFeedback, ("block_reason_message",), "promptFeedback."),
    **_paths(wire.UsageMetadata, usage.ALONE, "usageMetadata."),
    **_paths(wire.GroundingMetadata, citations.ALONE_IN_GROUNDING, f"{GROUNDING}."),
    **_paths(wire.Source, citations.ALONE_IN_SOURCES, f"{GROUNDING}.groundingChunks[]."),
    **_paths(
        wire.CitationSource,
        citations.ALONE_IN_RECITATION,
        f"{CANDIDATE}.citationMetadata.citationSources[].",
    ),
    **_paths(wire.Chance, ("token_id",), f"{CANDIDATE}.logprobsResult.chosenCandidates[]."),
    **{
        f"answer.{name}": path
        for name, path in _paths(wire.Part, ALONE_IN_PARTS, f"{ANSWER_PART}.").items()
    },
    **words_of(settings.SETTINGS),
    "output": "generationConfig.responseMimeType",
    "reasoning.show": "generationConfig.thinkingConfig.includeThoughts",
    "system": "systemInstruction",
    "text": f"{PART}.text",
    "image": f"{PART}.inlineData",
    "image_link": f"{PART}.fileData",
    "image_file": f"{PART}.fileData",
    "document": f"{PART}.inlineData",
    "document_link": f"{PART}.fileData",
    "document_file": f"{PART}.fileData",
    "document_name": f"{PART}.inlineData.displayName",
    "audio": f"{PART}.inlineData",
    "audio_link": f"{PART}.fileData",
    "audio_file": f"{PART}.fileData",
    "video": f"{PART}.inlineData",
    "video_link": f"{PART}.fileData",
    "video_file": f"{PART}.fileData",
    "media_detail": f"{PART}.mediaResolution",
    "tools": "tools[].functionDeclarations",
    "tool_strict": "toolConfig.functionCallingConfig.mode",
    "tool_call": f"{PART}.functionCall",
    "tool_result": f"{PART}.functionResponse",
    "tool_result_image": f"{PART}.functionResponse.parts",
    "tool_result_document": f"{PART}.functionResponse.parts",
    "tool_result_error": f"{PART}.functionResponse.response.error",
    "thinking": f"{PART}.thought",
    "thought_signature": f"{PART}.thoughtSignature",
    "answer.text": f"{ANSWER_PART}.text",
    "answer.thinking": f"{ANSWER_PART}.thought",
    "answer.signature": f"{ANSWER_PART}.thoughtSignature",
    "answer.tool_call": f"{ANSWER_PART}.functionCall",
    "answer.citations": f"{CANDIDATE}.groundingMetadata",
    "answer.media": f"{ANSWER_PART}.inlineData",
    "answer.logprobs": f"{CANDIDATE}.logprobsResult",
    "answer.candidates": "candidates",
    "answer.finish": f"{CANDIDATE}.finishReason",
    "answer.detail": f"{CANDIDATE}.finishMessage",
    "answer.id": "responseId",
    "answer.model": "modelVersion",
    "answer.service_tier": "usageMetadata.serviceTier",
    "answer.usage": "usageMetadata",
    "usage.cached": "usageMetadata.cachedContentTokenCount",
    "usage.reasoning": "usageMetadata.thoughtsTokenCount",
}


class Generate(ProviderBody[ChatRequest, ChatAnswer]):
    """A chat, as Gemini's clients ask and Gemini answers."""

    name = "gemini.generateContent"
    subject: ClassVar[Subject | None] = "chat"
    words = WORDS
    settings: ClassVar[dict[str, Rule]] = settings.SETTINGS

    def parse_request(self, raw: bytes, losses: Losses) -> ChatRequest:
        return request.parse_request(raw, losses)

    def render_request(self, question: ChatRequest, losses: Losses) -> dict[str, Any]:
        return request.render_request(question, losses)

    def parse_answer(self, raw: bytes, losses: Losses) -> ChatAnswer:
        return answer.parse_answer(raw, losses)

    def render_answer(self, told: ChatAnswer, asked: Asked, losses: Losses) -> dict[str, Any]:
        return answer.render_answer(told, asked, losses)

    def model_of(self, raw: bytes) -> str | None:
        return model_of(raw)


GENERATE = Generate()
