"""The features of the neutral form: what a table of translations has a row for.

The keys are what rules, losses and the `words` of a body speak of.
"""

SETTINGS = {
    "max_tokens": "Longest answer",
    "temperature": "Temperature",
    "top_p": "Nucleus sampling",
    "top_k": "Top k sampling",
    "stop": "Stop sequences",
    "candidates": "Several answers",
    "seed": "Seed",
    "frequency_penalty": "Frequency penalty",
    "presence_penalty": "Presence penalty",
    "logit_bias": "Bias for tokens",
    "logprobs": "Log probabilities",
    "output": "JSON mode and JSON Schema",
    "tool_choice": "Choice of tools",
    "parallel_tool_calls": "Parallel tool calls",
    "reasoning": "Reasoning",
    "verbosity": "Verbosity",
    "user": "End user",
    "metadata": "Metadata",
    "service_tier": "Service tier",
    "cache_key": "Cache routing",
}

DETAILS = {
    "reasoning.show": "Thoughts in the answer",
    "output.name": "Name of a schema",
    "output.description": "Description of a schema",
    "output.strict": "Strict schema",
}
"""Parts of a setting that may be lost while the rest of it is said."""

PARTS = {
    "system": "Instructions before the conversation",
    "system_later": "Instructions in its middle",
    "text": "Text",
    "participant": "Name of a participant",
    "image": "Image in the record",
    "image_link": "Image by URL",
    "image_file": "Image by file id",
    "document": "Document in the record",
    "document_link": "Document by URL",
    "document_file": "Document by file id",
    "document_name": "Title of a document",
    "document_context": "Context of a document",
    "document_citations": "Citations of a document",
    "audio": "Sound in the record",
    "audio_link": "Sound by URL",
    "audio_file": "Sound by file id",
    "video": "Film in the record",
    "video_link": "Film by URL",
    "video_file": "Film by file id",
    "media_detail": "How closely to look",
    "tools": "Tools",
    "tool_strict": "Strict tools",
    "tool_call": "Tool call",
    "tool_result": "Tool result",
    "tool_result_image": "Image in a tool result",
    "tool_result_document": "Document in a tool result",
    "tool_result_error": "Failed tool",
    "thinking": "Earlier thoughts",
    "refusal": "Earlier refusal",
    "citations": "Earlier citations",
    "cache_point": "Cache point",
}

ANSWERS = {
    "answer.text": "Text",
    "answer.thinking": "Thoughts",
    "answer.signature": "Signatures of thoughts",
    "answer.redacted_thinking": "Redacted thoughts",
    "answer.tool_call": "Tool call",
    "answer.refusal": "Refusal",
    "answer.citations": "Citations",
    "answer.media": "Images and sound",
    "answer.other": "Any other part",
    "answer.logprobs": "Log probabilities",
    "answer.candidates": "Several answers",
    "answer.finish": "Why it ended",
    "answer.detail": "An explanation of that",
    "answer.stop_sequence": "The stop sequence that was hit",
    "answer.id": "Id",
    "answer.model": "Model",
    "answer.created": "Time",
    "answer.service_tier": "Service tier",
    "answer.usage": "Tokens of the question and of the answer",
    "usage.cached": "Tokens read from a cache",
    "usage.cache_written": "Tokens written to a cache",
    "usage.reasoning": "Tokens of reasoning",
}

EMBEDDINGS = {
    "embedding.dimensions": "Dimensions",
    "embedding.purpose": "Purpose",
    "embedding.title": "Title",
    "embedding.normalize": "Normalised vectors",
    "embedding.truncate": "Truncation",
    "embedding.user": "End user",
    "embedding.several": "Several texts in one record",
}
