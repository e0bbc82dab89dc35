"""Where each dialect puts its word for an end or a failure."""

from typing import Any

FINISHES = (
    ("choices", 0, "finish_reason"),  # OpenAI Chat Completions
    ("incomplete_details", "reason"),  # OpenAI Responses
    ("status",),
    ("stop_reason",),  # Anthropic
    ("candidates", 0, "finishReason"),  # Gemini
    ("promptFeedback", "blockReason"),
    ("stopReason",),  # Bedrock
)
FAILURES = (
    ("response", "body", "error", "code"),  # OpenAI, where the provider answered
    ("error", "errorCode"),  # Bedrock
    ("error", "status"),  # Gemini
    ("error", "code"),  # OpenAI, where nothing was sent, and Gemini
    ("result", "error", "error", "type"),  # Anthropic
    ("result", "type"),
)


def finish_word(answer: Any) -> str:
    return _first(answer, FINISHES)


def failure_word(line: Any) -> str:
    return _first(line, FAILURES)


def _first(value: Any, paths: tuple[tuple[str | int, ...], ...]) -> str:
    found = (_at(value, path) for path in paths)
    return next(str(word) for word in found if word is not None)


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value
