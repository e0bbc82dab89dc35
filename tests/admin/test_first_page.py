"""The first page, the login, and the admin's own users."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

from tests.admin import make

FIRST = "/admin/"


def test_a_number_leads_to_its_batches(admin_client: Client):
    batch = make.batch(status="failed")
    make.batch()
    ended = admin_client.get(FIRST).context["ended"]
    url = next(one["url"] for one in ended if "failed" in one["url"])
    found = admin_client.get(url).context["cl"].result_list
    assert [one.pk for one in found] == [batch.pk]


def test_it_shows_what_failed_and_what_runs(admin_client: Client):
    failed = make.batch(status="failed", errors=[{"message": "The line is no JSON object."}])
    job = make.job(make.batch(), completed=30)
    page = admin_client.get(FIRST).content.decode()
    for text in (
        f"/batch/{failed.pk}/change/",
        "no JSON object",
        f"batch_{job.batch_id}",
        "30 of 100",
    ):
        assert text in page


def test_it_says_when_there_is_nothing(admin_client: Client):
    page = admin_client.get(FIRST).content.decode()
    assert "Nothing runs." in page
    assert "Nothing failed." in page


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


def test_who_has_no_batch_yet_is_shown_how_to_send_one(admin_client: Client):
    assert "client.batches.create(" in admin_client.get(FIRST).content.decode()

    make.batch(status="completed")

    assert "client.batches.create(" not in admin_client.get(FIRST).content.decode()
