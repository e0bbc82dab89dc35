"""What the service insists on beyond the shape of a message.

https://ai.google.dev/api/generate-content
https://ai.google.dev/gemini-api/docs/thought-signatures
"""

import re
from collections.abc import Iterator
from typing import Any

from providers.sandbox.gemini import refusals

_REQUEST = "GenerateContentRequest"
_CONFIG = f"{_REQUEST}.generation_config"

_ROLES = frozenset({None, "", "user", "model", "function"})
_DATA = frozenset(
    {
        "text",
        "inlineData",
        "fileData",
        "functionCall",
        "functionResponse",
        "executableCode",
        "codeExecutionResult",
        "toolCall",
        "toolResponse",
    }
)
_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "topP": (0, 1),
    "topK": (1, 1000),
    "candidateCount": (1, 8),
    "maxOutputTokens": (1, 1_000_000),
    "presencePenalty": (-2, 2),
    "frequencyPenalty": (-2, 2),
    "logprobs": (0, 20),
}
_MIME_TYPES = frozenset({"text/plain", "application/json", "text/x.enum"})
_MOST_STOPS = 5
_FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")


def check_generate(body: dict[str, Any], model: str) -> None:
    contents = body.get("contents") or []
    if not contents:
        raise refusals.rule_broken(f"{_REQUEST}.contents", "contents is not specified")
    for index, content in enumerate(contents):
        _check_content(content, f"{_REQUEST}.contents[{index}]")
    if body.get("systemInstruction"):
        _check_content(body["systemInstruction"], f"{_REQUEST}.system_instruction")
    _check_calls(contents)
    if model.startswith("models/gemini-3"):
        _check_signatures(contents)
    _check_tools(body)
    _check_config(
        body.get("generationConfig") or {}, has_tools=bool(body.get("tools")), model=model
    )


def check_embed(body: dict[str, Any], _: str) -> None:
    content = body.get("content")
    if not content:
        raise refusals.rule_broken("EmbedContentRequest.content", "content is required")
    _check_content(content, "EmbedContentRequest.content")
    config = body.get("embedContentConfig") or {}
    wanted = body.get("outputDimensionality") or config.get("outputDimensionality")
    if wanted is not None and not 1 <= wanted <= 3072:
        what = "output_dimensionality must be in the range [1, 3072]."
        raise refusals.rule_broken("EmbedContentRequest.output_dimensionality", what)


def _check_content(content: dict[str, Any], path: str) -> None:
    if content.get("role") not in _ROLES:
        raise refusals.refusal(400, "Please use a valid role: user, model.")
    parts = content.get("parts") or []
    if not parts:
        raise refusals.rule_broken(f"{path}.parts", "contents.parts must not be empty.")
    for index, part in enumerate(parts):
        data = [name for name, value in part.items() if name in _DATA and value is not None]
        if not data and not part.get("thoughtSignature"):
            what = "required oneof field 'data' must have one initialized field"
            raise refusals.rule_broken(f"{path}.parts[{index}].data", what)
        if len(data) > 1:
            what = f"oneof field 'data' is already set. Cannot set '{data[1]}'"
            raise refusals.rule_broken(f"{path}.parts[{index}]", what)


def _check_calls(contents: list[dict[str, Any]]) -> None:
    """Every turn of function responses answers the calls of the turn before it."""
    before: list[Any] = []
    for content in contents:
        answers = _parts(content, "functionResponse")
        if answers and len(answers) != len(before):
            raise refusals.refusal(
                400,
                "Please ensure that the number of function response parts is equal to the number"
                " of function call parts of the function call turn.",
            )
        before = _parts(content, "functionCall")


def _check_signatures(contents: list[dict[str, Any]]) -> None:
    """In the current turn the first call of every step must carry the signature of its thought."""
    for content in _current_turn(contents):
        calls = _parts(content, "functionCall")
        if calls and not calls[0].get("thoughtSignature"):
            name = calls[0]["functionCall"].get("name")
            raise refusals.refusal(
                400,
                "Function call is missing a thought_signature in functionCall parts. This is"
                " required for tools to work correctly, and missing thought_signature may lead to"
                f" degraded model performance. Additional data, function call `{name}`.",
            )


def _current_turn(contents: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What came after the last thing that the user said, from its end."""
    for content in reversed(contents):
        if content.get("role") != "model" and not _parts(content, "functionResponse"):
            return
        yield content


def _check_tools(body: dict[str, Any]) -> None:
    names = set()
    for tool in body.get("tools") or ():
        for index, function in enumerate(tool.get("functionDeclarations") or ()):
            path = f"{_REQUEST}.tools[0].function_declarations[{index}]"
            name = function.get("name") or ""
            if not _FUNCTION_NAME.fullmatch(name):
                raise refusals.rule_broken(f"{path}.name", "Invalid function name.")
            if name in names:
                raise refusals.refusal(400, f"Duplicate function declaration found: {name}")
            if function.get("parameters") and function.get("parametersJsonSchema"):
                what = "parameters and parameters_json_schema cannot both be set."
                raise refusals.rule_broken(path, what)
            names.add(name)
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    _check_calling(calling, names)


def _check_calling(calling: dict[str, Any], names: set[str]) -> None:
    path = f"{_REQUEST}.tool_config.function_calling_config"
    mode = (calling.get("mode") or "").upper()
    allowed = calling.get("allowedFunctionNames") or []
    if mode in ("ANY", "VALIDATED") and not names:
        message = "Function calling config is set without function_declarations."
        raise refusals.refusal(400, message)
    if allowed and mode not in ("ANY", "VALIDATED"):
        what = "allowed_function_names must only be set when the mode is ANY or VALIDATED."
        raise refusals.rule_broken(f"{path}.allowed_function_names", what)
    for name in allowed:
        if name not in names:
            what = f"allowed_function_names has {name}, which is not declared."
            raise refusals.rule_broken(f"{path}.allowed_function_names", what)


def _check_config(config: dict[str, Any], *, has_tools: bool, model: str) -> None:
    for name in sorted(_RANGES.keys() & config.keys()):
        value, (least, most) = config[name], _RANGES[name]
        if value is not None and not least <= value <= most:
            what = f"{name} must be in the range [{least:g}, {most:g}]."
            raise refusals.rule_broken(f"{_CONFIG}.{name}", what)
    if len(config.get("stopSequences") or ()) > _MOST_STOPS:
        what = f"at most {_MOST_STOPS} stop sequences are allowed."
        raise refusals.rule_broken(f"{_CONFIG}.stop_sequences", what)
    if config.get("logprobs") is not None and not config.get("responseLogprobs"):
        what = "logprobs requires response_logprobs to be true."
        raise refusals.rule_broken(f"{_CONFIG}.logprobs", what)
    _check_thinking(config.get("thinkingConfig") or {}, model)
    _check_output(config, has_tools=has_tools, model=model)


def _check_thinking(thinking: dict[str, Any], model: str) -> None:
    """https://ai.google.dev/gemini-api/docs/thinking"""
    budget, level = thinking.get("thinkingBudget"), thinking.get("thinkingLevel")
    if budget is not None and level is not None:
        message = "You can only set only one of thinking budget and thinking level."
        raise refusals.refusal(400, message)
    if level is not None and not model.startswith("models/gemini-3"):
        raise refusals.refusal(400, "Thinking level is not supported for this model.")
    if budget == 0 and model.startswith("models/gemini-2.5-pro"):
        message = "Budget 0 is invalid. This model only works in thinking mode."
        raise refusals.refusal(400, message)
    wants_thoughts = budget or thinking.get("includeThoughts")
    if wants_thoughts and model.startswith(("models/gemini-1.", "models/gemini-2.0")):
        message = "Unable to submit request because Thinking is not supported by this model."
        raise refusals.refusal(400, message)


def _check_output(config: dict[str, Any], *, has_tools: bool, model: str) -> None:
    mime = config.get("responseMimeType") or "text/plain"
    if mime not in _MIME_TYPES:
        what = f"allowed mimetypes are {sorted(_MIME_TYPES)}."
        raise refusals.rule_broken(f"{_CONFIG}.response_mime_type", what)
    schemas = [name for name in ("responseSchema", "responseJsonSchema") if config.get(name)]
    if schemas and mime == "text/plain":
        what = "only allowed when response_mime_type is 'application/json' or 'text/x.enum'."
        raise refusals.rule_broken(f"{_CONFIG}.response_schema", what)
    if len(schemas) > 1:
        what = "response_schema and response_json_schema cannot both be set."
        raise refusals.rule_broken(f"{_CONFIG}.response_schema", what)
    if has_tools and mime != "text/plain" and not model.startswith("models/gemini-3"):
        message = f"Function calling with a response mime type: '{mime}' is unsupported"
        raise refusals.refusal(400, message)


def _parts(content: dict[str, Any], kind: str) -> list[Any]:
    return [part for part in content.get("parts") or () if part.get(kind) is not None]
