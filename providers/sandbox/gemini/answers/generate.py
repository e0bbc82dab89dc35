"""Generated content: https://ai.google.dev/api/generate-content#generatecontentresponse"""

from base64 import b64encode
from typing import Any

import msgspec

from providers.sandbox import words
from providers.sandbox.directives import Directives
from providers.sandbox.gemini.answers.schemas import json_schema
from providers.sandbox.schema_samples import sample

# How the words for an end that all vendors know are said here.
_FINISH = {"length": "MAX_TOKENS", "content_filter": "SAFETY"}
_WITHOUT_CONTENT = frozenset(
    {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL"}
)
_THINKING_MODELS = ("models/gemini-2.5", "models/gemini-3")
_SIGNING_MODELS = "models/gemini-3"
_THOUGHT = "Sandbox thoughts about the question."
_CATEGORY = "HARM_CATEGORY_DANGEROUS_CONTENT"


def answer(body: dict[str, Any], model: str, order: Directives, digest: str) -> dict[str, Any]:
    prompt = max(1, words.tokens(sum(len(words.join_texts(c["parts"])) for c in body["contents"])))
    shared = {"modelVersion": model.removeprefix("models/"), "responseId": digest[:23]}
    if order.refusal:
        feedback = {
            "blockReason": "PROHIBITED_CONTENT",
            "safetyRatings": [_rating(is_blocked=True)],
        }
        return {"promptFeedback": feedback, "usageMetadata": _usage(prompt), **shared}
    config = body.get("generationConfig") or {}
    candidate, written = _candidate(body, config, model, order, digest)
    count = config.get("candidateCount") or 1
    thoughts = words.tokens(len(_THOUGHT)) if _thinks(config, model) else 0
    return {
        "candidates": [{**candidate, "index": index} for index in range(count)],
        "usageMetadata": _usage(prompt, written * count, thoughts),
        **shared,
    }


def _candidate(
    body: dict[str, Any], config: dict[str, Any], model: str, order: Directives, digest: str
) -> tuple[dict[str, Any], int]:
    """A candidate, and how many tokens it has."""
    parts, finish = _parts(body, config, model, order, digest)
    if order.finish:
        finish = _FINISH.get(order.finish, order.finish.upper())
    if finish in _WITHOUT_CONTENT:
        return {"finishReason": finish, "safetyRatings": [_rating(is_blocked=True)]}, 0
    written = sum(words.tokens(len(part.get("text") or str(part))) for part in parts)
    if _thinks(config, model) and (config.get("thinkingConfig") or {}).get("includeThoughts"):
        parts = [{"text": _THOUGHT, "thought": True}, *parts]
    candidate: dict[str, Any] = {
        "content": {"parts": parts, "role": "model"},
        "finishReason": finish,
    }
    if config.get("responseLogprobs"):
        candidate.update(_logprobs(parts, config.get("logprobs")))
    return candidate, written


def _parts(
    body: dict[str, Any], config: dict[str, Any], model: str, order: Directives, digest: str
) -> tuple[list[dict[str, Any]], str]:
    """What the model says, and why it stopped."""
    function = _function_to_call(body, order)
    if function is not None:
        return [_call(function, model, digest)], "STOP"
    text, is_cut = words.shorten(_text(body, config, order), config.get("maxOutputTokens"))
    return [{"text": text}], "MAX_TOKENS" if is_cut else "STOP"


def _text(body: dict[str, Any], config: dict[str, Any], order: Directives) -> str:
    text = words.reply(order, _last_user_text(body["contents"]))
    schema = config.get("responseJsonSchema") or json_schema(config.get("responseSchema"))
    mime = config.get("responseMimeType")
    for asked in config.get("responseFormat") or ():
        schema = (asked.get("text") or {}).get("schema") or schema
    if mime == "text/x.enum":
        return str(sample(schema))
    if schema:
        return msgspec.json.encode(sample(schema)).decode()
    if mime == "application/json":
        return msgspec.json.encode({"answer": text}).decode()
    return text


def _last_user_text(contents: list[dict[str, Any]]) -> str:
    for content in reversed(contents):
        if content.get("role") != "model" and (text := words.join_texts(content["parts"])):
            return text
    return ""


def _function_to_call(body: dict[str, Any], order: Directives) -> dict[str, Any] | None:
    functions: list[dict[str, Any]] = [
        function
        for tool in body.get("tools") or ()
        for function in tool.get("functionDeclarations") or ()
    ]
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    allowed = calling.get("allowedFunctionNames")
    if allowed:
        functions = [function for function in functions if function["name"] in allowed]
    mode = (calling.get("mode") or "AUTO").upper()
    must_call = mode == "ANY" or (order.tool and mode != "NONE")
    return functions[0] if functions and must_call else None


def _call(function: dict[str, Any], model: str, digest: str) -> dict[str, Any]:
    schema = function.get("parametersJsonSchema") or json_schema(function.get("parameters"))
    args = sample(schema)
    call = {"name": function["name"], "args": args if isinstance(args, dict) else {}}
    if not model.startswith(_SIGNING_MODELS):
        return {"functionCall": call}
    signature = b64encode(f"sandbox:{digest}".encode()).decode()
    return {"functionCall": {**call, "id": digest[:8]}, "thoughtSignature": signature}


def _thinks(config: dict[str, Any], model: str) -> bool:
    budget = (config.get("thinkingConfig") or {}).get("thinkingBudget")
    return model.startswith(_THINKING_MODELS) and budget != 0


def _logprobs(parts: list[dict[str, Any]], top: int | None) -> dict[str, Any]:
    text = parts[-1].get("text") or ""
    chosen = {"token": text, "tokenId": 1, "logProbability": -0.01}
    result: dict[str, Any] = {"chosenCandidates": [chosen]}
    if top:
        result["topCandidates"] = [{"candidates": [chosen]}]
    return {"avgLogprobs": -0.01, "logprobsResult": result}


def _rating(*, is_blocked: bool) -> dict[str, Any]:
    return {"category": _CATEGORY, "probability": "HIGH", "blocked": is_blocked}


def _usage(prompt: int, written: int = 0, thoughts: int = 0) -> dict[str, Any]:
    usage: dict[str, Any] = {"promptTokenCount": prompt}
    if written:
        usage["candidatesTokenCount"] = written
    if thoughts:
        usage["thoughtsTokenCount"] = thoughts
    usage["totalTokenCount"] = prompt + written + thoughts
    usage["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": prompt}]
    return usage
