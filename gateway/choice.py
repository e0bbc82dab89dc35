"""Which provider a batch goes to: the one that its client names, or else the one that its records tell."""

from collections.abc import Iterable
from contextlib import nullcontext
from typing import NamedTuple

from rest_framework.request import Request

from batches import translate
from files import services as files
from files.models import File
from gateway.surface import RequestError
from gateway.turns import stepping_aside
from providers.models import Provider, Workspace
from providers.records import MalformedRecordError, RecordError
from providers.registry import UPSTREAMS
from providers.services import provider_for

HEADER = "x-model-provider"


def named_provider(request: Request) -> str:
    """The provider in the header, empty if it is absent. Raises RequestError for one that is unknown."""
    name = request.headers.get(HEADER, "").strip().lower()
    if name and name not in UPSTREAMS:
        choices = ", ".join(f"'{choice}'" for choice in UPSTREAMS)
        raise RequestError(
            f"Unknown provider '{name[:100]}' in the header {HEADER}: name one of {choices}.",
            code="invalid_value",
            param=HEADER,
        )
    return name


class First(NamedTuple):
    """What the first record of a file says of all: the names of its dialect and endpoint, and its model."""

    dialect: str
    endpoint: str
    model: str


def first_of(file: File, *, model: str = "") -> First | None:
    """None of a file whose first line is no record; that it is wrong is for the worker to say.

    `model` is the batch's own, asked instead of the record's. Raises StoreError.
    """
    # The first block of the bytes is read here, and from a client's bucket that may take long.
    with stepping_aside() if file.credential else nullcontext():
        return first_in(files.stream(file), model=model)


def first_in(chunks: Iterable[bytes], *, model: str = "") -> First | None:
    """The same of bytes that lie anywhere. Raises StoreError."""
    try:
        source = translate.Input(chunks, provider=Provider.OPENAI.value, model=model)
        _, _, record = next(source.opened())
        if isinstance(record, RecordError):
            return First(source.dialect.name, "", model)
        return First(source.dialect.name, source.endpoint_of(record), source.model_of(record))
    except (FileNotFoundError, MalformedRecordError, StopIteration):
        return None


def provider_of(workspace: Workspace, file: File, *, model: str, own_key: bool = False) -> str:
    """The provider of a batch whose client names none: its first record decides. Raises StoreError."""
    first = first_of(file, model=model)
    if first is None:
        return Provider.OPENAI.value
    return provider_for(workspace, model=first.model, dialect=first.dialect, own_key=own_key)
