"""The vendors' machine-readable specifications judge what is said in their words, where they are at hand."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.translation import golden
from tests.translation.bodies import BY_FOLDER

# Beside the repository, not in it: they are the vendors'.
FOLDER = Path(__file__).resolve().parents[3] / "shared" / "spec" / "machine"
FILES = {
    "openai": "openai-files-batches-chat-*.json",
    "openai-lines": "openai-batch-lines.json",
    "anthropic": "anthropic-files-batches-messages-*.json",
    "gemini": "gemini-files-batches-generate-*.json",
}
FOUND = {name: sorted(FOLDER.glob(pattern)) for name, pattern in FILES.items()}

pytestmark = pytest.mark.skipif(
    not all(FOUND.values()), reason="the vendors' specifications are not beside the repository"
)

BODIES = {
    ("openai", "request"): ("openai", "CreateChatCompletionRequest"),
    ("openai", "result"): ("openai", "CreateChatCompletionResponse"),
    ("openai-embeddings", "request"): ("openai", "CreateEmbeddingRequest"),
    ("openai-embeddings", "result"): ("openai", "CreateEmbeddingResponse"),
    ("anthropic", "request"): ("anthropic", "CreateMessageParams"),
    ("anthropic", "result"): ("anthropic", "Message"),
    ("bedrock-claude", "result"): ("anthropic", "Message"),
    ("gemini", "request"): ("gemini", "GenerateContentRequest"),
    ("gemini", "result"): ("gemini", "GenerateContentResponse"),
    ("gemini-embeddings", "request"): ("gemini", "EmbedContentRequest"),
}
LINES = {
    ("openai", "request"): ("openai-lines", "BatchRequestInput"),
    ("openai", "result"): ("openai-lines", "BatchRequestOutput"),
    ("anthropic", "request"): ("anthropic", "MessageBatchIndividualRequestParams"),
    ("anthropic", "result"): ("anthropic", "MessageBatchIndividualResponse"),
}


def _unless_null(judge: Any) -> Any:
    """The vendors' schemas reject the vendors' own nulls: null is taken everywhere here."""

    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        return () if instance is None else judge(validator, value, instance, schema)

    return check


Draft = jsonschema.Draft202012Validator
Lenient = jsonschema.validators.extend(
    Draft, {keyword: _unless_null(judge) for keyword, judge in Draft.VALIDATORS.items()}
)


@cache
def validator(vendor: str, name: str) -> Any:
    specification = json.loads(FOUND[vendor][-1].read_text())
    return Lenient({**specification, "$ref": f"#/components/schemas/{name}"})


NEWER = {("anthropic", "context"), ("bedrock-claude", "context")}
"""What the SDKs' types have, but the specification does not yet."""


def golden_cases(table: dict[tuple[str, str], Any]) -> Any:
    found = [
        pytest.param(folder, side, case, id=f"{folder}-{side}-{case}")
        for folder, side in table
        for case, said in golden.cases(folder, side).items()
        if said.line and (folder, case) not in NEWER
    ]
    return pytest.mark.parametrize(("folder", "side", "case"), found)


@golden_cases(BODIES)
def test_a_body(folder: str, side: str, case: str):
    spoken = BY_FOLDER[folder]
    if side == "request":
        body = spoken.provider_body.render_request(spoken.requests[case], golden.losses())
    else:
        asked = golden.asked(spoken.model)
        body = spoken.body.render_answer(spoken.answers[case], asked, golden.losses())

    validator(*BODIES[folder, side]).validate(golden.as_json(body))


@golden_cases({side: name for side, name in LINES.items() if side[1] == "request"})
def test_a_request_line(folder: str, side: str, case: str):
    spoken = BY_FOLDER[folder]
    record = spoken.dialect.open(golden.request_line(folder, case), model=spoken.model)

    sealed = spoken.dialect.seal("r0000000001", spoken.provider_body, record.content)

    validator(*LINES[folder, side]).validate(json.loads(sealed))


@golden_cases({side: name for side, name in LINES.items() if side[1] == "result"})
def test_a_result_line(folder: str, side: str, case: str):
    spoken = BY_FOLDER[folder]
    record = spoken.dialect.open(golden.request_line(folder, "text"), model=spoken.model)
    result = spoken.dialect.open_result(golden.read(folder, case, side).line)

    sealed = spoken.dialect.seal_result(record, "41", bytes(result.outcome))

    validator(*LINES[folder, side]).validate(json.loads(sealed))


@pytest.mark.parametrize("name", BODIES.values(), ids="-".join)
def test_a_specification_finds_what_is_wrong(name: tuple[str, str]):
    with pytest.raises(jsonschema.ValidationError):
        validator(*name).validate({"messages": 1, "contents": 1, "candidates": 1, "content": 1})
