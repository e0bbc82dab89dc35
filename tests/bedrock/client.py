"""boto3's client in one process with what answers it, and a strict judge of every answer."""

import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.model import OperationModel
from botocore.validate import ParamValidator
from django.test import Client

from providers.sandbox.bedrock.shapes import complaint

REGION = "us-west-2"
ROLE = "arn:aws:iam::123456789012:role/batches"
# Right ones, for the roles of providers that have none and the names of other surfaces.
REPEATED = {"roleArn": ROLE, "jobName": "job"}


class Body(io.BytesIO):
    def stream(self, **options: Any) -> Iterator[bytes]:
        yield self.read()


class Inside:
    """Answers what the SDK is about to send."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def __call__(self, request: AWSPreparedRequest, **event: Any) -> AWSResponse:
        parts = urlsplit(request.url)
        headers: dict[str, Any] = {"Host": parts.netloc} | dict(request.headers.items())
        for name, value in headers.items():
            headers[name] = value.decode() if isinstance(value, bytes) else str(value)
        answer = self.client.generic(
            request.method,
            # The test client decodes what a server would decode.
            parts.path,
            request.body or b"",
            headers.pop("Content-Type", "application/json"),
            QUERY_STRING=parts.query,
            headers=headers,
        )
        return AWSResponse(request.url, answer.status_code, answer.headers, Body(answer.content))


class Judge:
    """Fails a test whose answer is none that AWS's own description of its API allows."""

    def __call__(
        self,
        http_response: AWSResponse,
        parsed: dict[str, Any],
        model: OperationModel,
        **event: Any,
    ) -> None:
        raw = json.loads(http_response.content)
        if http_response.status_code >= 300:
            assert set(raw) == {"message", "__type"}
            assert parsed["ResponseMetadata"]["RequestId"]
            return
        said = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
        report = ParamValidator().validate(said, model.output_shape)
        assert not report.has_errors(), report.generate_report()
        complaint = self.complaint(model, raw)
        assert complaint is None, complaint

    def complaint(self, model: OperationModel, raw: dict[str, Any]) -> str | None:
        """By pattern, range and word, too, but for what is repeated as it came and may be anything."""
        for job in (raw, *raw.get("invocationJobSummaries", ())):
            job.update({name: said for name, said in REPEATED.items() if name in job})
        return complaint(model.output_shape, raw)


def boto(
    client: Client,
    provider: str = "",
    *,
    region: str = REGION,
    key: str = "AKIDANY",
    secret: str = "secret",
    **config: Any,
) -> Any:
    """A client that asks for a provider as the guide does, by a header that it adds before it sends."""
    made: Any = boto3.client(
        "bedrock",
        endpoint_url="http://testserver/bedrock",
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, **config),
    )

    def name_provider(request: AWSPreparedRequest, **event: Any) -> None:
        if provider:
            request.headers["x-model-provider"] = provider

    made.meta.events.register("before-send", name_provider)
    made.meta.events.register_last("before-send", Inside(client))
    made.meta.events.register("after-call.bedrock", Judge())
    return made
