"""The four surfaces as their SDKs show them, each with the same few verbs.

Every verb is what the SDK's own documentation says to do; what differs between vendors stays in here.
"""

import io
import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import anthropic
import boto3
import botocore.exceptions
import openai
from botocore.config import Config
from google import genai
from google.genai import types

from tests.matrix.surface import Surface, Told, told_by

_names = count()
HEADER = "x-model-provider"


class OpenAI(Surface):
    dialect = "openai"

    def __init__(self, url: str, provider: str, model: str) -> None:
        super().__init__(url, provider, model)
        self.client = openai.OpenAI(
            base_url=f"{url}/openai",
            api_key="sk-matrix",
            max_retries=0,
            _strict_response_validation=True,
        )
        self.query = {"provider": provider}

    def batch_id(self, core: str) -> str:
        return f"batch_{core}"

    def file_id(self, core: str) -> str:
        return f"file-{core}"

    def upload(self, content: bytes) -> str:
        file = ("in.jsonl", content, "application/jsonl")
        made = self.client.files.create(file=file, purpose="batch", extra_body=self.query)
        return made.id

    def download(self, file_id: str) -> bytes:
        return self.client.files.content(file_id, extra_query=self.query).read()

    def files(self) -> Iterator[str]:
        return (file.id for file in self.client.files.list(limit=3, extra_query=self.query))

    def delete_file(self, file_id: str) -> None:
        assert self.client.files.delete(file_id, extra_query=self.query).deleted

    def create(self, content: bytes) -> str:
        return self.client.batches.create(
            input_file_id=self.upload(content),
            endpoint="/v1/chat/completions",
            completion_window="24h",
            extra_body=self.query,
        ).id

    def status(self, batch_id: str) -> str:
        word = self.batch(batch_id).status
        return word if word in ("completed", "cancelled") else "running"

    def counts(self, batch_id: str) -> tuple[int, int]:
        counts = self.batch(batch_id).request_counts
        assert counts is not None
        return counts.completed, counts.failed

    def results(self, batch_id: str) -> list[Told]:
        batch = self.batch(batch_id)
        files = [file for file in (batch.output_file_id, batch.error_file_id) if file]
        lines = b"".join(self.download(file) for file in files).splitlines()
        return [told_by(json.loads(line)) for line in lines]

    def batches(self) -> Iterator[str]:
        return (one.id for one in self.client.batches.list(limit=3, extra_query=self.query))

    def cancel(self, batch_id: str) -> None:
        self.client.batches.cancel(batch_id, extra_body=self.query)

    def batch(self, batch_id: str) -> Any:
        return self.client.batches.retrieve(batch_id, extra_query=self.query)

    def is_missing(self, call: Callable[[], object]) -> bool:
        return _raises(call, openai.NotFoundError)


class Anthropic(Surface):
    dialect = "anthropic"

    def __init__(self, url: str, provider: str, model: str) -> None:
        super().__init__(url, provider, model)
        self.client = anthropic.Anthropic(
            base_url=f"{url}/anthropic",
            api_key="matrix",
            max_retries=0,
            default_headers={HEADER: provider},
            _strict_response_validation=True,
        )

    def batch_id(self, core: str) -> str:
        return f"msgbatch_{core}"

    def file_id(self, core: str) -> str:
        return f"file_{core}"

    def upload(self, content: bytes) -> str:
        return self.client.beta.files.upload(file=("in.jsonl", content, "application/jsonl")).id

    def download(self, file_id: str) -> bytes:
        return self.client.beta.files.download(file_id).read()

    def files(self) -> Iterator[str]:
        return (file.id for file in self.client.beta.files.list(limit=3))

    def delete_file(self, file_id: str) -> None:
        assert self.client.beta.files.delete(file_id).type == "file_deleted"

    def create(self, content: bytes) -> str:
        requests = [json.loads(line) for line in content.splitlines()]
        return self.client.beta.messages.batches.create(requests=requests).id

    def status(self, batch_id: str) -> str:
        batch = self.client.beta.messages.batches.retrieve(batch_id)
        if batch.processing_status != "ended":
            return "running"
        return "cancelled" if batch.cancel_initiated_at else "completed"

    def counts(self, batch_id: str) -> tuple[int, int]:
        counts = self.client.beta.messages.batches.retrieve(batch_id).request_counts
        return counts.succeeded, counts.errored + counts.canceled + counts.expired

    def results(self, batch_id: str) -> list[Told]:
        return [
            Told(
                one.custom_id,
                one.result.message.content[-1].text if one.result.type == "succeeded" else None,
            )
            for one in self.client.beta.messages.batches.results(batch_id)
        ]

    def batches(self) -> Iterator[str]:
        return (one.id for one in self.client.beta.messages.batches.list(limit=3))

    def cancel(self, batch_id: str) -> None:
        self.client.beta.messages.batches.cancel(batch_id)

    def is_missing(self, call: Callable[[], object]) -> bool:
        return _raises(call, anthropic.NotFoundError)


class GenAI(Surface):
    dialect = "gemini"
    STATES = {"JOB_STATE_SUCCEEDED": "completed", "JOB_STATE_CANCELLED": "cancelled"}

    def __init__(self, url: str, provider: str, model: str) -> None:
        super().__init__(url, provider, model)
        options = types.HttpOptions(base_url=f"{url}/genai", headers={HEADER: provider})
        self.client = genai.Client(api_key="matrix", http_options=options)

    def batch_id(self, core: str) -> str:
        return f"batches/{core}"

    def file_id(self, core: str) -> str:
        return f"files/{core}"

    def upload(self, content: bytes) -> str:
        config = types.UploadFileConfig(mime_type="application/jsonl", display_name="in.jsonl")
        return self.client.files.upload(file=io.BytesIO(content), config=config).name

    def download(self, file_id: str) -> bytes:
        return self.client.files.download(file=file_id)

    def files(self) -> Iterator[str]:
        return (str(file.name) for file in self.client.files.list(config={"page_size": 3}))

    def delete_file(self, file_id: str) -> None:
        self.client.files.delete(name=file_id)

    def create(self, content: bytes) -> str:
        return self.client.batches.create(model=self.model, src=self.upload(content)).name

    def status(self, batch_id: str) -> str:
        state = self.client.batches.get(name=batch_id).state
        return self.STATES.get(state.value, "running")

    def counts(self, batch_id: str) -> tuple[int, int]:
        told = self.results(batch_id)
        good = sum(one.text is not None for one in told)
        return good, len(told) - good

    def results(self, batch_id: str) -> list[Told]:
        dest = self.client.batches.get(name=batch_id).dest
        if dest.file_name:
            lines = self.download(dest.file_name).splitlines()
            return [told_by(json.loads(line)) for line in lines]
        return [
            Told(one.metadata["key"], one.response.text if one.response else None)
            for one in dest.inlined_responses
        ]

    def batches(self) -> Iterator[str]:
        return (str(one.name) for one in self.client.batches.list(config={"page_size": 3}))

    def cancel(self, batch_id: str) -> None:
        self.client.batches.cancel(name=batch_id)

    def is_missing(self, call: Callable[[], object]) -> bool:
        try:
            call()
        except genai.errors.ClientError as error:
            return error.code == 404
        return False


class Boto3(Surface):
    dialect = "bedrock"
    BUCKET = "matrix"
    STATES = {"Completed": "completed", "PartiallyCompleted": "completed", "Stopped": "cancelled"}

    def __init__(self, url: str, provider: str, model: str) -> None:
        super().__init__(url, provider, model)
        account = {
            "region_name": "us-west-2",
            "aws_access_key_id": "matrix",
            "aws_secret_access_key": "matrix",
            "config": Config(retries={"total_max_attempts": 1}),
        }
        self.s3 = boto3.client("s3", endpoint_url=f"{url}/bedrock/files", **account)
        self.bedrock = boto3.client("bedrock", endpoint_url=f"{url}/bedrock", **account)
        for client in (self.s3, self.bedrock):
            client.meta.events.register("before-send", self._name_provider)

    def _name_provider(self, request: Any, **_: object) -> None:
        request.headers[HEADER] = self.provider

    def batch_id(self, core: str) -> str:
        return f"arn:aws:bedrock:us-west-2:000000000000:model-invocation-job/{core}"

    def file_id(self, core: str) -> str:
        return f"file-{core}"

    def upload(self, content: bytes) -> str:
        key = f"in/{self.provider}-{next(_names)}.jsonl"
        self.s3.put_object(Bucket=self.BUCKET, Key=key, Body=content)
        return key

    def id_of(self, key: str) -> str:
        return self.s3.head_object(Bucket=self.BUCKET, Key=key)["ETag"].strip('"')

    def download(self, file_id: str) -> bytes:
        return self.s3.get_object(Bucket=self.BUCKET, Key=file_id)["Body"].read()

    def files(self) -> Iterator[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.BUCKET, PaginationConfig={"PageSize": 3}
        )
        return (found["Key"] for page in pages for found in page.get("Contents", ()))

    def delete_file(self, file_id: str) -> None:
        self.s3.delete_object(Bucket=self.BUCKET, Key=file_id)

    def create(self, content: bytes) -> str:
        uri = f"s3://{self.BUCKET}/{self.upload(content)}"
        return self.bedrock.create_model_invocation_job(
            jobName=f"matrix-{self.provider}-{next(_names)}",
            modelId=self.model,
            roleArn="arn:aws:iam::000000000000:role/matrix",
            inputDataConfig={"s3InputDataConfig": {"s3Uri": uri, "s3InputFormat": "JSONL"}},
            outputDataConfig={"s3OutputDataConfig": {"s3Uri": f"s3://{self.BUCKET}/out/"}},
        )["jobArn"]

    def status(self, batch_id: str) -> str:
        return self.STATES.get(self.job(batch_id)["status"], "running")

    def counts(self, batch_id: str) -> tuple[int, int]:
        job = self.job(batch_id)
        return job.get("successRecordCount"), job.get("errorRecordCount")

    def results(self, batch_id: str) -> list[Told]:
        prefix = f"out/{batch_id.rpartition('/')[2]}/"
        found = self.s3.list_objects_v2(Bucket=self.BUCKET, Prefix=prefix)["Contents"]
        [key] = [one["Key"] for one in found if one["Key"].endswith(".jsonl.out")]
        return [told_by(json.loads(line)) for line in self.download(key).splitlines()]

    def batches(self) -> Iterator[str]:
        pages = self.bedrock.get_paginator("list_model_invocation_jobs").paginate(
            PaginationConfig={"PageSize": 3}
        )
        return (job["jobArn"] for page in pages for job in page["invocationJobSummaries"])

    def cancel(self, batch_id: str) -> None:
        self.bedrock.stop_model_invocation_job(jobIdentifier=batch_id)

    def job(self, batch_id: str) -> Any:
        return self.bedrock.get_model_invocation_job(jobIdentifier=batch_id)

    def is_missing(self, call: Callable[[], object]) -> bool:
        try:
            call()
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"] in ("ResourceNotFoundException", "NoSuchKey")
        return False


SURFACES: dict[str, type[Surface]] = {
    "openai": OpenAI,
    "anthropic": Anthropic,
    "genai": GenAI,
    "boto3": Boto3,
}


def _raises(call: Callable[[], object], kind: type[Exception]) -> bool:
    try:
        call()
    except kind:
        return True
    return False
