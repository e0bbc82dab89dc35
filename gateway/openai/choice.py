"""Which provider a batch goes to when its client names none."""

from batches import translate
from files import services as files
from files.models import File
from providers.models import Provider, Workspace
from providers.records import MalformedRecordError, RecordError
from providers.services import provider_for


def provider_of(workspace: Workspace, file: File, *, model: str) -> str:
    """Its first record decides; that it is wrong is for the worker to say. Raises StoreError."""
    try:
        source = translate.Input(files.stream(file), provider=Provider.OPENAI.value, model=model)
        _, _, record = next(source.opened())
        asked = model if isinstance(record, RecordError) else source.model_of(record)
    except (FileNotFoundError, MalformedRecordError, StopIteration):
        return Provider.OPENAI.value
    return provider_for(workspace, model=asked, dialect=source.dialect.name)
