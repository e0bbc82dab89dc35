"""The model that a body of OpenAI's names."""

import msgspec

from providers.records import MalformedRecordError
from providers.records.errors import NO_JSON


class _Body(msgspec.Struct, gc=False):
    model: str | None = None


_decoder = msgspec.json.Decoder(_Body)


def read_model(raw: bytes) -> str | None:
    """Raises MalformedRecordError if `model` is no string, or one that no database can hold."""
    try:
        model = _decoder.decode(raw).model
    except NO_JSON:
        raise MalformedRecordError(
            "Invalid type for 'body.model': expected a string.",
            code="invalid_type",
            param="body.model",
        ) from None
    if model and "\0" in model:
        raise MalformedRecordError(
            "Invalid 'body.model': it holds the character U+0000.",
            code="invalid_value",
            param="body.model",
        )
    return model
