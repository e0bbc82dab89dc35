"""The same few things asked through each SDK, with a key, and what its own exception then says."""

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import anthropic
import openai
from botocore.exceptions import ClientError
from django.test import Client
from google import genai
from google.genai import errors, types
from httpx2 import Client as HTTPClient

from tests.anthropic.asking import request
from tests.bedrock.asking import asked, questions
from tests.bedrock.client import boto
from tests.genai.asking import ask, jsonl
from tests.s3.client import Server
from tests.s3.client import boto as s3

TWO: list[dict[str, Any]] = [
    {
        "custom_id": f"c-{number}",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Hello"}]},
    }
    for number in range(2)
]


class Refusal(NamedTuple):
    """What an SDK makes of an error: its class, the vendor's word, the status and the sentence."""

    kind: type[Exception]
    word: str
    status: int
    message: str
    retry_after: str | None


class Asking(ABC):
    """An SDK with a key. Its batches have two records."""

    provider: str
    model: str

    @abstractmethod
    def read(self) -> object:
        """A call that makes nothing."""

    @abstractmethod
    def create(self) -> object:
        """A batch of two records."""

    @abstractmethod
    def refusal(self, error: Any) -> Refusal: ...


class OpenAI(Asking):
    provider, model = "openai", "gpt-5-mini"

    def __init__(self, key: str, http: HTTPClient, client: Client) -> None:
        self.client = openai.OpenAI(
            base_url="http://testserver/openai", api_key=key, http_client=http, max_retries=0
        )

    def read(self) -> object:
        return self.client.batches.list()

    def create(self) -> object:
        file = self.client.files.create(file=("in.jsonl", jsonl(TWO)), purpose="batch")
        return self.client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
        )

    def create_inline(self) -> object:
        """As Bifrost offers it beside what OpenAI does."""
        body = {"requests": TWO, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        return self.client.post("/batches", body=body, cast_to=object)

    def refusal(self, error: Any) -> Refusal:
        assert isinstance(error, openai.APIStatusError)
        after = error.response.headers.get("retry-after")
        said = error.body
        return Refusal(type(error), said["type"], error.status_code, said["message"], after)


class Anthropic(Asking):
    provider, model = "anthropic", "claude-sonnet-4-5"

    def __init__(self, key: str, http: HTTPClient, client: Client) -> None:
        self.client = anthropic.Anthropic(
            base_url="http://testserver/anthropic", api_key=key, http_client=http, max_retries=0
        )

    def read(self) -> object:
        return self.client.messages.batches.list()

    def create(self) -> object:
        requests = [request(f"c-{number}", model=self.model) for number in range(2)]
        return self.client.messages.batches.create(requests=requests)

    def refusal(self, error: Any) -> Refusal:
        assert isinstance(error, anthropic.APIStatusError)
        after = error.response.headers.get("retry-after")
        said = error.body["error"]
        return Refusal(type(error), said["type"], error.status_code, said["message"], after)


class GenAI(Asking):
    provider, model = "gemini", "gemini-2.5-flash"

    def __init__(self, key: str, http: HTTPClient, client: Client) -> None:
        options = types.HttpOptions(base_url="http://testserver/genai", httpx_client=http)
        self.client = genai.Client(api_key=key, http_options=options)

    def read(self) -> object:
        return list(self.client.batches.list())

    def create(self) -> object:
        return self.client.batches.create(model=self.model, src=[ask("One"), ask("Two")])

    def refusal(self, error: Any) -> Refusal:
        assert isinstance(error, errors.APIError)
        after = error.response.headers.get("retry-after")
        return Refusal(type(error), error.status, error.code, error.message, after)


class AWS(Asking):
    def refusal(self, error: Any) -> Refusal:
        assert isinstance(error, ClientError)
        about, said = error.response["ResponseMetadata"], error.response["Error"]
        after = about["HTTPHeaders"].get("retry-after")
        return Refusal(
            type(error), said["Code"], about["HTTPStatusCode"], said.get("Message", ""), after
        )

    def bearing(self, client: Any, key: str) -> Any:
        """The client with the key itself instead of a signature."""

        def bear(request: Any, **_: Any) -> None:
            del request.headers["Authorization"]
            request.headers["Authorization"] = f"Bearer {key}"

        client.meta.events.register_first("before-send", bear)
        return client


class Bedrock(AWS):
    provider, model = "openai", "gpt-4o-mini"

    def __init__(self, key: str, http: HTTPClient, client: Client) -> None:
        self.client = self.bearing(boto(client, self.provider), key)
        self.put = client.put
        self.headers = {"authorization": f"Bearer {key}", "x-model-provider": self.provider}

    def read(self) -> object:
        return self.client.list_model_invocation_jobs()

    def create(self) -> object:
        content = questions("openai", "One", "Two")
        path = "/bedrock/files/any/in/questions.jsonl"
        assert self.put(path, content, headers=self.headers).status_code == 200
        return self.client.create_model_invocation_job(**asked(self.provider, modelId=self.model))


class S3(AWS):
    provider, model = "openai", ""

    def __init__(self, key: str, http: HTTPClient, client: Client) -> None:
        self.client = self.bearing(s3(Server(), self.provider), key)

    def read(self) -> object:
        return self.client.list_objects_v2(Bucket="any")

    def create(self) -> object:
        """It has no batches."""
        return self.client.put_object(Bucket="any", Key="one", Body=b"x")


WITH_BATCHES: dict[str, type[Asking]] = {
    "openai": OpenAI,
    "anthropic": Anthropic,
    "genai": GenAI,
    "bedrock": Bedrock,
}
EVERY: dict[str, type[Asking]] = {**WITH_BATCHES, "s3": S3}
