"""Messages as Google's servers read them, made from the types of the google-genai package.

The SDK's types help a caller; a server insists, though in the ways of protocol buffers: names in
camelCase or snake_case, numbers as strings, null for what is absent, one message for a list of one.
https://protobuf.dev/programming-guides/json/
"""

import datetime
import enum
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from google.genai import types
from pydantic import BaseModel
from pydantic.alias_generators import to_camel, to_snake
from pydantic_core import CoreSchema, SchemaValidator
from pydantic_core import core_schema as made

# The SDK has Vertex AI's fields, too, which the Developer API does not know.
_VERTEX_ONLY: Mapping[type[BaseModel], frozenset[str]] = {
    types.Blob: frozenset({"display_name"}),
    types.FileData: frozenset({"display_name"}),
    types.FunctionCall: frozenset({"partial_args", "will_continue"}),
    types.FunctionCallingConfig: frozenset({"stream_function_call_arguments"}),
    types.GenerationConfig: frozenset(
        {"model_selection_config", "audio_timestamp", "routing_config"}
    ),
    types.GoogleMaps: frozenset({"auth_config", "grounding_types"}),
    types.GoogleSearch: frozenset({"blocking_confidence", "exclude_domains"}),
    types.ImageConfig: frozenset(
        {"person_generation", "prominent_people", "output_mime_type", "image_output_options"}
    ),
    types.SafetySetting: frozenset({"method"}),
    types.Schema: frozenset({"additional_properties", "defs", "ref"}),
    types.Tool: frozenset(
        {"retrieval", "enterprise_web_search", "parallel_ai_search", "exa_ai_search"}
    ),
}

# What the SDK puts into a message of its own, or does not know.
_ADDED: Mapping[type[BaseModel], Mapping[str, Any]] = {
    types.GenerationConfig: {"image_config": types.ImageConfig},
    types.TextResponseFormat: {"schema": Any},
    types.ToolCall: {"tool_name": str},
}

_OLD_CATEGORIES = ("DEROGATORY", "TOXICITY", "VIOLENCE", "SEXUAL", "MEDICAL", "DANGEROUS")
_MORE_VALUES: Mapping[type[enum.Enum], list[str]] = {
    types.HarmCategory: [f"HARM_CATEGORY_{name}" for name in _OLD_CATEGORIES],
}

_BASE64 = r"^[A-Za-z0-9+/_-]*={0,2}$"
_WHOLE = r"^-?\d+(\.0*)?$"
_DECIMAL = r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$"


class GenerateContentRequest(BaseModel):
    """https://ai.google.dev/api/generate-content#request-body"""

    model: str | None = None
    contents: list[types.Content] | None = None
    system_instruction: types.Content | None = None
    tools: list[types.Tool] | None = None
    tool_config: types.ToolConfig | None = None
    safety_settings: list[types.SafetySetting] | None = None
    generation_config: types.GenerationConfig | None = None
    cached_content: str | None = None
    service_tier: types.ServiceTier | None = None
    labels: dict[str, str] | None = None
    store: bool | None = None


class EmbedContentConfig(BaseModel):
    task_type: str | None = None
    title: str | None = None
    output_dimensionality: int | None = None
    auto_truncate: bool | None = None
    document_ocr: bool | None = None
    audio_track_extraction: bool | None = None


class EmbedContentRequest(BaseModel):
    """https://ai.google.dev/api/embeddings#request-body"""

    model: str | None = None
    content: types.Content | None = None
    task_type: str | None = None
    title: str | None = None
    output_dimensionality: int | None = None
    embed_content_config: EmbedContentConfig | None = None


def validator(message: type[BaseModel]) -> SchemaValidator:
    """Makes dictionaries with camelCase names; fields that are null or absent may be missing."""
    compiler = _Compiler()
    reference = compiler.schema(message)
    return SchemaValidator(made.definitions_schema(reference, compiler.definitions))


class _Compiler:
    def __init__(self) -> None:
        self.definitions: list[CoreSchema] = []
        self._known: set[str] = set()

    def schema(self, kind: Any) -> CoreSchema:
        if get_origin(kind) in (Union, UnionType):
            members = [self.schema(item) for item in get_args(kind) if item is not NoneType]
            return made.union_schema([*members]) if len(members) > 1 else members[0]
        if get_origin(kind) is Literal:
            return made.literal_schema(list(get_args(kind)))
        if get_origin(kind) is list:
            return self._list(self.schema(get_args(kind)[0]))
        if get_origin(kind) is dict:
            return made.dict_schema(made.str_schema(), self.schema(get_args(kind)[1]))
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return self._message(kind)
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return _enum(kind)
        return _scalar(kind)

    def _message(self, kind: type[BaseModel]) -> CoreSchema:
        name = kind.__name__
        if name not in self._known:
            self._known.add(name)
            hidden = _VERTEX_ONLY.get(kind, frozenset())
            fields = {
                field: about.annotation
                for field, about in kind.model_fields.items()
                if field not in hidden
            }
            made_fields = {
                to_camel(to_snake(field)): self._field(field, inner)
                for field, inner in {**fields, **_ADDED.get(kind, {})}.items()
            }
            self.definitions.append(
                made.typed_dict_schema(made_fields, extra_behavior="forbid", ref=name)
            )
        return made.definition_reference_schema(name)

    def _field(self, name: str, kind: Any) -> made.TypedDictField:
        snake = to_snake(name)
        names: list[list[str | int]] = [[to_camel(snake)], [snake]]
        return made.typed_dict_field(
            made.nullable_schema(self.schema(kind)),
            required=False,
            validation_alias=names,
        )

    def _list(self, item: CoreSchema) -> CoreSchema:
        single = made.no_info_after_validator_function(lambda value: [value], item)
        return made.union_schema([made.list_schema(item), single], mode="left_to_right")


def _enum(kind: type[enum.Enum]) -> CoreSchema:
    """Its names, in any case: Google's own examples of schemas say `object` and `OBJECT`."""
    names = [str(member.value) for member in kind] + _MORE_VALUES.get(kind, [])
    return made.literal_schema([*names, *(name.lower() for name in names)])


def _scalar(kind: Any) -> CoreSchema:
    schema = _SCALARS.get(kind)
    if schema is None:
        raise TypeError(f"no schema for {kind!r}")
    return schema


def _number(*forms: CoreSchema, read: type[int] | type[float]) -> CoreSchema:
    union = made.union_schema(list(forms), mode="left_to_right")
    return made.no_info_after_validator_function(lambda value: read(float(value)), union)


_SCALARS: dict[Any, CoreSchema] = {
    str: made.str_schema(strict=True),
    bool: made.bool_schema(strict=True),
    bytes: made.str_schema(strict=True, pattern=_BASE64),
    datetime.datetime: made.str_schema(strict=True),
    Any: made.any_schema(),
    int: _number(
        made.int_schema(strict=True),
        made.float_schema(strict=True, multiple_of=1),
        made.str_schema(strict=True, pattern=_WHOLE),
        read=int,
    ),
    float: _number(
        made.float_schema(strict=True),
        made.str_schema(strict=True, pattern=_DECIMAL),
        read=float,
    ),
}
