"""Jobs that others made: the list, the page, adopting, and looking again."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.models import Batch, OutsideJob
from providers.models import AuditEvent, Membership
from tests.admin import make

LIST = "/admin/batches/outsidejob/"
SEES = "batches.view_outsidejob"
ACTS = ("batches.change_outsidejob", "batches.change_batch")
pytestmark = pytest.mark.django_db


def job(**fields: Any) -> OutsideJob:
    made = fields.pop("credential", None) or make.credential()
    usual = {"upstream_id": "batch_theirs", "upstream_status": "in_progress", "total": 5}
    return OutsideJob.objects.create(credential=made, **{**usual, **fields})


def shown(client: Client, **query: Any) -> list[str]:
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    return [one.upstream_id for one in answer.context["cl"].result_list]


def test_the_list_tells_where_each_stands(admin_client: Client):
    job(name="nightly", model="gpt-5-mini", completed=2, failed=1)

    page = admin_client.get(LIST).content.decode()

    for text in (
        "batch_theirs",
        "nightly · gpt-5-mini",
        "OpenAI",
        "in_progress",
        "2 of 5",
        "1 failed",
    ):
        assert text in page
    assert "Sync now" in page


def test_the_list_is_narrowed_and_searched(admin_client: Client):
    account = make.credential()
    done = {"credential": account, "ending": "completed", "upstream_status": "completed"}
    job(credential=account, input_id="file-1")
    job(upstream_id="batch_adopted", batch=make.batch(), **done)

    assert shown(admin_client, adopted="yes") == ["batch_adopted"]
    assert shown(admin_client, adopted="no") == ["batch_theirs"]
    assert shown(admin_client, ending="running") == ["batch_theirs"]
    assert shown(admin_client, ending="completed") == ["batch_adopted"]
    assert shown(admin_client, credential__provider__exact="gemini") == []
    batch = OutsideJob.objects.get(upstream_id="batch_adopted").batch_id
    for text, name in (("file-1", "batch_theirs"), (f"batch_{batch}", "batch_adopted")):
        assert shown(admin_client, q=text) == [name]


def test_the_number_of_statements_does_not_grow_with_the_list(
    admin_client: Client, django_assert_max_num_queries: Any
):
    account = make.credential()
    for number in range(30):
        job(credential=account, upstream_id=f"batch_{number}", batch=make.batch())

    with django_assert_max_num_queries(14):
        assert len(shown(admin_client)) == 30


def test_it_is_adopted_into_the_workspace_that_was_chosen(admin_client: Client, ringing: Any):
    one, research = job(), make.workspace("research")
    make.workspace("default")
    form = admin_client.get(f"{LIST}{one.pk}/adopt/").content.decode()
    assert "research" in form
    assert not Batch.objects.exists()

    with ringing() as rung:
        admin_client.post(f"{LIST}{one.pk}/adopt/", {"workspace": research.pk})

    batch = Batch.objects.get()
    assert batch.workspace == research
    assert ("poll",) in rung
    event = AuditEvent.objects.get(action="job.adopted")
    assert (event.workspace, event.target, event.actor) == (research, one.pk, "admin")
    page = admin_client.get(f"{LIST}{one.pk}/change/").content.decode()
    assert f"batch_{batch.pk}" in page
    assert "Adopt into" not in page


def test_it_links_to_the_vendors_own_page_of_it(admin_client: Client):
    here, elsewhere = job(), job(credential=make.credential("proxy", base_url="http://10.0.0.1/v1"))

    pages = [
        admin_client.get(f"{LIST}{one.pk}/change/").content.decode() for one in (here, elsewhere)
    ]

    assert ["platform.openai.com/batches/batch_theirs" in page for page in pages] == [True, False]


def test_without_a_choice_nothing_is_adopted(admin_client: Client):
    one = job()
    make.workspace("default"), make.workspace("research")

    answer = admin_client.post(f"{LIST}{one.pk}/adopt/", {"workspace": ""})

    assert "This field is required" in answer.content.decode()
    assert not Batch.objects.exists()


def test_only_those_adopt_who_may(client_with: Any):
    one, research = job(), make.workspace("research")
    client = client_with(SEES)
    assert "Sync now" not in client.get(LIST).content.decode()

    answers = [
        client.post(f"{LIST}{one.pk}/adopt/", {"workspace": research.pk}),
        client.post(f"{LIST}all/sync/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert not Batch.objects.exists()


def test_a_member_adopts_from_their_own_accounts_into_their_own_workspace(ringing: Any):
    ours, others = make.workspace("ours"), make.workspace("others")
    own = make.credential("own", workspace=ours)
    shared = job(upstream_id="batch_shared")
    one = job(credential=own)
    user = User.objects.create_user("ann", is_staff=True)
    Membership.objects.create(user=user, workspace=ours, role="operator")
    client = Client()
    client.force_login(user)

    assert shown(client) == ["batch_theirs"]
    with ringing() as rung:
        client.post(f"{LIST}all/sync/")
        client.post(f"{LIST}{one.pk}/adopt/", {"workspace": others.pk})

    assert ("sync_credential", own.pk) in rung
    assert ("sync_credential", shared.credential_id) not in rung
    assert Batch.objects.get().workspace == ours


def test_all_accounts_are_listed_when_asked_to(admin_client: Client, ringing: Any):
    one = make.credential()
    make.credential("brought", direct=True)

    with ringing() as rung:
        admin_client.post(f"{LIST}all/sync/")

    assert rung == [("sync_credential", one.pk)]
    assert admin_client.get(f"{LIST}all/sync/").status_code == 405
