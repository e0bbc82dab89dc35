"""Recognition: which body a modelInput is, by its shape, and by the batch's model where shapes are alike."""

from typing import Any

import msgspec

from providers.bedrock.claude import CLAUDE
from providers.bedrock.cohere import COHERE
from providers.bedrock.converse import CONVERSE
from providers.bedrock.families import Family, family_of
from providers.bedrock.gpt_oss import GPT_OSS
from providers.bedrock.llama import LLAMA
from providers.bedrock.mistral import MISTRAL
from providers.bedrock.mistral_chat import MISTRAL_CHAT
from providers.bedrock.nova import NOVA
from providers.bedrock.opaque import OPAQUE
from providers.bedrock.titan import TITAN
from providers.records import Body, MalformedRecordError
from providers.records.errors import NO_JSON

BODIES: dict[Family, Body[Any, Any]] = {
    "claude": CLAUDE,
    "nova": NOVA,
    "gpt_oss": GPT_OSS,
    "mistral_chat": MISTRAL_CHAT,
    "mistral": MISTRAL,
    "llama": LLAMA,
    "titan": TITAN,
    "cohere": COHERE,
    "": CONVERSE,
}
"""The body of each family. Models of unknown families are taken to speak Converse."""

Fields = dict[str, msgspec.Raw]
_ABSENT = msgspec.Raw()


class _Keys(msgspec.Struct, gc=False):
    """The keys that most bodies have one of, and that say enough."""

    inferenceConfig: msgspec.Raw = _ABSENT
    anthropic_version: msgspec.Raw = _ABSENT
    schemaVersion: msgspec.Raw = _ABSENT
    inputText: msgspec.Raw = _ABSENT


class _Block(msgspec.Struct, gc=False):
    type: msgspec.Raw = _ABSENT


class _Turn(msgspec.Struct, gc=False):
    content: str | list[_Block] | None = None


CONVERSE_ONLY = frozenset(
    {
        "additionalModelRequestFields",
        "additionalModelResponseFieldPaths",
        "guardrailConfig",
        "outputConfig",
        "performanceConfig",
        "promptVariables",
        "requestMetadata",
        "serviceTier",
    }
)
"""The keys of Converse that no other body has."""

_keys = msgspec.json.Decoder(_Keys)
_fields = msgspec.json.Decoder(Fields)
_turns = msgspec.json.Decoder(list[_Turn])


def body_of(content: bytes, model: str) -> Body[Any, Any]:
    """Raises MalformedRecordError if it is no JSON object."""
    try:
        keys = _keys.decode(content)
        if keys.anthropic_version is not _ABSENT:
            return CLAUDE
        if keys.schemaVersion is not _ABSENT:
            return NOVA
        if keys.inferenceConfig is not _ABSENT and family_of(model) != "nova":
            return CONVERSE
        if keys.inputText is not _ABSENT:
            return TITAN
        return _body_of_fields(_fields.decode(content), model)
    except NO_JSON:
        raise MalformedRecordError(
            "Invalid type for 'modelInput': expected an object.",
            code="invalid_type",
            param="modelInput",
        ) from None


def _body_of_fields(fields: Fields, model: str) -> Body[Any, Any]:
    """The body of the fields that a closer look is needed at."""
    if not CONVERSE_ONLY.isdisjoint(fields):
        return CONVERSE
    if "messages" not in fields:
        return _without_messages(fields, model)
    is_converse = "inferenceConfig" in fields or "toolConfig" in fields
    if is_converse or _speaks_blocks(fields["messages"]):
        return NOVA if family_of(model) == "nova" else CONVERSE
    return _with_messages(model)


def _without_messages(fields: Fields, model: str) -> Body[Any, Any]:
    if "texts" in fields or "input_type" in fields:
        return COHERE
    if "prompt" not in fields:
        return OPAQUE
    family = family_of(model)
    if "max_gen_len" in fields or family == "llama":
        return LLAMA
    return MISTRAL if family in ("mistral", "mistral_chat", "") else OPAQUE


def _with_messages(model: str) -> Body[Any, Any]:
    """Messages with OpenAI's kind of content, and OpenAI's unless the model says otherwise."""
    family = family_of(model)
    if family == "claude":
        return CLAUDE
    return MISTRAL_CHAT if family in ("mistral", "mistral_chat") else GPT_OSS


def _speaks_blocks(messages: msgspec.Raw) -> bool:
    """Whether content is blocks without a type, as Converse and Nova have them, and no other."""
    try:
        turns = _turns.decode(messages)
    except NO_JSON:
        return False
    for turn in turns:
        if isinstance(turn.content, str):
            return False
        for block in turn.content or ():
            return block.type is _ABSENT
    return not turns
