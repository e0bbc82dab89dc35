"""Anthropic's SDK, and the API without it."""

import json
from typing import Any

from anthropic import Anthropic
from anthropic.types.beta.messages import BetaMessageBatch, BetaMessageBatchIndividualResponse
from anthropic.types.messages import MessageBatchIndividualResponse
from django.test import Client

from batches.models import Batch
from tests.batches.conftest import live
from tests.vendor_models import MODELS

EVERY = list(MODELS)
HEADER = "x-model-provider"


def ask(text: str = "Hello", *, model: str = MODELS["anthropic"], **more: Any) -> dict[str, Any]:
    return {
        "model": model,
        "max_tokens": 100,
        "messages": [{"role": "user", "content": text}],
        **more,
    }


def request(name: str, text: str = "Hello", **more: Any) -> Any:
    return {"custom_id": name, "params": ask(text, **more)}


def requests(*texts: str, provider: str = "anthropic") -> Any:
    return [request(f"c{n}", text, model=MODELS[provider]) for n, text in enumerate(texts)]


def row(batch: BetaMessageBatch) -> Batch:
    return Batch.objects.get(pk=batch.id.removeprefix("msgbatch_"))


def lived(client: Anthropic, batch: BetaMessageBatch) -> BetaMessageBatch:
    """The batch at its end, brought there without a worker."""
    live(row(batch), seconds=60)
    return client.beta.messages.batches.retrieve(batch.id)


def results(client: Anthropic, batch_id: str) -> list[BetaMessageBatchIndividualResponse]:
    """Judged line by line, since the SDK's own iterator takes anything."""
    told = [one.to_dict() for one in client.beta.messages.batches.results(batch_id)]
    for one in told:
        MessageBatchIndividualResponse.model_validate(one)
    return [BetaMessageBatchIndividualResponse.model_validate(one) for one in told]


def by_name(client: Anthropic, batch_id: str) -> dict[str, BetaMessageBatchIndividualResponse]:
    return {one.custom_id: one for one in results(client, batch_id)}


class Answer:
    def __init__(self, answer: Any) -> None:
        self.status: int = answer.status_code
        self.headers = answer.headers
        self.content: bytes = answer.getvalue() if answer.streaming else answer.content

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def error(self) -> Any:
        """What is in the vendor's envelope."""
        assert set(self.json) == {"type", "error", "request_id"}
        assert self.json["type"] == "error"
        assert self.json["request_id"] == self.headers["request-id"]
        assert set(self.json["error"]) == {"type", "message"}
        assert self.json["error"]["message"]
        return self.json["error"]


class Raw:
    """The API without the SDK and without a server. `headers` have _ for -."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def call(
        self,
        method: str,
        path: str,
        body: object = b"",
        content_type: str = "application/json",
        **headers: str,
    ) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        names = names or {"x-api-key": "any-key"}
        return Answer(
            self.client.generic(method, f"/anthropic{path}", data, content_type, headers=names)
        )

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def create(self, body: object, **headers: str) -> Answer:
        return self.call("POST", "/v1/messages/batches", body, **headers)
