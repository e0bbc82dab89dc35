"""What Ctrl+K finds."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from providers.models import Membership
from tests.admin import make

pytestmark = pytest.mark.django_db


def rows(client: Client, text: str) -> dict[str, str]:
    """What is found, by its title: the way there."""
    answer = client.get("/admin/search/", {"s": text, "extended": "1"})
    assert answer.status_code == 200
    return {row.title: row.link for row in answer.context["results"]}


def test_an_id_of_any_kind_leads_to_what_it_names(admin_client: Client):
    batch = make.batch()
    job = make.job(batch, upstream_id="Batch-Of-Theirs")
    batch_page = f"/admin/batches/batch/{batch.pk}/change/"

    by_ours = rows(admin_client, f"msgbatch_{batch.pk}")
    by_theirs = rows(admin_client, "Batch-Of-Theirs")
    by_file = rows(admin_client, f"file-{batch.input_file_id}")

    for found in (by_ours, by_theirs, by_file):
        assert found[f"batch_{batch.pk}"] == batch_page
    assert by_theirs["Batch-Of-Theirs"] == f"/admin/batches/job/{job.pk}/change/"
    assert f"/admin/files/file/{batch.input_file_id}/change/" in by_file.values()


def test_names_and_places_are_found_too(admin_client: Client):
    make.credential("production account")

    assert "production account (OpenAI)" in rows(admin_client, "production")
    assert rows(admin_client, "audit")["Audit trail"] == "/admin/providers/auditevent/"


def test_other_text_is_searched_for_in_the_lists(admin_client: Client):
    batch = make.batch(status="failed", errors=[{"message": "Rate limit reached"}])

    link = rows(admin_client, "rate limit")["Search batches for “rate limit”"]

    assert [one.pk for one in admin_client.get(link).context["cl"].result_list] == [batch.pk]


def test_nothing_is_found_before_anything_is_typed(admin_client: Client):
    assert rows(admin_client, " ") == {}


def test_a_member_finds_what_is_theirs(client: Client):
    ours, theirs = make.workspace("ours"), make.workspace("theirs")
    own, other = make.batch(workspace=ours), make.batch(workspace=theirs)
    user = User.objects.create_user("vera", is_staff=True)
    Membership.objects.create(user=user, workspace=ours, role="viewer")
    client.force_login(user)

    assert f"batch_{own.pk}" in rows(client, own.pk)
    assert f"batch_{other.pk}" not in rows(client, other.pk)
    assert "theirs" not in rows(client, "theirs")
    assert "Audit trail" not in rows(client, "audit")


def test_it_takes_as_few_queries_however_much_there_is(
    admin_client: Client, django_assert_max_num_queries: Any
):
    make.batches(30)
    rows(admin_client, "nosuch")

    with django_assert_max_num_queries(12):
        rows(admin_client, "nosuch")


def test_strangers_are_asked_to_log_in(client: Client):
    assert client.get("/admin/search/", {"s": "batch"}).status_code == 302
