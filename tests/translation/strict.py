"""The vendors' own types as judges, with fields that they do not know forbidden, however deep."""

import base64
from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
from botocore.validate import ParamValidator
from google.genai import types as genai
from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel
from pydantic_core import SchemaValidator

Judge = Callable[[Any], None]


@cache
def typed(wanted: Any) -> Judge:
    """A pydantic model or a TypedDict of an SDK. Raises pydantic's ValidationError."""
    schema = TypeAdapter(list[wanted]).core_schema  # a list, since the SDKs' models defer their own
    validator = SchemaValidator(_forbidding(schema), _use_prebuilt=False)

    def judge(value: Any) -> None:
        validator.validate_python([value])

    return judge


def _forbidding(schema: Any) -> Any:
    """The same schema, in which no object has a field too many, and lists are read to their end."""
    if isinstance(schema, list | tuple):
        return type(schema)(_forbidding(inner) for inner in schema)
    if not isinstance(schema, dict):
        return schema
    changed = {key: _forbidding(inner) for key, inner in schema.items()}
    kind = schema.get("type")
    if kind == "generator":  # an Iterable, which pydantic reads only when somebody else does
        changed["type"] = "list"
    if kind in ("typed-dict", "model-fields"):
        changed["extra_behavior"] = "forbid"
    if isinstance(schema.get("config"), dict):
        changed["config"] = {**schema["config"], "extra_fields_behavior": "forbid"}
    return changed


class GenerateContentRequest(BaseModel):
    """The SDK has no type for the whole body: it takes it apart into arguments."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    contents: list[genai.Content]
    system_instruction: genai.Content | None = None
    tools: list[genai.Tool] | None = None
    tool_config: genai.ToolConfig | None = None
    generation_config: genai.GenerationConfig | None = None
    safety_settings: list[genai.SafetySetting] | None = None
    service_tier: str | None = None
    cached_content: str | None = None


class EmbedContentRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    content: genai.Content
    model: str | None = None
    task_type: str | None = None
    title: str | None = None
    output_dimensionality: int | None = None


@cache
def _converse() -> Any:
    session = botocore.session.get_session()
    return session.get_service_model("bedrock-runtime").operation_model("Converse")


def converse_request(body: Any) -> None:
    """The SDK names the model beside the body."""
    _fits({**body, "modelId": "a-model"}, _converse().input_shape)


def converse_answer(body: Any) -> None:
    _fits(body, _converse().output_shape)


def _fits(value: Any, shape: Any) -> None:
    report = ParamValidator().validate(value, shape)
    assert not report.has_errors(), report.generate_report()
    _enums(value, shape)


def _enums(value: Any, shape: Any) -> None:
    """What botocore leaves to the server: words of enumerations, and base64."""
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        for key, inner in value.items():
            _enums(inner, shape.members[key])
    elif shape.type_name == "list":
        for inner in value:
            _enums(inner, shape.member)
    elif shape.type_name == "string" and shape.enum:
        assert value in shape.enum, f"{value} is none of {shape.enum}"
    elif shape.type_name == "blob":
        base64.b64decode(value, validate=True)
