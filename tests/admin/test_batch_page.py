"""The page of a batch."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from batches.admin.batch import MOST_EVENTS, MOST_JOBS
from batches.admin.lifeline import lifeline
from batches.models import Batch, BatchEvent, Job
from tests.admin import make


def url(batch: Batch) -> str:
    return f"/admin/batches/batch/{batch.pk}/change/"


def page(client: Client, batch: Batch) -> str:
    answer = client.get(url(batch))
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_shows_the_whole_batch(admin_client: Client):
    batch = make.batch(
        completed=60,
        failed=15,
        virtual_key=make.key("nightly")[0],
        metadata={"team": "ranking"},
        usage={"input_tokens": 12345, "input_tokens_details": {"cached_tokens": 678}},
        output_file=make.file(b"{}\n"),
        idempotency_key="nightly-7",
    )
    job = make.job(batch, last_error="no answer in 60 s", attempts=2, polled_at=timezone.now())
    batch.note("submitted", "accepted by the provider", job=job)
    shown = page(admin_client, batch)
    for text in (
        f"batch_{batch.pk}",
        "/v1/chat/completions",
        "provider says",
        "<b>60</b> completed",
        "<b>15</b> failed",
        "<b>25</b> left",
        "75% done",
        "nightly (",
        "ranking",
        "12,345",
        "input tokens · cached tokens",
        "678",
        "nightly-7",
        job.upstream_id,
        "production (OpenAI)",
        "no answer in 60 s",
        "accepted by the provider",
        f"/admin/batches/job/{job.pk}/change/",
        f"/admin/files/file/{batch.input_file_id}/download/",
        f"/admin/files/file/{batch.output_file_id}/change/",
    ):
        assert text in shown, text


def test_it_shows_which_lines_are_wrong(admin_client: Client):
    error = {"code": "invalid_url", "message": "Wrong url.", "param": "url", "line": 17}
    batch = make.batch(status="failed", errors=[error, {**error, "line": None, "param": None}])
    shown = page(admin_client, batch)
    for text in ("17", "invalid_url", "Wrong url.", "nothing of it was sent"):
        assert text in shown


def test_it_says_what_keeps_a_batch_and_when_it_is_tried_again(admin_client: Client):
    due = timezone.now() + timedelta(seconds=50)
    batch = make.batch(last_error="openai answered 503", attempts=3, due_at=due)
    shown = page(admin_client, batch)
    assert "openai answered 503" in shown
    assert "Tried 3 times" in shown


def test_it_shows_what_was_refused_and_what_was_dropped(admin_client: Client):
    batch = make.batch(
        provider="anthropic",
        total=2000,
        failed=1200,
        refused=1100,
        dropped={"requests": {"logit_bias": 1500, "seed": 3}, "answers": {"container": 7}},
    )
    make.job(batch, model="claude-opus-4-6")
    shown = page(admin_client, batch)
    for text in (
        "OpenAI <i>→</i> Anthropic",
        "(1,100 refused)",
        "Anthropic has no words for something in them",
        "logit_bias",
        "1,500",
        "requests",
        "container",
        "answers",
        "gpt-4.1-mini</code> and 1 more",
        "claude-opus-4-6",
    ):
        assert text in shown, text
    assert shown.index("logit_bias") < shown.index("seed")


def test_where_nothing_was_left_behind_it_says_nothing_of_it(admin_client: Client):
    shown = page(admin_client, make.batch(failed=3))
    for text in ("Left behind", "refused", "Dropped"):
        assert text not in shown


def test_the_life_line_goes_from_what_was_to_what_is_to_come():
    now = timezone.now()
    batch = Batch(status="in_progress", created_at=now - timedelta(minutes=2), in_progress_at=now)
    steps = lifeline(batch)
    names = ["created", "in progress", "finalizing", "completed"]
    assert [step.name for step in steps] == names
    assert [step.tone for step in steps] == ["good", "busy", "ahead", "ahead"]
    assert steps[1].took == timedelta(minutes=2)


@pytest.mark.parametrize("status", Batch.Status.values)
def test_every_status_has_a_page(admin_client: Client, status: str):
    stamp = {f"{status}_at": timezone.now()} if status != "validating" else {}
    shown = page(admin_client, make.batch(status=status, total=0, **stamp))
    assert status.replace("_", " ") in shown


@pytest.mark.parametrize("status", Job.Status.values)
def test_every_status_of_a_job_has_a_place_on_it(admin_client: Client, status: str):
    batch = make.batch()
    make.job(batch, status=status, upstream_id="", polled_at=None, due_at=None)
    assert status in page(admin_client, batch)


def test_it_does_not_grow_with_jobs_and_events(
    admin_client: Client, django_assert_max_num_queries: Any
):
    batch = make.batch()
    first = make.job(batch)
    fields = {"batch": batch, "credential": first.credential, "first": 0, "records": 1}
    Job.objects.bulk_create(Job(ordinal=place, **fields) for place in range(1, MOST_JOBS + 5))
    events = [BatchEvent(batch=batch, job=first, kind=f"e{i}") for i in range(MOST_EVENTS + 5)]
    BatchEvent.objects.bulk_create(events)
    with django_assert_max_num_queries(10):
        shown = page(admin_client, batch)
    assert shown.count("not sent") == MOST_JOBS - 1
    assert f"/admin/batches/job/?q={batch.pk}" in shown
    assert "Older events are left out" in shown


def test_nothing_can_be_written(admin_client: Client):
    batch = make.batch()
    assert admin_client.post(url(batch), {"status": "completed"}).status_code == 403
    assert admin_client.post(f"/admin/batches/batch/{batch.pk}/delete/").status_code == 403
    batch.refresh_from_db()
    assert batch.status == "in_progress"
    assert 'name="_save"' not in page(admin_client, batch)


def test_the_text_of_no_record_is_on_it(admin_client: Client):
    batch = make.batch(
        input_file=make.file(b'{"custom_id":"a","body":{"prompt":"my secret diary"}}\n')
    )
    assert "diary" not in page(admin_client, batch)


def test_what_clients_and_providers_wrote_is_escaped(admin_client: Client):
    evil = "<img src=x onerror=alert(1)>"
    batch = make.batch(
        model=evil,
        endpoint=evil,
        last_error=evil,
        metadata={evil: evil},
        usage={evil: 1},
        errors=[{"code": evil, "message": evil, "param": evil, "line": 1}],
        input_file=make.file(filename=evil),
        idempotency_key=evil,
        dropped={"requests": {evil: 1}, "answers": {evil: 1}},
    )
    job = make.job(batch, model=evil, upstream_id=evil, upstream_status=evil, last_error=evil)
    batch.note(evil, evil, job=job)
    shown = page(admin_client, batch)
    assert evil not in shown
    assert "&lt;img src=x" in shown


def test_an_unknown_batch_is_said_to_be_unknown(admin_client: Client):
    answer = admin_client.get("/admin/batches/batch/000000000000/change/", follow=True)
    assert "exist" in answer.content.decode()


def test_who_may_only_view_sees_no_button_that_acts(client_with: Any):
    batch = make.batch()
    shown = page(client_with("batches.view_batch"), batch)
    for text in ("Poll now", "Cancel", f"{batch.pk}/input/", "/download/"):
        assert text not in shown


def test_the_buttons_follow_the_status(admin_client: Client):
    running, ended = make.batch(), make.batch(status="completed")
    make.job(ended, status="collected")
    assert "Poll now" in page(admin_client, running)
    assert f"{running.pk}/cancel/" in page(admin_client, running)
    assert f"{running.pk}/collect/" not in page(admin_client, running)
    assert f"{ended.pk}/collect/" in page(admin_client, ended)
    assert f"{ended.pk}/cancel/" not in page(admin_client, ended)


def test_it_shows_what_a_client_of_aws_asked_for(admin_client: Client):
    batch = make.batch(
        name="nightly run",
        inline=True,
        input_uri="s3://in/questions.jsonl",
        output_uri="s3://out/answers/",
        role_arn="arn:aws:iam::123456789012:role/batch",
        tags={"team": "search"},
        timeout_hours=48,
        output_file=make.file(b"{}\n"),
        error_file=make.file(b"{}\n"),
        results_file=make.file(b"{}\n{}\n"),
        deleted_at=timezone.now(),
    )
    shown = page(admin_client, batch)
    for text in (
        "nightly run",
        "came with its creation",
        "s3://in/questions.jsonl",
        "s3://out/answers/",
        "arn:aws:iam::123456789012:role/batch",
        "48 h",
        "<dt>team</dt><dd>search</dd>",
        "All results",
        f"/admin/files/file/{batch.results_file_id}/download/",
        "Deleted by its client",
    ):
        assert text in shown, text


def test_results_without_failures_are_shown_once(admin_client: Client):
    output = make.file(b"{}\n")
    shown = page(admin_client, make.batch(output_file=output, results_file=output))
    assert shown.count(f"/admin/files/file/{output.pk}/download/") == 1
    assert "All results" not in shown


def test_what_is_over_for_a_batch_is_not_among_its_details(admin_client: Client):
    over = page(admin_client, make.batch(status="completed", expires_at=timezone.now()))
    busy = page(admin_client, make.batch(status="in_progress", expires_at=timezone.now()))

    assert "<dt>Expires</dt>" not in over
    assert "<dt>Expires</dt>" in busy
