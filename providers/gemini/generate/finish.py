"""Why an answer ended. https://ai.google.dev/api/generate-content#FinishReason"""

from providers.records import Losses
from providers.records.chat import Choice, Finish

DEFAULT_BLOCK = "SAFETY"

# With MODEL_ARMOR, CONTINUATION and PUP_LIMITED_DISABLED, which only Google's SDK has
FINISHES: dict[str, Finish | None] = {
    "FINISH_REASON_UNSPECIFIED": None,
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "ESCALATION": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "PUP_LIMITED_DISABLED": "content_filter",
    "MALFORMED_FUNCTION_CALL": "malformed_tool_call",
    "UNEXPECTED_TOOL_CALL": "malformed_tool_call",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
    "MALFORMED_RESPONSE": "error",
    "OTHER": "error",
    "IMAGE_OTHER": "error",
    "NO_IMAGE": "error",
    "CONTINUATION": "paused",
}
REASONS: dict[Finish, str] = {
    "stop": "STOP",
    "stop_sequence": "STOP",
    "tool_calls": "STOP",
    "length": "MAX_TOKENS",
    "context_length": "MAX_TOKENS",
    "content_filter": "SAFETY",
    "refusal": "SAFETY",
    "prompt_blocked": "SAFETY",
    "malformed_tool_call": "MALFORMED_FUNCTION_CALL",
    "paused": "OTHER",  # its own word asks the client to go on with a token that only Google has
    "error": "OTHER",
}

# https://ai.google.dev/api/generate-content#BlockReason, and two that only Google's SDK has
BLOCKS = frozenset(
    {"BLOCK_REASON_UNSPECIFIED", "BLOCKED_REASON_UNSPECIFIED", "SAFETY", "OTHER", "BLOCKLIST"}
    | {"PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK"}
)
SAID_BLOCKS = ("SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY")
ONLY_THE_SDKS = frozenset({"MODEL_ARMOR", "CONTINUATION", "PUP_LIMITED_DISABLED"})


def parse_finish(reason: str | None, message: str | None) -> tuple[Finish | None, str | None]:
    """The finish, and what Gemini says beyond it. A word that nobody knew yet is an error."""
    if reason is None:
        return None, message
    finish = FINISHES.get(reason, "error")
    exact = finish is None or REASONS[finish] == reason
    return finish, message if exact else reason


def render_finish(choice: Choice, losses: Losses) -> dict[str, str]:
    """Gemini's word for a finish, and the detail beside it: the word itself, or an explanation."""
    if choice.stop_sequence is not None:
        losses.drop("answer.stop_sequence")
    finish, detail = choice.finish, choice.detail
    if finish is None:
        return {} if detail is None else {"finishMessage": detail}
    if detail in FINISHES and FINISHES[detail] == finish and detail not in ONLY_THE_SDKS:
        return {"finishReason": detail}
    said = {"finishReason": REASONS[finish]}
    if detail is not None:
        said["finishMessage"] = detail
    return said


def render_block(choice: Choice, losses: Losses) -> dict[str, str]:
    """Why a prompt was blocked."""
    if choice.detail in SAID_BLOCKS:
        return {"blockReason": choice.detail}
    if choice.detail is not None:
        losses.drop("answer.detail")
    return {"blockReason": DEFAULT_BLOCK}
