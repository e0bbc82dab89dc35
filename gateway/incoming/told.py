"""Which jobs a message is about, in its provider's words."""

from typing import Any

AWS_SOURCE, AWS_KIND = "aws.bedrock", "Batch Inference Job State Change"


def of_openai(message: dict[str, Any]) -> list[str]:
    """https://platform.openai.com/docs/guides/webhooks"""
    data = message.get("data")
    is_batch = str(message.get("type", "")).startswith("batch.")
    return _texts(data.get("id")) if is_batch and isinstance(data, dict) else []


def of_gemini(message: dict[str, Any]) -> list[str]:
    """With or without what stands before it: https://ai.google.dev/gemini-api/docs/webhooks"""
    return [name for one in of_openai(message) for name in (one, f"batches/{one}")]


def of_bedrock(message: dict[str, Any]) -> list[str]:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-eventbridge.html"""
    if (message.get("source"), message.get("detail-type")) != (AWS_SOURCE, AWS_KIND):
        return []
    detail = message.get("detail")
    return _texts(detail.get("batchJobArn")) if isinstance(detail, dict) else []


def _texts(value: object) -> list[str]:
    """PostgreSQL cannot be asked for a NUL."""
    return [value] if isinstance(value, str) and value and "\0" not in value else []
