"""The tables of docs/translation.md: which features stand together, and how their paths are shortened."""

ASKED: dict[str, tuple[str, ...]] = {
    "sampling": (
        *("max_tokens", "stop", "temperature", "top_p", "top_k", "seed", "frequency_penalty"),
        *("presence_penalty", "logit_bias", "logprobs", "candidates"),
    ),
    "output": (
        *("output", "output.name", "output.description", "output.strict", "verbosity"),
        *("reasoning", "reasoning.show"),
    ),
    "conversation": (
        *("system", "system_later", "text", "participant", "thinking", "refusal", "citations"),
        "cache_point",
    ),
    "media": (
        *("image", "image_link", "image_file", "media_detail", "document", "document_link"),
        *("document_file", "document_name", "document_context", "document_citations", "audio"),
        *("audio_link", "audio_file", "video", "video_link", "video_file"),
    ),
    "tools": (
        *("tools", "tool_strict", "tool_choice", "parallel_tool_calls", "tool_call"),
        *("tool_result", "tool_result_image", "tool_result_document", "tool_result_error"),
    ),
    "account": ("user", "metadata", "service_tier", "cache_key"),
}
"""By the place in table.md."""

ANSWERED: dict[str, tuple[str, ...]] = {
    "said": (
        *("answer.text", "answer.thinking", "answer.signature", "answer.redacted_thinking"),
        *("answer.tool_call", "answer.refusal", "answer.citations", "answer.media"),
        *("answer.other", "answer.logprobs", "answer.candidates"),
    ),
    "told": (
        *("answer.finish", "answer.detail", "answer.stop_sequence", "answer.id", "answer.model"),
        *("answer.created", "answer.service_tier", "answer.usage", "usage.cached"),
        *("usage.cache_written", "usage.reasoning"),
    ),
}

SHORT: dict[str, tuple[str, ...]] = {
    "openai": ("messages[].content[].", "choices[].message.", "choices[]."),
    "anthropic": ("messages[].content[].",),
    "gemini": (
        *("generationConfig.", "contents[].parts[].", "candidates[].content.parts[]."),
        "candidates[].",
    ),
    "bedrock": ("inferenceConfig.", "messages[].content[].", "output.message.content[]."),
}
"""Where most of a dialect's fields stand, by the folder of its golden files. The first that fits counts."""
