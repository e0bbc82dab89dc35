"""The first page, the login, and the admin's own users."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from tests.admin import make

FIRST = "/admin/"


def test_it_counts_what_runs_and_what_is_recent(admin_client: Client):
    long_ago = timezone.now() - timedelta(days=30)
    make.batch(created_at=long_ago)
    make.batch(created_at=long_ago, status="completed")
    make.batch(status="completed")
    tiles = admin_client.get(FIRST).context["tiles"]
    counts = {tile["url"].split("=")[-1]: tile["count"] for tile in tiles}
    assert counts == {
        "validating": 0,
        "in_progress": 1,
        "finalizing": 0,
        "completed": 1,
        "failed": 0,
        "expired": 0,
        "cancelling": 0,
        "cancelled": 0,
    }


def test_a_tile_leads_to_its_batches(admin_client: Client):
    batch = make.batch(status="failed")
    make.batch()
    tiles = admin_client.get(FIRST).context["tiles"]
    url = next(tile["url"] for tile in tiles if "failed" in tile["url"])
    found = admin_client.get(url).context["cl"].result_list
    assert [one.pk for one in found] == [batch.pk]


def test_it_shows_what_failed_and_what_runs(admin_client: Client):
    failed = make.batch(status="failed", errors=[{"message": "The line is no JSON object."}])
    job = make.job(make.batch(), completed=30)
    page = admin_client.get(FIRST).content.decode()
    for text in (f"batch_{failed.pk}", "no JSON object", f"batch_{job.batch_id}", "30 of 100"):
        assert text in page


def test_it_says_when_there_is_nothing(admin_client: Client):
    page = admin_client.get(FIRST).content.decode()
    assert "Nothing runs." in page
    assert "Nothing failed." in page


@pytest.mark.parametrize("count", [1, 60])
def test_it_takes_few_queries(admin_client: Client, django_assert_max_num_queries: Any, count: int):
    make.batches(count)
    with django_assert_max_num_queries(6):
        assert admin_client.get(FIRST).status_code == 200


def test_what_clients_wrote_is_escaped(admin_client: Client):
    evil = "<script>alert(1)</script>"
    make.batch(status="failed", errors=[{"message": evil}])
    assert evil not in admin_client.get(FIRST).content.decode()


def test_who_may_not_view_batches_sees_the_list_of_what_they_may(client_with: Any):
    make.batch(status="failed", errors=[{"message": "confidential"}])
    page = client_with("files.view_file").get(FIRST)
    assert page.status_code == 200
    assert "confidential" not in page.content.decode()
    assert "/admin/files/file/" in page.content.decode()


def test_the_menu_offers_what_the_user_may_see(client_with: Any):
    page = client_with("files.view_file", "batches.change_job").get(FIRST).content.decode()
    menu = page.split('id="nav-sidebar"')[1].split('id="main"')[0]
    assert "/admin/files/file/" in menu
    assert "/admin/batches/job/" in menu
    assert "/admin/batches/batch/" not in menu
    assert "/admin/providers/credential/" not in menu


def test_the_login_is_there_for_strangers(client: Client, db: None):
    page = client.get(FIRST, follow=True)
    assert page.status_code == 200
    assert "Bifrost" in page.content.decode()


def test_users_and_groups_are_kept_with_the_theme(admin_client: Client):
    form = {"username": "ada", "password1": "Lovelace-1815", "password2": "Lovelace-1815"}
    answer = admin_client.post("/admin/auth/user/add/", {**form, "usable_password": "true"})
    assert answer.status_code == 302
    ada = User.objects.get(username="ada")
    assert ada.check_password("Lovelace-1815")
    for path in (
        "/admin/auth/user/",
        f"/admin/auth/user/{ada.pk}/change/",
        f"/admin/auth/user/{ada.pk}/password/",
        "/admin/auth/group/",
        "/admin/auth/group/add/",
    ):
        assert admin_client.get(path).status_code == 200
    admin_client.post("/admin/auth/group/add/", {"name": "operators"})
    assert Group.objects.get().name == "operators"
