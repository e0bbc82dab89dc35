"""A client's S3 bucket, as OpenAI's SDK names it."""

from collections.abc import Callable
from typing import Any

import openai as sdk
import pytest
from openai import OpenAI
from openai.types import FileObject

AT_BEDROCK: Any = {"provider": "bedrock"}
ACCOUNT = "AKIAOFACLIENT"


def place(bucket: str = "of-a-client", **more: str) -> dict[str, Any]:
    return {**AT_BEDROCK, "storage_config": {"s3": {"bucket": bucket, **more}}}


def upload(
    client: OpenAI, content: bytes = b"{}\n", name: str = "in.jsonl", **body: Any
) -> FileObject:
    return client.files.create(file=(name, content), purpose="batch", extra_body=body)


def lies_in(s3: Any, bucket: str = "of-a-client") -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def listed(client: OpenAI, *, limit: int | None = None, **more: Any) -> list[FileObject]:
    return list(client.files.list(limit=limit or sdk.omit, extra_query=place(**more)))


def refused(
    kind: type[sdk.APIStatusError], call: Callable[..., Any], *given: Any, **named: Any
) -> Any:
    with pytest.raises(kind) as caught:
        call(*given, **named)
    return caught.value
