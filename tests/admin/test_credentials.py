"""Credentials: their secret goes in and never comes out."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from providers.models import Credential, CredentialHealth
from tests.admin import make

LIST = "/admin/providers/credential/"
SECRET = "sk-live-0123456789abcdef"


def form(**fields: Any) -> dict[str, Any]:
    usual = {
        "name": "production",
        "provider": "openai",
        "options": "{}",
        "enabled": "on",
        "weight": "1",
    }
    return {**usual, "base_url": "", "workspace": "", "new_secret": "", **fields}


def change_url(credential: Credential) -> str:
    return f"{LIST}{credential.pk}/change/"


def test_a_secret_is_stored_encrypted(admin_client: Client):
    answer = admin_client.post(f"{LIST}add/", form(new_secret=SECRET, options='{"region": "eu"}'))
    assert answer.status_code == 302
    credential = Credential.objects.get()
    assert credential.secret == SECRET
    assert SECRET not in credential.encrypted_secret
    assert credential.options == {"region": "eu"}


def test_an_empty_secret_keeps_the_present_one_and_a_new_one_replaces_it(admin_client: Client):
    credential = make.credential(secret=SECRET)
    admin_client.post(change_url(credential), form(weight="2"))
    credential.refresh_from_db()
    assert (credential.secret, credential.weight) == (SECRET, 2)
    admin_client.post(change_url(credential), form(new_secret="sk-other"))
    credential.refresh_from_db()
    assert credential.secret == "sk-other"


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"base_url": "https://elsewhere.example.com/v1"},
        {"options": '{"endpoint_url_s3": "https://elsewhere.example.com"}'},
    ],
)
def test_a_kept_secret_goes_to_no_other_address(admin_client: Client, elsewhere: dict[str, str]):
    credential = make.credential(secret=SECRET)

    answer = admin_client.post(change_url(credential), form(**elsewhere))
    assert "Enter the secret again" in answer.content.decode()
    credential.refresh_from_db()
    assert "elsewhere" not in str(credential.addresses)

    admin_client.post(change_url(credential), form(**elsewhere, new_secret=SECRET))
    credential.refresh_from_db()
    assert "elsewhere" in str(credential.addresses)


def test_a_secret_is_never_shown(admin_client: Client):
    credential = make.credential(secret=SECRET)
    pages = [
        admin_client.get(LIST),
        admin_client.get(change_url(credential)),
        admin_client.post(change_url(credential), form(new_secret=SECRET, options="no json")),
        admin_client.post(change_url(credential), form(new_secret=SECRET), follow=True),
        admin_client.get(f"{LIST}{credential.pk}/history/"),
        admin_client.get(f"{LIST}{credential.pk}/delete/"),
    ]
    credential.refresh_from_db()
    for page in pages:
        assert page.status_code == 200
        assert SECRET not in page.content.decode()
        assert credential.encrypted_secret not in page.content.decode()


def test_the_page_tells_two_secrets_apart(admin_client: Client):
    pages = [
        admin_client.get(change_url(make.credential(name, secret=secret))).content.decode()
        for name, secret in (("one", "sk-1"), ("two", "sk-2"))
    ]
    assert "SHA-256 begins with" in pages[0]
    beginnings = [page.split("SHA-256 begins with")[1][:80] for page in pages]
    assert beginnings[0] != beginnings[1]


def test_a_secret_that_no_key_opens_is_said_to_be_unreadable(admin_client: Client):
    credential = make.credential()
    Credential.objects.update(encrypted_secret="gAAAA-not-ours")
    assert "unreadable" in admin_client.get(change_url(credential)).content.decode()


def test_the_list_shows_whether_a_secret_is_kept_and_what_is_sandbox(admin_client: Client):
    make.credential("sandbox", sandbox=True, base_url="http://127.0.0.1:9/openai/v1")
    make.credential("empty", secret="", enabled=False, workspace=make.workspace("evals"))
    page = admin_client.get(LIST).content.decode()
    for text in ("sandbox", "shared", "evals", "drained", "kept", "none", "http://127.0.0.1:9"):
        assert text in page


@pytest.mark.parametrize(
    ("options", "said"),
    [("no json", "valid JSON"), ("[1]", "Write an object"), ("", None)],
)
def test_options_are_an_object(admin_client: Client, options: str, said: str | None):
    answer = admin_client.post(f"{LIST}add/", form(options=options))
    if said is None:
        assert Credential.objects.get().options == {}
    else:
        assert said in answer.content.decode()
        assert not Credential.objects.exists()


def test_a_shared_name_is_taken_once(admin_client: Client):
    make.credential()
    answer = admin_client.post(f"{LIST}add/", form())
    assert answer.status_code == 200
    assert Credential.objects.count() == 1


def test_what_the_environment_sets_cannot_be_set_here(admin_client: Client):
    credential = make.credential("environment", secret=SECRET)
    page = admin_client.get(change_url(credential)).content.decode()
    assert "The environment keeps this credential" in page
    assert "new_secret" not in page
    assert 'name="base_url"' not in page
    admin_client.post(
        change_url(credential), form(name="mine", new_secret="sk-x", options='{"a": 1}')
    )
    credential.refresh_from_db()
    assert (credential.name, credential.secret) == ("environment", SECRET)
    assert credential.options == {"a": 1}


def test_a_credential_with_jobs_stays_and_the_reason_is_said(
    admin_client: Client, django_assert_max_num_queries: Any
):
    batch = make.batch()
    for _ in range(30):
        make.job(batch)
    credential = Credential.objects.get()
    with django_assert_max_num_queries(8):
        answer = admin_client.post(f"{LIST}{credential.pk}/delete/", {"post": "yes"})
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert said == [
        "production (OpenAI) cannot be deleted: jobs belong to it. Drain it instead: its jobs "
        "are still watched, and no new batch goes to it."
    ]
    assert Credential.objects.exists()


def test_one_that_nothing_uses_is_deleted(admin_client: Client):
    credential = make.credential()
    admin_client.post(f"{LIST}{credential.pk}/delete/", {"post": "yes"})
    assert not Credential.objects.exists()


def test_many_cannot_be_deleted_at_once(admin_client: Client):
    credential = make.credential()
    chosen = {"action": "delete_selected", "_selected_action": [credential.pk], "post": "yes"}
    admin_client.post(LIST, chosen)
    assert Credential.objects.exists()


@pytest.mark.parametrize("count", [1, 60])
def test_the_number_of_rows_does_not_change_the_number_of_queries(
    admin_client: Client, django_assert_max_num_queries: Any, count: int
):
    for number in range(count):
        make.credential(f"n{number}", workspace=make.workspace(f"team-{number % 5}"))
    with django_assert_max_num_queries(6):
        assert admin_client.get(LIST).status_code == 200


def test_writing_needs_the_permission(client_with: Any):
    credential = make.credential(secret=SECRET)
    viewer = client_with("providers.view_credential")
    page = viewer.get(change_url(credential))
    assert page.status_code == 200
    assert SECRET not in page.content.decode()
    assert "SHA-256 begins with" in page.content.decode()
    assert viewer.post(change_url(credential), form(new_secret="sk-x")).status_code == 403
    assert viewer.get(reverse("admin:providers_credential_add")).status_code == 403


def test_the_list_says_which_fail(admin_client: Client):
    now = timezone.now()
    for name, ok_at in (("broken", None), ("mended", now)):
        one = make.credential(name)
        failed_at = now - timedelta(minutes=5)
        CredentialHealth.objects.create(credential=one, ok_at=ok_at, failed_at=failed_at)

    page = admin_client.get("/admin/providers/credential/").content.decode()

    assert page.count(">failing<") == 1


def test_a_new_one_has_no_secret_to_keep(admin_client: Client):
    kept = "Leave empty to keep the present one"

    assert kept not in admin_client.get("/admin/providers/credential/add/").content.decode()
    there = f"/admin/providers/credential/{make.credential('there').pk}/change/"
    assert kept in admin_client.get(there).content.decode()
