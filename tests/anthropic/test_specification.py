"""The vendor's machine-readable specification judges what this surface answers, where it is at hand."""

import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from batches.models import Batch
from files.models import File
from gateway.anthropic import wire
from gateway.surface import RequestError
from tests.anthropic.test_shapes import NOW, STATUSES, TIMES, batch_of

# Beside the repository, not in it: it is the vendor's.
FOLDER = Path(__file__).resolve().parents[3] / "shared" / "spec" / "machine"
FOUND = sorted(FOLDER.glob("anthropic-files-batches-messages-*.json"))

pytestmark = pytest.mark.skipif(
    not FOUND, reason="the vendor's specification is not beside the repository"
)


@cache
def specification() -> dict:
    return json.loads(FOUND[-1].read_text())


def check(name: str, written: object) -> None:
    schema = {**specification(), "$ref": f"#/components/schemas/{name}"}
    validator = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    validator.validate(written)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("more", [{}, dict.fromkeys(TIMES)])
@pytest.mark.parametrize("name", ["MessageBatch", "BetaMessageBatch"])
def test_batches(status: str, more: dict, name: str):
    check(name, wire.write_batch(batch_of(status, **more)))


@pytest.mark.parametrize("expires_at", [None, NOW])
def test_files(expires_at):
    file = File(filename="a", content_type="a/b", expires_at=expires_at, purpose="batch")
    check("BetaFileMetadataSchema", wire.write_file(file))


def test_lists():
    file = wire.write_file(File(filename="a", content_type="a/b"))
    batch = wire.write_batch(batch_of(Batch.Status.COMPLETED))
    for cursor in (wire.Cursor(1), wire.Cursor(1, before="x")):
        check("BetaFileListResponse", wire.write_files([file], cursor, more=True))
    check("BetaFileListResponse", wire.write_files([], wire.Cursor(1), more=False))
    for name in ("ListResponse_MessageBatch_", "BetaListResponse_MessageBatch_"):
        check(name, wire.write_list([batch], more=False))


def test_what_was_deleted():
    check("BetaFileDeleteResponse", wire.write_deleted("file_", "file_deleted", File()))
    deleted = wire.write_deleted("msgbatch_", "message_batch_deleted", Batch())
    check("DeleteMessageBatchResponse", deleted)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 429, 500, 503, 504, 529])
def test_errors(status: int):
    check("ErrorResponse", wire.write_error(RequestError("Oh.", status=status), "req_1"))
