"""The endpoints that a batch may call: who judges a body, and who answers it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Required

from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming as ChatParams,
)
from openai.types.completion_create_params import (
    CompletionCreateParamsNonStreaming as CompletionParams,
)
from openai.types.embedding_create_params import EmbeddingCreateParams
from openai.types.image_edit_params import ImageEditParamsNonStreaming
from openai.types.image_generate_params import ImageGenerateParamsNonStreaming
from openai.types.image_input_reference_param import ImageInputReferenceParam
from openai.types.moderation_create_params import ModerationCreateParams
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from openai.types.video_create_params import VideoCreateParams

from providers.sandbox.directives import Directives
from providers.sandbox.openai.answers import (
    chat,
    completions,
    embeddings,
    images,
    moderations,
    responses,
    videos,
)
from providers.sandbox.openai.judge import Judge, judge

Answer = Callable[[dict[str, Any], Directives, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    judge: Judge
    answer: Answer


# In a form the image to edit is a file, or several; in JSON it is always a list of references.
_EDIT_FIELDS = {"image": None, "images": Required[list[ImageInputReferenceParam]]}

_ENDPOINTS: dict[str, tuple[Any, dict[str, Any], Answer]] = {
    "/v1/responses": (ResponseCreateParamsNonStreaming, {}, responses.answer),
    "/v1/chat/completions": (ChatParams, {}, chat.answer),
    "/v1/embeddings": (EmbeddingCreateParams, {}, embeddings.answer),
    "/v1/completions": (CompletionParams, {}, completions.answer),
    "/v1/moderations": (ModerationCreateParams, {}, moderations.answer),
    "/v1/images/generations": (ImageGenerateParamsNonStreaming, {}, images.answer),
    "/v1/images/edits": (ImageEditParamsNonStreaming, _EDIT_FIELDS, images.answer),
    "/v1/videos": (VideoCreateParams, {}, videos.answer),
}


@cache
def endpoint(url: str) -> Endpoint:
    params, instead, answer = _ENDPOINTS[url]
    return Endpoint(judge(params, instead=instead), answer)
