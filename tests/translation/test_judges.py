"""The vendors' SDKs judge what is said in their vendors' words, with unknown fields forbidden."""

from functools import cache
from typing import Any

import pytest
from anthropic import types as anthropic
from google.genai import types as genai
from openai import types as openai
from openai.types import chat, embedding_create_params, responses
from openai.types.chat import completion_create_params
from pydantic import ValidationError

from tests.translation import golden, strict
from tests.translation.bodies import BODIES, BY_FOLDER, Spoken, question_of

REQUESTS: dict[str, Any] = {
    "openai": completion_create_params.CompletionCreateParamsNonStreaming,
    "anthropic": anthropic.message_create_params.MessageCreateParamsNonStreaming,
    "gemini": strict.GenerateContentRequest,
    "openai-embeddings": embedding_create_params.EmbeddingCreateParams,
    "gemini-embeddings": strict.EmbedContentRequest,
}
ANSWERS: dict[str, Any] = {
    "openai": chat.ChatCompletion,
    "openai-responses": responses.Response,
    "anthropic": anthropic.Message,
    "bedrock-claude": anthropic.Message,
    "bedrock-gpt-oss": chat.ChatCompletion,
    "gemini": genai.GenerateContentResponse,
    "openai-embeddings": openai.CreateEmbeddingResponse,
}
SETTLED_OTHERWISE = {
    *("gemini-embeddings", "bedrock-nova", "bedrock-titan", "bedrock-cohere"),
    *("bedrock-mistral", "bedrock-llama", "bedrock-mistral-text"),
}
"""Answers for which no SDK has a type."""


# The types are those of API version 2026-10-21, which has no sampling. Older models and versions take it:
# https://platform.claude.com/docs/en/api/versioning
SAMPLING = ("temperature", "top_p", "top_k")


@cache
def judge_of_requests(folder: str) -> strict.Judge | None:
    if folder == "anthropic":
        return anthropic_request
    if folder == "bedrock":
        return strict.converse_request
    if folder == "bedrock-claude":
        return claude_request
    if folder == "bedrock-gpt-oss":
        return gpt_oss_request
    return strict.typed(REQUESTS[folder]) if folder in REQUESTS else None


@cache
def judge_of_answers(folder: str) -> strict.Judge | None:
    if folder == "bedrock":
        return strict.converse_answer
    return strict.typed(ANSWERS[folder]) if folder in ANSWERS else None


def anthropic_request(body: Any) -> None:
    body = {key: value for key, value in body.items() if key not in SAMPLING}
    strict.typed(REQUESTS["anthropic"])(body)


def claude_request(body: Any) -> None:
    """Anthropic's body, but the model stands beside it and a version in it."""
    body = {**body, "model": "a-model"}
    assert body.pop("anthropic_version") == "bedrock-2023-05-31"
    body.pop("anthropic_beta", None)
    anthropic_request(body)


def gpt_oss_request(body: Any) -> None:
    """OpenAI's body, but the model stands beside it."""
    assert "model" not in body
    strict.typed(REQUESTS["openai"])({**body, "model": "a-model"})


def rendered(side: str) -> Any:
    return pytest.mark.parametrize(
        ("spoken", "case"),
        [
            pytest.param(spoken, case, id=f"{spoken}-{case}")
            for spoken in BODIES
            for case, said in golden.cases(spoken.folder, side).items()
            if said.line and (spoken.provider or side == "result")
        ],
    )


@rendered("request")
def test_what_is_asked(spoken: Spoken, case: str):
    judge = judge_of_requests(spoken.folder)
    body = spoken.provider_body.render_request(spoken.requests[case], golden.losses())

    if judge:
        judge(golden.as_json(body))


@rendered("result")
def test_what_is_answered(spoken: Spoken, case: str):
    judge = judge_of_answers(spoken.folder)
    line = golden.request_line(spoken.folder, question_of(spoken, case))
    asked = golden.asked(spoken.model, spoken.dialect.open(line, model=spoken.model).content)
    body = spoken.body.render_answer(spoken.answers[case], asked, golden.losses())

    if judge:
        judge(golden.as_json(body))


@pytest.mark.parametrize("spoken", BODIES, ids=str)
def test_every_body_has_its_judges(spoken: Spoken):
    assert judge_of_answers(spoken.folder) or spoken.folder in SETTLED_OTHERWISE


@pytest.mark.parametrize("folder", ["openai", "anthropic", "bedrock", "gemini"])
def test_a_judge_finds_a_field_too_many(folder: str):
    spoken = BY_FOLDER[folder]
    question = golden.as_json(
        spoken.provider_body.render_request(spoken.requests["conversation"], golden.losses())
    )
    answer = golden.as_json(
        spoken.body.render_answer(
            spoken.answers["text"], golden.asked(spoken.model), golden.losses()
        )
    )

    for judge, body in (
        (judge_of_requests(folder), question),
        (judge_of_answers(folder), answer),
    ):
        assert judge
        judge(body)
        for spoilt in spoilt_copies(body):
            with pytest.raises((ValidationError, AssertionError)):
                judge(spoilt)


def spoilt_copies(body: Any) -> list[Any]:
    """A field too many at the top, and in the first object of a list in it."""
    copies = [{**body, "x_too_many": 1}]
    for key in ("messages", "content", "contents", "choices", "candidates"):
        if isinstance(body.get(key), list):
            first, *others = body[key]
            copies.append({**body, key: [{**first, "x_too_many": 1}, *others]})
    return copies
