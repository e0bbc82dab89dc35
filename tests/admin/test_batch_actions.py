"""What an operator does with batches."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from batches.models import Batch
from tests.admin import make

LIST = "/admin/batches/batch/"


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def run(client: Client, action: str, *batches: Batch, **data: str) -> Any:
    chosen = {"action": action, "_selected_action": [batch.pk for batch in batches]}
    return client.post(LIST, {**chosen, **data})


def press(client: Client, verb: str, batch: Batch, **data: str) -> Any:
    return client.post(f"{LIST}{batch.pk}/{verb}/", data)


def test_poll_now_makes_running_jobs_due_and_rings(admin_client: Client, ringing: Any):
    batch, ended = make.batch(), make.batch(status="completed")
    running, collected = make.job(batch), make.job(ended, status="collected", due_at=None)
    with ringing() as rung:
        answer = run(admin_client, "poll_now", batch, ended)
    assert rung == [("poll",)]
    assert said(answer) == ["1 running job will be polled now."]
    running.refresh_from_db()
    collected.refresh_from_db()
    assert running.due_at is not None
    assert running.due_at <= timezone.now()
    assert collected.due_at is None


def test_poll_now_says_when_nothing_runs(admin_client: Client, ringing: Any):
    with ringing() as rung:
        answer = press(admin_client, "poll", make.batch())
    assert rung == []
    assert said(answer) == ["No job of theirs is running."]


def test_poll_now_needs_a_post(admin_client: Client):
    assert admin_client.get(f"{LIST}{make.batch().pk}/poll/").status_code == 405


def test_cancel_asks_before_it_acts(admin_client: Client, ringing: Any):
    batch = make.batch()
    with ringing() as rung:
        pages = [
            admin_client.get(f"{LIST}{batch.pk}/cancel/"),
            press(admin_client, "cancel", batch),
            run(admin_client, "cancel", batch),
        ]
    batch.refresh_from_db()
    assert batch.status == "in_progress"
    assert rung == []
    for page in pages:
        assert "Cancel 1 batch?" in page.content.decode()
        assert f"batch_{batch.pk}" in page.content.decode()


def test_cancel_stops_those_that_it_can_and_says_which_it_cannot(
    admin_client: Client, ringing: Any
):
    first, second = make.batch(), make.batch(status="validating")
    over, gone = make.batch(status="completed"), make.batch(status="cancelled")
    with ringing() as rung:
        answer = run(admin_client, "cancel", first, second, over, gone, confirmed="1")
    assert sorted(rung) == sorted([("advance", first.pk), ("advance", second.pk)])
    assert sorted(said(answer)) == [
        "1 batch had been cancelled before.",
        "2 batches will be cancelled.",
        f"batch_{over.pk}: Cannot cancel a batch with status 'completed'.",
    ]
    statuses = Batch.objects.filter(pk__in=[first.pk, second.pk]).values_list("status", flat=True)
    assert set(statuses) == {"cancelling"}


def test_what_is_cancelled_already_is_not_asked_about(admin_client: Client):
    batch = make.batch(status="cancelling")
    answer = press(admin_client, "cancel", batch)
    assert answer.url == f"{LIST}{batch.pk}/change/"
    assert said(answer) == ["1 batch had been cancelled before."]


def test_cancel_from_the_page(admin_client: Client, ringing: Any):
    batch = make.batch()
    with ringing() as rung:
        answer = press(admin_client, "cancel", batch, confirmed="1")
    assert answer.url == f"{LIST}{batch.pk}/change/"
    assert rung == [("advance", batch.pk)]
    history = admin_client.get(f"{LIST}{batch.pk}/history/").content.decode()
    assert "Cancelled." in history


def test_collect_again_asks_and_then_rings(admin_client: Client, ringing: Any):
    batch = make.batch(status="completed")
    job = make.job(batch, status="collected")
    assert "again?" in press(admin_client, "collect", batch).content.decode()
    with ringing() as rung:
        answer = press(admin_client, "collect", batch, confirmed="1")
    assert rung == [("advance", batch.pk)]
    assert said(answer) == ["1 batch will be collected again."]
    job.refresh_from_db()
    batch.refresh_from_db()
    assert (batch.status, job.status) == ("finalizing", "ended")


def test_collect_again_says_why_it_cannot(admin_client: Client, ringing: Any):
    batch = make.batch()
    with ringing() as rung:
        answer = run(admin_client, "collect_again", batch, confirmed="1")
    assert rung == []
    assert said(answer) == [
        f"batch_{batch.pk}: Batch {batch.pk} is in_progress and has no results."
    ]


@pytest.mark.parametrize("verb", ["poll", "cancel", "collect"])
def test_acting_needs_the_permission_to_change(client_with: Any, verb: str):
    batch = make.batch()
    viewer = client_with("batches.view_batch", "files.view_file")
    assert press(viewer, verb, batch, confirmed="1").status_code == 403
    operator = client_with("batches.view_batch", "batches.change_batch")
    assert press(operator, verb, batch, confirmed="1").status_code == 302


@pytest.mark.parametrize("action", ["poll_now", "cancel", "collect_again"])
def test_actions_of_the_list_are_not_there_for_who_may_only_view(client_with: Any, action: str):
    batch = make.batch()
    viewer = client_with("batches.view_batch")
    assert f'value="{action}"' not in viewer.get(LIST).content.decode()
    run(viewer, action, batch, confirmed="1")
    batch.refresh_from_db()
    assert batch.status == "in_progress"


@pytest.mark.parametrize("verb", ["poll", "cancel", "collect", "input", "results"])
def test_strangers_are_sent_to_the_login(client: Client, db: None, verb: str):
    answer = press(client, verb, make.batch())
    assert answer.status_code == 302
    assert "/admin/login/" in answer.url


def test_a_forged_form_is_refused(admin_user: Any):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    batch = make.batch()
    assert press(client, "cancel", batch, confirmed="1").status_code == 403
    batch.refresh_from_db()
    assert batch.status == "in_progress"


def test_acting_on_nothing_is_not_found(admin_client: Client):
    assert admin_client.post(f"{LIST}000000000000/poll/").status_code == 404
