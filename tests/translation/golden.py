"""The golden files, read; and neutral forms, as plain values that pytest can show the difference of."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

import tests.golden
from providers.records import Asked, Losses
from providers.records.chat import Signature
from tests.golden import neutral

FOLDER = Path(tests.golden.__file__).parent
CUSTOM_ID = "request-1"
SIDES = ("request", "result")


@dataclass(frozen=True)
class Golden:
    """One side of a golden file: a line, or the feature for which there is none."""

    line: bytes
    refused: str
    dropped: frozenset[str]
    changed: str

    @property
    def whole(self) -> bool:
        """The line says all of the neutral form and nothing else."""
        return not (self.refused or self.dropped or self.changed)


def read(folder: str, case: str, side: str) -> Golden | None:
    return _read(folder).get((case, side))


def cases(folder: str, side: str) -> dict[str, Golden]:
    return {case: found for (case, of), found in _read(folder).items() if of == side}


def request_line(folder: str, case: str) -> bytes:
    found = read(folder, case, "request")
    assert found, f"tests/golden/{folder}/{case}.json has no request"
    return found.line


@cache
def _read(folder: str) -> dict[tuple[str, str], Golden]:
    found = {}
    for path in sorted((FOLDER / folder).glob("*.json")):
        file = json.loads(path.read_text())
        for side, prefix in zip(SIDES, ("", "result_"), strict=True):
            if side in file:
                found[path.stem, side] = _side(file, side, prefix)
    return found


def _side(file: dict[str, Any], side: str, prefix: str) -> Golden:
    said = file[side]
    refused = said.get("refused", "") if set(said) == {"refused"} else ""
    return Golden(
        b"" if refused else msgspec.json.encode(said),
        refused,
        frozenset(file.get(f"{prefix}dropped", ())),
        file.get(f"{prefix}changed", ""),
    )


@cache
def requests(subject: str, *, by: str, model: str) -> dict[str, Any]:
    table: dict[str, Any] = neutral.REQUESTS if subject == "chat" else neutral.EMBEDDINGS
    return {case: meant(value, by=by, model=model) for case, value in table.items()}


@cache
def answers(subject: str, *, by: str, model: str) -> dict[str, Any]:
    table: dict[str, Any] = neutral.ANSWERS if subject == "chat" else neutral.VECTORS
    return {case: meant(value, by=by, model=model) for case, value in table.items()}


def meant(value: Any, *, by: str, model: str) -> Any:
    """A neutral form with a vendor's model and seals."""
    if isinstance(value, Signature):
        return Signature(by, value.value) if value.by == neutral.SIGNED.by else value
    if isinstance(value, msgspec.Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        return type(value)(**meant(fields, by=by, model=model))
    if isinstance(value, dict):
        return {key: meant(inner, by=by, model=model) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(meant(inner, by=by, model=model) for inner in value)
    return model if value == neutral.MODEL and isinstance(value, str) else value


def plain(value: Any) -> Any:
    """A neutral form as plain values. Raw JSON counts as what it says, not as it is written."""
    if isinstance(value, msgspec.Raw):
        return json.loads(bytes(value))
    if isinstance(value, msgspec.Struct):
        fields = {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        return {"": type(value).__name__, **fields}
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def as_json(value: Any) -> Any:
    """What a client or a provider would read of what was rendered."""
    return json.loads(msgspec.json.encode(value))


def losses(words: dict[str, str] | None = None, target: str = "Somebody") -> Losses:
    return Losses(target, words or {})


def dropped(losses: Losses) -> set[str]:
    losses.settle()
    return set(losses.counts)


def asked(model: str, body: bytes = b"{}") -> Asked:
    return Asked(neutral.ID, model, neutral.CREATED, body)


PLACELESS = {"answer.id": "id", "answer.model": "model", "answer.created": "created"}
"""What an answer can lack and still say the case: the gateway knows it from elsewhere."""


def what_is_left(value: Any, lost: frozenset[str]) -> Any | None:
    """The neutral form without what was dropped; None where that is not for a test to say."""
    if hasattr(value, "settings") and lost <= set(value.settings):
        kept = {key: inner for key, inner in value.settings.items() if key not in lost}
        return msgspec.structs.replace(value, settings=kept)
    fields = {PLACELESS.get(feature, "") for feature in lost} & set(value.__struct_fields__)
    if len(fields) == len(lost):
        return msgspec.structs.replace(value, **dict.fromkeys(fields))
    return None
