"""For each feature a neutral form that has it and little else, to see what becomes of it."""

from typing import Any

import msgspec

from providers.records.chat import (
    CachePoint,
    Citation,
    Inline,
    Link,
    Media,
    Reasoning,
    SchemaOutput,
    Stored,
    Text,
    ToolResult,
)
from providers.records.embeddings import EmbeddingRequest
from tests.golden import neutral
from tests.translation import golden
from tests.translation.bodies import Spoken

SETTING_CASES: dict[str, tuple[tuple[str, str], ...]] = {
    "max_tokens": (("", "text"),),
    "temperature": (("", "temperature"), ("Temperature above 1", "hot")),
    "top_p": (("", "top_p"),),
    "top_k": (("", "top_k"),),
    "stop": (("", "stop"),),
    "candidates": (("", "several"),),
    "seed": (("", "seed"),),
    "frequency_penalty": (("", "penalties"),),
    "presence_penalty": (("", "penalties"),),
    "logit_bias": (("", "logit_bias"),),
    "logprobs": (("", "logprobs"),),
    "output": (("JSON mode", "json"), ("JSON Schema", "schema")),
    "tool_choice": (
        ("Any tool", "tool_required"),
        ("One tool", "tool_one"),
        ("One of some tools", "tool_some"),
        ("No tool", "tool_none"),
    ),
    "parallel_tool_calls": (("One tool call at a time", "tool_serial"),),
    "reasoning": (
        ("Reasoning by effort", "effort"),
        ("Reasoning by budget", "budget"),
        ("No reasoning", "effort_none"),
    ),
    "verbosity": (("", "verbosity"),),
    "user": (("", "user"),),
    "metadata": (("", "metadata"),),
    "service_tier": (("", "tier"),),
    "cache_key": (("", "cache_key"),),
}
DETAIL_CASES = {
    "reasoning.show": "shown",
    "output.name": "described",
    "output.description": "described",
    "output.strict": "described",
}
PART_CASES = {
    "system": "system",
    "system_later": "system_later",
    "text": "text",
    "participant": "participant",
    "image": "image",
    "image_link": "image_link",
    "image_file": "image_file",
    "document": "document",
    "document_link": "document_link",
    "document_file": "document_file",
    "document_name": "document",
    "document_context": "document_context",
    "document_citations": "document_citations",
    "audio": "audio",
    "audio_link": "audio_link",
    "audio_file": "audio_file",
    "video": "video",
    "video_link": "video_link",
    "video_file": "video_file",
    "media_detail": "image_detail",
    "tools": "tools",
    "tool_strict": "tool_strict",
    "tool_call": "tool_call",
    "tool_result": "tool_call",
    "tool_result_image": "tool_image",
    "tool_result_document": "tool_document",
    "tool_result_error": "tool_error",
    "thinking": "thinking",
    "refusal": "refusal",
    "citations": "citations",
    "cache_point": "cache_point",
}
ANSWER_CASES = {
    "answer.text": "text",
    "answer.thinking": "thinking",
    "answer.signature": "thinking",
    "answer.redacted_thinking": "redacted",
    "answer.tool_call": "tool_call",
    "answer.refusal": "refusal",
    "answer.citations": "web_citation",
    "answer.media": "media",
    "answer.other": "other",
    "answer.logprobs": "logprobs",
    "answer.candidates": "several",
    "answer.stop_sequence": "stop_sequence",
    "answer.finish": "text",
    "answer.detail": "detail",
    "answer.id": "text",
    "answer.model": "text",
    "answer.created": "text",
    "answer.service_tier": "tier",
    "answer.usage": "text",
    "usage.cached": "cached",
    "usage.cache_written": "cached",
    "usage.reasoning": "thinking",
}
EMBEDDING_CASES = {
    "embedding.dimensions": "dimensions",
    "embedding.purpose": "purpose",
    "embedding.title": "purpose",
    "embedding.normalize": "normalize",
    "embedding.truncate": "truncate",
    "embedding.user": "user",
    "embedding.several": "many",
}


def _asking(*parts: Any) -> Any:
    return neutral.request(neutral.user(*parts, "What is it?"))


_PDF = Inline(neutral.PDF)
_REQUESTS = {
    "temperature": neutral.request(neutral.QUESTION, temperature=0.7),
    "top_p": neutral.request(neutral.QUESTION, top_p=0.9),
    "stop": neutral.request(neutral.QUESTION, stop=["END"]),
    "cache_point": neutral.request(neutral.user("A long text.", CachePoint(), "What is it?")),
    "shown": neutral.request(
        neutral.QUESTION, reasoning=Reasoning("medium", show=True), max_tokens=20_000
    ),
    "described": neutral.request(
        neutral.QUESTION,
        output=SchemaOutput(neutral.PERSON_SCHEMA, "person", "Who it is", strict=True),
    ),
    "audio_file": _asking(Media("audio", Stored("file-1"))),
    "video_file": _asking(Media("video", Stored("file-1"))),
    "image_file": _asking(Media("image", Stored("file-1"))),
    "document_file": _asking(Media("document", Stored("file-1"))),
    "document_context": _asking(Media("document", _PDF, "application/pdf", context="Of May")),
    "document_citations": _asking(Media("document", _PDF, "application/pdf", cite=True)),
    "audio_link": _asking(Media("audio", Link("https://example.com/a.wav"), "audio/wav")),
    "video_link": _asking(Media("video", Link("https://example.com/a.mp4"), "video/mp4")),
    "tool_document": neutral.request(
        neutral.QUESTION,
        neutral.assistant(neutral.CALL),
        neutral.user(
            ToolResult(neutral.CALL.id, [Text("Here"), Media("document", _PDF, "application/pdf")])
        ),
        tools=[neutral.WEATHER],
    ),
    "citations": neutral.request(
        neutral.user("Who pays?"),
        neutral.assistant(
            Text("Ada.", (Citation(title="Bills", url="https://example.com/bills", quote="Ada"),))
        ),
        neutral.user("How much?"),
    ),
}
_ANSWERS = {
    "media": neutral.answer("Here", Media("image", Inline(neutral.PNG), "image/png")),
    "other": neutral.answer("Here", ToolResult("call_1", [Text("21")])),
    "detail": neutral.answer("The first", finish="content_filter", detail="Somebody may be hurt"),
    "stop": neutral.ANSWERS["text"],
    "content_filter": neutral.ANSWERS["filtered"],
    "context_length": neutral.ANSWERS["context"],
    "prompt_blocked": neutral.ANSWERS["blocked"],
    "malformed_tool_call": neutral.ANSWERS["broken_call"],
    "error": neutral.answer(finish="error"),
}
_EMBEDDINGS = {
    "normalize": EmbeddingRequest(neutral.MODEL, ["The quick brown fox"], {"normalize": True}),
    "truncate": EmbeddingRequest(neutral.MODEL, ["The quick brown fox"], {"truncate": "end"}),
    "user": EmbeddingRequest(neutral.MODEL, ["The quick brown fox"], {"user": "user-7f3a"}),
}


def request_with(spoken: Spoken, case: str) -> Any:
    return _meant(spoken, {**neutral.REQUESTS, **_REQUESTS}[case])


def answer_with(spoken: Spoken, case: str) -> Any:
    """Seals are a stranger's: an answer comes from another vendor, or it would not be translated."""
    value = {**neutral.ANSWERS, **_ANSWERS}[case]
    return golden.meant(value, by="somebody else", model=spoken.model)


def embedding_with(spoken: Spoken, case: str) -> Any:
    return _meant(spoken, {**neutral.EMBEDDINGS, **_EMBEDDINGS}[case])


def _meant(spoken: Spoken, value: msgspec.Struct) -> Any:
    return golden.meant(value, by="somebody else", model=spoken.model)
