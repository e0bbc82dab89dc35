"""The SDK's own types judge what this surface answers."""

import json
import typing
from datetime import timedelta

import pytest
from django.utils import timezone
from openai import _models
from openai.types import Batch as SDKBatch
from openai.types import FileDeleted, FileObject, FilePurpose, batch_create_params
from openai.types.file_create_params import FileCreateParams

from batches.models import Batch
from files.models import File
from gateway.fields import Fields
from gateway.openai import wire
from gateway.surface import RequestError
from providers.openai import dialect

NOW = timezone.now()
ENDPOINTS = dialect.ENDPOINTS
STATUSES = list(Batch.Status)


def literals(annotation: object) -> set[str]:
    return set(typing.get_args(annotation))


def hints(params: type) -> dict[str, typing.Any]:
    return typing.get_type_hints(params)


def strict(kind: type, data: object) -> typing.Any:
    """What the SDK makes of JSON when it validates strictly; nothing of it may be lost."""
    data = json.loads(json.dumps(data))
    made: typing.Any = _models.validate_type(type_=kind, value=data)
    assert made.to_dict() == data
    return made


def batch_of(status: str, workspace, **fields: object) -> Batch:
    """A batch with everything that such a one can have."""
    file = File.objects.create(workspace=workspace, purpose="batch", filename="in.jsonl")
    times = {name: NOW + timedelta(minutes=number) for number, name in enumerate(wire.TIMES)}
    given = {
        "endpoint": ENDPOINTS[0],
        "surface": "openai",
        "provider": "openai",
        "input_file": file,
        "output_file": file,
        "error_file": file,
        "model": "gpt-5-mini",
        "metadata": {"a": "b"},
        "errors": [{"code": "c", "message": "m", "param": "p", "line": 3}],
        "total": 3,
        "completed": 2,
        "failed": 1,
        "usage": {
            "input_tokens": 1,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 2,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 3,
        },
        **times,
        **fields,
    }
    return Batch.objects.create(workspace=workspace, status=status, **given)


def test_every_status_of_ours_has_a_word_of_the_sdks():
    assert set(wire.STATUS) == set(Batch.Status)
    assert set(wire.STATUS.values()) == literals(SDKBatch.model_fields["status"].annotation)


def test_the_endpoints_are_those_of_the_sdk():
    assert set(ENDPOINTS) == literals(hints(batch_create_params.BatchCreateParams)["endpoint"])


def test_the_completion_windows_are_those_of_the_sdk():
    params = hints(batch_create_params.BatchCreateParams)
    assert literals(params["completion_window"]) == {"24h"}


def test_the_purposes_of_uploads_are_those_of_the_sdk():
    # `evals` is a purpose for another of the vendor's products.
    assert literals(FilePurpose) - set(wire.UPLOAD_PURPOSES) <= {"evals"}
    assert set(wire.UPLOAD_PURPOSES) <= literals(FilePurpose)
    assert hints(FileCreateParams)["purpose"]


def test_the_parameters_of_a_create_are_those_of_the_sdk(workspace):
    known = set(hints(batch_create_params.BatchCreateParams))
    body = {
        "input_file_id": "file-000000000000",
        "endpoint": ENDPOINTS[0],
        "completion_window": "24h",
        "metadata": None,
        "output_expires_after": None,
    }
    assert set(body) == known
    assert wire.read_create(body, Fields({}))[0] == body["input_file_id"]


@pytest.mark.parametrize("status", STATUSES)
def test_a_full_batch_is_one_of_the_sdks(workspace, status: str):
    made = strict(SDKBatch, wire.write_batch(batch_of(status, workspace)))

    assert made.status == status
    assert set(made.model_extra) == {"provider"}
    assert made.errors.data[0].line == 3
    assert made.created_at < 2 * NOW.timestamp()


@pytest.mark.parametrize("status", STATUSES)
def test_an_empty_batch_is_one_of_the_sdks(workspace, status: str):
    nothing = dict.fromkeys(
        ["output_file", "error_file", "metadata", "errors", "usage", *wire.TIMES]
    )

    made = strict(SDKBatch, wire.write_batch(batch_of(status, workspace, model="", **nothing)))

    assert made.model is None
    assert made.request_counts.total == (0 if status == "validating" else 3)


def test_all_that_the_sdk_knows_of_a_batch_is_written(workspace):
    written = wire.write_batch(batch_of("completed", workspace))

    assert set(SDKBatch.model_fields) == set(written) - {"provider"}


@pytest.mark.parametrize("purpose", sorted(set(File.Purpose) - set(File.HIDDEN)))
@pytest.mark.parametrize("expires_at", [None, NOW])
def test_a_file_is_one_of_the_sdks(workspace, purpose: str, expires_at):
    file = File(workspace=workspace, purpose=purpose, filename="ü", size=3, expires_at=expires_at)

    made = strict(FileObject, wire.write_file(file))

    assert made.id == f"file-{file.id}"
    assert made.purpose == purpose
    assert not made.model_extra
    assert set(FileObject.model_fields) == set(wire.write_file(file))


def test_a_deleted_file_is_one_of_the_sdks(workspace):
    file = File(workspace=workspace, purpose="batch", filename="x")

    made = strict(FileDeleted, wire.write_deleted(file))

    assert (made.id, made.deleted, made.model_extra) == (f"file-{file.id}", True, {})


def test_a_list_has_what_the_vendor_writes():
    items = [{"id": "file-1"}, {"id": "file-2"}]

    assert wire.write_list(items, more=True) == {
        "object": "list",
        "data": items,
        "first_id": "file-1",
        "last_id": "file-2",
        "has_more": True,
    }
    assert wire.write_list([], more=False) == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, "invalid_request_error", "some_code"),
        (401, "invalid_request_error", "invalid_api_key"),
        (404, "invalid_request_error", "some_code"),
        (413, "invalid_request_error", "some_code"),
        (500, "server_error", "some_code"),
        (507, "server_error", "some_code"),
    ],
)
def test_an_error_has_the_vendors_envelope(status: int, kind: str, code: str):
    error = RequestError("Oh.", status=status, code="some_code", param="x")

    assert wire.write_error(error) == {
        "error": {"message": "Oh.", "type": kind, "param": "x", "code": code}
    }
