"""The bodies of InvokeModel, which are each vendor's own.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

import re
from typing import Any

import msgspec

from providers.sandbox.anthropic.access import BEFORE_SAMPLING_WENT
from providers.sandbox.anthropic.answers import answer as answer_as_claude
from providers.sandbox.anthropic.judge import judge as judge_of_claude
from providers.sandbox.bedrock import refusals
from providers.sandbox.bedrock.families import plain
from providers.sandbox.bedrock.models import prompts
from providers.sandbox.bedrock.models.converse import answer as answer_as_converse
from providers.sandbox.bedrock.models.converse import check, read
from providers.sandbox.bedrock.models.model import Body, Model
from providers.sandbox.directives import Directives
from providers.sandbox.openai.endpoints import endpoint

_VERSION = "bedrock-2023-05-31"
_NOT_HERE = ("model", "stream", "service_tier")
_encode = msgspec.json.Encoder().encode


def _judge_claude(raw: bytes, model: str, _: bool) -> Body:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html"""
    body = read(raw)
    if body.get("anthropic_version") != _VERSION:
        word = "Field required" if "anthropic_version" not in body else "Invalid value"
        raise refusals.invalid(f"anthropic_version: {word}")
    for name in _NOT_HERE:
        if name in body:
            raise refusals.invalid(f"{name}: Extra inputs are not permitted")
    del body["anthropic_version"]
    betas = body.pop("anthropic_beta", [])
    if _has_link(body.get("messages")):
        raise refusals.invalid("messages: URL sources are not supported")
    name = re.sub(r"(-v\d+)?(:\d+)?$", "", plain(model)).removeprefix("anthropic.")
    check = judge_of_claude(BEFORE_SAMPLING_WENT, has_betas=bool(betas))
    return check(_encode({**body, "model": name}))


def _has_link(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_link, value))
    if not isinstance(value, dict):
        return False
    source = value.get("source")
    is_link = isinstance(source, dict) and source.get("type") == "url"
    return is_link or _has_link(value.get("content"))


def _answer_as_claude(body: Body, _: str, order: Directives, digest: str) -> Body:
    said = answer_as_claude(body, order, digest)
    said["id"] = f"msg_bdrk_{digest[:24]}"
    return said


def _judge_gpt_oss(raw: bytes, model: str, _: bool) -> Body:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html"""
    body = read(raw)
    if body.get("stream"):
        raise refusals.invalid("stream: only false is supported")
    return endpoint("/v1/chat/completions").judge(_encode({**body, "model": plain(model)}))


def _answer_as_openai(body: Body, _: str, order: Directives, digest: str) -> Body:
    return endpoint("/v1/chat/completions").answer(body, order, digest)


class _Reasoning(msgspec.Struct, forbid_unknown_fields=True):
    type: str
    maxReasoningEffort: str | None = None


class _NovaInference(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    maxTokens: int | None = None
    max_new_tokens: int | None = None
    temperature: float | None = None
    topP: float | None = None
    top_p: float | None = None
    topK: int | None = None
    top_k: int | None = None
    stopSequences: list[str] | None = None
    reasoningConfig: _Reasoning | None = None


class _Nova(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    messages: list[dict[str, Any]]
    schemaVersion: str = "messages-v1"
    system: list[dict[str, Any]] | None = None
    inferenceConfig: _NovaInference | None = None
    toolConfig: dict[str, Any] | None = None
    reasoningConfig: _Reasoning | None = None


def _judge_nova(raw: bytes, model: str, _: bool) -> Body:
    """Messages and tools are Converse's: https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html"""
    asked = prompts.read(_Nova, raw)
    if asked.schemaVersion != "messages-v1":
        raise refusals.invalid("Malformed input request: schemaVersion must be messages-v1")
    body: Body = {"messages": asked.messages}
    if asked.system is not None:
        body["system"] = asked.system
    if asked.toolConfig is not None:
        body["toolConfig"] = asked.toolConfig
    inference = asked.inferenceConfig
    if inference is not None:
        body["inferenceConfig"] = {
            name: value
            for name, value in {
                "maxTokens": inference.maxTokens or inference.max_new_tokens,
                "temperature": inference.temperature,
                "topP": inference.topP or inference.top_p,
                "stopSequences": inference.stopSequences,
            }.items()
            if value is not None
        }
    check(body, model)
    return body


def _answer_as_nova(body: Body, model: str, order: Directives, digest: str) -> Body:
    said = answer_as_converse(body, model, order, digest)
    del said["metrics"]
    usage = said["usage"]
    for name in ("cacheReadInputToken", "cacheWriteInputToken"):
        usage[f"{name}Count"] = usage.pop(f"{name}s")
    return said


NATIVE: dict[str, Model] = {
    "claude": Model(_judge_claude, _answer_as_claude),
    "nova": Model(_judge_nova, _answer_as_nova),
    "gpt_oss": Model(_judge_gpt_oss, _answer_as_openai),
    **prompts.NATIVE,
}
