"""The vendor's machine-readable specification judges what this surface answers, where it is at hand."""

import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from batches.models import Batch
from files.models import File
from gateway.fields import Fields
from gateway.openai import wire
from gateway.surface import RequestError
from tests.openai.test_shapes import NOW, batch_of

# Beside the repository, not in it: it is the vendor's.
FOLDER = Path(__file__).resolve().parents[3] / "shared" / "spec" / "machine"
FOUND = sorted(FOLDER.glob("openai-files-batches-chat-*.json"))

pytestmark = [
    pytest.mark.skipif(not FOUND, reason="the vendor's specification is not beside the repository"),
    pytest.mark.django_db,
]


@cache
def specification() -> dict:
    return json.loads(FOUND[-1].read_text())


def check(name: str, written: object) -> None:
    """The vendor's schemas reject the vendor's own nulls: null counts as absent here."""
    schema = {**specification(), "$ref": f"#/components/schemas/{name}"}
    jsonschema.Draft202012Validator(schema).validate(without_nulls(written))


def without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


@pytest.mark.parametrize("status", list(Batch.Status))
def test_a_batch(workspace, status: str):
    check("Batch", wire.write_batch(batch_of(status, workspace)))


@pytest.mark.parametrize("purpose", ["batch", "batch_output", "assistants", "fine-tune", "vision"])
def test_a_file(workspace, purpose: str):
    file = File(workspace=workspace, purpose=purpose, filename="x", expires_at=NOW)
    check("OpenAIFile", wire.write_file(file))
    check("DeleteFileResponse", wire.write_deleted(file))


def test_lists(workspace):
    file = wire.write_file(File(workspace=workspace, purpose="batch", filename="x"))
    batch = wire.write_batch(batch_of("completed", workspace))

    check("ListFilesResponse", wire.write_list([file, file], more=True))
    check("ListBatchesResponse", wire.write_list([batch], more=False))


def test_an_error():
    error = wire.write_error(RequestError("Oh.", code="c", param="p"))
    check("ErrorResponse", error)


def test_what_is_asked_for_is_what_the_vendor_would_take():
    body = {
        "input_file_id": "file-000000000000",
        "endpoint": "/v1/responses",
        "completion_window": "24h",
        "metadata": {"a": "b"},
        "output_expires_after": {"anchor": "created_at", "seconds": 3600},
        "provider": "openai",
    }
    check("CreateBatchRequest", body)
    wire.read_create(body, Fields({}))


def test_the_check_finds_what_is_wrong(workspace):
    batch = {**wire.write_batch(batch_of("completed", workspace)), "status": "ended"}

    with pytest.raises(jsonschema.ValidationError):
        check("Batch", batch)
