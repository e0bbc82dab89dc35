"""Which provider a batch goes to: the one that its client names, or else the one that its records tell."""

from rest_framework.request import Request

from batches import translate
from files import services as files
from files.models import File
from gateway.surface import RequestError
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


def provider_of(workspace: Workspace, file: File, *, model: str) -> str:
    """Its first record decides; that it is wrong is for the worker to say. Raises StoreError."""
    try:
        source = translate.Input(files.stream(file), provider=Provider.OPENAI.value, model=model)
        _, _, record = next(source.opened())
        asked = model if isinstance(record, RecordError) else source.model_of(record)
    except (FileNotFoundError, MalformedRecordError, StopIteration):
        return Provider.OPENAI.value
    return provider_for(workspace, model=asked, dialect=source.dialect.name)
