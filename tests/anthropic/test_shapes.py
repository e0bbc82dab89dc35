"""The SDK's own types, and the vendor's specification, judge what this surface answers."""

import json
import typing
from datetime import timedelta

import pytest
from anthropic import _models, types
from anthropic.types import beta
from anthropic.types.beta import messages as beta_messages
from django.utils import timezone

from batches.models import Batch
from files.models import File
from gateway.anthropic import wire
from gateway.surface import RequestError

NOW = timezone.now()
STATUSES = list(Batch.Status)
TIMES = [*wire.ENDS, "cancelling_at"]


def literals(annotation: object) -> set[str]:
    return set(typing.get_args(annotation))


def strict(kind: type, data: object) -> typing.Any:
    """What the SDK makes of JSON when it validates strictly; nothing of it may be lost."""
    data = json.loads(json.dumps(data))
    made: typing.Any = _models.validate_type(type_=kind, value=data)
    assert json.loads(made.to_json()) == data
    return made


def batch_of(status: str, **fields: object) -> Batch:
    """A batch with everything that such a one can have; it is not kept."""
    times = {name: NOW + timedelta(minutes=number) for number, name in enumerate(TIMES)}
    given = {
        "provider": "gemini",
        "total": 9,
        "completed": 3,
        "failed": 6,
        "failures": {"expired": 1, "cancelled": 2, "missing": 3},
        "expires_at": NOW,
        **times,
        **fields,
    }
    return Batch(status=status, **given)


def test_every_status_of_ours_has_a_word_of_the_sdks():
    assert set(wire.STATUS) == set(Batch.Status)
    for kind in (types.messages.MessageBatch, beta_messages.BetaMessageBatch):
        known = literals(kind.model_fields["processing_status"].annotation)
        assert set(wire.STATUS.values()) == known


def test_every_error_has_a_type_of_the_sdks():
    known = set(typing.get_args(types.shared.ErrorType))
    assert {*wire.ERRORS.values(), "api_error", "invalid_request_error"} - known <= {
        # In the documentation, and in no answer that the SDK's types describe.
        "conflict_error",
        "request_too_large",
    }


@pytest.mark.parametrize("kind", [types.messages.MessageBatch, beta_messages.BetaMessageBatch])
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("more", [{}, dict.fromkeys(TIMES)])
def test_a_batch_is_one_of_the_sdks(kind: type, status: str, more: dict):
    written = wire.write_batch(batch_of(status, **more))
    made = strict(kind, written)

    assert set(made.model_extra) == {"provider"}
    assert set(kind.model_fields) == set(written) - {"provider"}
    assert (made.results_url is None) == (made.processing_status != "ended")
    assert sum(made.request_counts.to_dict().values()) == 9


def test_an_end_is_told_of_what_has_ended():
    assert strict(types.messages.MessageBatch, wire.write_batch(batch_of("completed"))).ended_at
    running = wire.write_batch(batch_of("finalizing"))
    assert running["ended_at"] is None


@pytest.mark.parametrize("status", STATUSES)
def test_all_are_processing_until_the_batch_has_ended(status: str):
    counts = wire.write_counts(batch_of(status))

    if wire.STATUS[status] != "ended":
        assert counts["processing"] == 9
    elif status == "failed":
        assert counts["errored"] == 9
    else:
        expected = {"processing": 0, "succeeded": 3, "errored": 3, "canceled": 2, "expired": 1}
        assert counts == expected


@pytest.mark.parametrize("kind", [types.FileMetadata, beta.BetaFileMetadata])
@pytest.mark.parametrize("expires_at", [None, NOW])
def test_a_file_is_one_of_the_sdks(kind: type, expires_at):
    file = File(purpose="batch", filename="ü", size=3, content_type="a/b", expires_at=expires_at)

    made = strict(kind, wire.write_file(file))

    assert (made.id, made.size_bytes, made.size) == (f"file_{file.id}", 3, 3)
    assert (made.mime_type, made.downloadable) == ("a/b", True)
    assert set(made.model_extra) - {"scope"} == {"size"}


def test_what_was_deleted_is_one_of_the_sdks():
    file = strict(beta.BetaDeletedFile, wire.write_deleted("file_", "file_deleted", File()))
    deleted = wire.write_deleted("msgbatch_", "message_batch_deleted", Batch())
    batch = strict(beta_messages.BetaDeletedMessageBatch, deleted)
    assert (file.type, batch.type) == ("file_deleted", "message_batch_deleted")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (405, "invalid_request_error"),
        (413, "request_too_large"),
        (500, "api_error"),
        (503, "api_error"),
        (507, "api_error"),
    ],
)
def test_an_error_has_the_vendors_envelope(status: int, kind: str):
    error = RequestError("Oh.", status=status, code="some_code", param="x")

    assert wire.write_error(error, "req_1") == {
        "type": "error",
        "error": {"type": kind, "message": "Oh."},
        "request_id": "req_1",
    }
