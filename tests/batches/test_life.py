"""From `validating` to an end, step by step."""

import json

import pytest

from batches import services
from batches.models import Batch, Job
from files import services as files
from files.models import File
from providers.base import Limits
from providers.openai.upstream import OpenAIUpstream
from tests.batches.conftest import line, live, results

pytestmark = pytest.mark.django_db


def test_it_completes_with_every_answer_in_order(make, sandbox):
    batch = live(make(50))

    output, errors = results(batch)
    assert batch.status == Batch.Status.COMPLETED
    assert [one["custom_id"] for one in output] == [f"c-{number}" for number in range(50)]
    assert errors == []
    assert batch.error_file is None
    assert (batch.total, batch.completed, batch.failed) == (50, 50, 0)
    assert batch.usage["total_tokens"] > 0
    assert batch.model == "gpt-5-mini"
    assert sandbox.count("batches.create") == 1


def test_the_timeline_tells_its_story(make):
    batch = live(make())

    kinds = [event.kind for event in batch.events.all()]
    assert kinds == [
        "created",
        "validated",
        "submitted",
        "in progress",
        "ended",
        "fetched",
        "completed",
    ]


def test_failed_lost_and_repeated_records_get_one_line_each(make):
    lines = [line(number) for number in range(12)]
    lines[2] = line(2, "[sandbox:status=429]")
    lines[5] = line(5, "[sandbox:lost]")
    lines[7] = line(7, "[sandbox:twice]")
    lines[9] = line(9, "[sandbox:status=400]")

    batch = live(make(lines))

    output, errors = results(batch)
    assert [one["custom_id"] for one in errors] == ["c-2", "c-5", "c-9"]
    assert errors[0]["response"]["status_code"] == 429
    assert errors[1]["error"]["code"] == "result_missing"
    assert [one["custom_id"] for one in output] == [
        f"c-{number}" for number in range(12) if number not in (2, 5, 9)
    ]
    assert (batch.total, batch.completed, batch.failed) == (12, 9, 3)
    assert batch.events.filter(kind="stray results", message="1 repeated").exists()


def test_what_is_wrong_is_told_by_line_and_nothing_is_sent(make, sandbox):
    good = json.dumps(line(1))
    content = "\n".join(
        [
            good,
            "",
            "{",
            json.dumps({**line(2), "custom_id": None}),
            good,
            json.dumps(line(3, method="GET")),
            json.dumps(line(4, url="/v1/embeddings")),
        ]
    )

    batch = live(make.from_bytes(content.encode()))

    assert batch.status == Batch.Status.FAILED
    assert [(error["line"], error["code"]) for error in batch.errors] == [
        (3, "invalid_json_line"),
        (4, "missing_required_parameter"),
        (5, "duplicate_custom_id"),
        (6, "invalid_method"),
        (7, "invalid_url"),
    ]
    assert sandbox.count("files.create") == 0


def test_at_most_a_hundred_errors_are_kept(make):
    batch = live(make.from_bytes(b"{\n" * 150))

    assert len(batch.errors) == 100


@pytest.mark.parametrize("content", [b"", b"\n\r\n  \n", b"\xef\xbb\xbf"])
def test_an_empty_file_fails(make, content):
    batch = live(make.from_bytes(content))

    assert [error["code"] for error in batch.errors] == ["empty_file"]


def test_a_batch_over_the_providers_limits_becomes_several_jobs(make, sandbox, monkeypatch):
    limits = Limits(records=7, bytes=10**6, one_model=True)
    monkeypatch.setattr(OpenAIUpstream, "limits", limits)

    batch = live(make(20))

    output, _ = results(batch)
    assert [job.records for job in batch.jobs.order_by("ordinal")] == [7, 7, 6]
    assert [one["custom_id"] for one in output] == [f"c-{number}" for number in range(20)]
    assert sandbox.count("batches.create") == 3
    assert (batch.total, batch.completed) == (20, 20)


def test_each_model_has_a_job_and_the_results_are_one_file(make, sandbox):
    models = ["gpt-5-mini", "gpt-5", "gpt-5-mini", "gpt-5", "gpt-4.1"]
    lines = [line(number) for number in range(len(models))]
    for one, model in zip(lines, models, strict=True):
        one["body"]["model"] = model

    batch = live(make(lines))

    output, errors = results(batch)
    assert [(job.model, job.first, job.records) for job in batch.jobs.order_by("ordinal")] == [
        ("gpt-5-mini", 0, 2),
        ("gpt-5", 1, 2),
        ("gpt-4.1", 4, 1),
    ]
    assert [one["custom_id"] for one in output] == [f"c-{number}" for number in range(5)]
    answered = [one["response"]["body"]["model"] for one in output]
    assert all(said.startswith(asked) for said, asked in zip(answered, models, strict=True))
    assert not errors
    assert sandbox.count("batches.create") == 3


def test_fifty_models_are_enough(make, sandbox):
    lines = [line(number) for number in range(51)]
    for number, one in enumerate(lines):
        one["body"]["model"] = f"model-{number}"

    batch = live(make(lines))

    assert [(error["line"], error["code"]) for error in batch.errors] == [(51, "mismatched_model")]
    assert sandbox.count("files.create") == 0


def test_one_failed_job_fails_only_its_records(make, monkeypatch):
    limits = Limits(records=2, bytes=10**6, one_model=True)
    monkeypatch.setattr(OpenAIUpstream, "limits", limits)
    lines = [line(0), line(1), line(2, "[sandbox:batch=fail]"), line(3), line(4)]

    batch = live(make(lines))

    output, errors = results(batch)
    assert batch.status == Batch.Status.COMPLETED
    assert [one["custom_id"] for one in output] == ["c-0", "c-1", "c-4"]
    assert [one["custom_id"] for one in errors] == ["c-2", "c-3"]


def test_a_batch_that_fails_whole_upstream_fails_here_with_its_reason(make):
    batch = live(make([line(0), line(1, "[sandbox:batch=fail]")]))

    assert batch.status == Batch.Status.FAILED
    assert batch.errors[0]["message"]


def test_an_expired_batch_keeps_what_was_done(make):
    batch = live(make([line(number, "[sandbox:batch=expire]") for number in range(6)]))

    output, errors = results(batch)
    assert batch.status == Batch.Status.EXPIRED
    assert batch.expired_at is not None
    assert len(output) + len(errors) == 6
    assert {one["error"]["code"] for one in errors} <= {"batch_expired"}


def test_a_model_given_for_the_batch_replaces_that_of_its_records(make):
    batch = live(make(2, model_override="gpt-5-nano"))

    output, _ = results(batch)
    assert {one["response"]["body"]["model"] for one in output} == {"gpt-5-nano"}
    assert batch.model == "gpt-5-nano"


def test_results_stay_when_the_provider_has_forgotten_them(make, sandbox):
    batch = live(make())
    sandbox.control("POST", "reset")

    assert len(results(batch)[0]) == 3


def test_collecting_again_writes_the_same_results_anew(make, sandbox):
    batch = live(make())
    first, old = results(batch), batch.output_file

    batch = live(services.collect_again(batch))

    assert batch.status == Batch.Status.COMPLETED
    assert results(batch) == first
    assert batch.output_file != old
    old.refresh_from_db()
    assert old.status == File.Status.DELETING


def test_collecting_again_falls_back_on_what_was_kept(make, sandbox):
    batch = live(make())
    first = results(batch)
    sandbox.control("POST", "reset")

    batch = live(services.collect_again(batch))

    assert results(batch) == first
    assert batch.events.filter(kind="results gone").exists()


def test_results_that_the_provider_lost_are_failures_with_a_reason(make, sandbox):
    batch = make()
    services.advance(batch.pk)
    job = batch.jobs.get()
    while job.status == Job.Status.RUNNING:
        services.poll(job.credential_id)
        job.refresh_from_db()
    sandbox.control("POST", "reset")

    batch = live(batch)

    assert batch.status == Batch.Status.COMPLETED
    assert [one["error"]["code"] for one in results(batch)[1]] == ["results_gone"] * 3


def test_an_input_that_is_deleted_meanwhile_stays_until_the_end(make):
    batch = make()
    services.advance(batch.pk)
    files.delete(batch.input_file)
    services.expire()

    batch = live(batch)
    assert batch.status == Batch.Status.COMPLETED

    services.expire()
    batch.input_file.refresh_from_db()
    assert batch.input_file.status == File.Status.DELETED
    with pytest.raises(FileNotFoundError):
        b"".join(files.stream(batch.input_file))


def test_output_expires_as_asked(make):
    batch = live(make(output_expires_seconds=3600))

    lifetime = batch.output_file.expires_at - batch.output_file.created_at
    assert 3590 < lifetime.total_seconds() < 3660
