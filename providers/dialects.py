"""The dialects that there are, and which one a line speaks."""

import msgspec

from providers.anthropic.dialect import ANTHROPIC
from providers.bedrock.dialect import BEDROCK
from providers.gemini.dialect import GEMINI
from providers.openai.dialect import OPENAI
from providers.records import Dialect, MalformedRecordError, Record
from providers.records.errors import NO_JSON
from providers.records.opening import no_json

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect for dialect in (OPENAI, ANTHROPIC, BEDROCK, GEMINI)
}
_envelope = msgspec.json.Decoder(dict[str, msgspec.Raw])


def recognise(line: bytes) -> Dialect:
    """The dialect of a line, by its envelope alone. Raises MalformedRecordError if it is none or several."""
    try:
        keys = _envelope.decode(line).keys()
    except NO_JSON:
        raise no_json() from None
    found = [dialect for dialect in DIALECTS.values() if dialect.holds in keys]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{dialect.holds!r} ({dialect.vendor})" for dialect in DIALECTS.values())
    raise MalformedRecordError(
        f"This line is no record: it needs exactly one of the keys {known}.",
        code="unknown_envelope",
    )


def open_like(dialect: Dialect, line: bytes, *, model: str = "") -> Record:
    """Open a line of a file whose first line spoke `dialect`.

    Raises MalformedRecordError, and says so if the line speaks another dialect.
    """
    try:
        return dialect.open(line, model=model)
    except MalformedRecordError as error:
        other = _other(dialect, line)
        if other is None:
            raise error from None
        raise MalformedRecordError(
            f"This line is a record of {other.vendor}, in a file of records of {dialect.vendor}. "
            "Put them into files of their own.",
            code="mixed_dialects",
        ) from None


def _other(dialect: Dialect, line: bytes) -> Dialect | None:
    try:
        found = recognise(line)
    except MalformedRecordError:
        return None
    return None if found is dialect else found
