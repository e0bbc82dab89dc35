"""Log-in by a proxy that says in a header who somebody is."""

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Permission, User
from django.test import Client

pytestmark = pytest.mark.django_db
HEADER = "x-forwarded-email"
BACKEND = "bifrost.single_sign_on.SingleSignOnBackend"
BATCHES = "/admin/batches/batch/"


@pytest.fixture
def proxy(settings: Any) -> None:
    settings.BEHIND_PROXY = True
    settings.SSO_HEADER = "X-Forwarded-Email"
    settings.SSO_ADMINS = {"ann@example.com"}
    settings.AUTHENTICATION_BACKENDS = [BACKEND, *settings.AUTHENTICATION_BACKENDS]


def get(path: str, name: str, client: Client | None = None) -> Any:
    return (client or Client()).get(path, headers={HEADER: name})


def test_without_the_setting_the_header_says_nothing():
    assert get("/admin/", "ann@example.com").status_code == 302
    assert not User.objects.exists()


@pytest.mark.usefixtures("proxy")
def test_a_named_administrator_is_in_at_once():
    assert get("/admin/", "Ann@Example.com").status_code == 200
    ann = User.objects.get()
    assert (ann.username, ann.is_superuser) == ("ann@example.com", True)
    assert not ann.has_usable_password()


@pytest.mark.usefixtures("proxy")
def test_others_may_do_nothing_until_they_are_given_rights():
    assert get(BATCHES, "bob@example.com").status_code == 302
    bob = User.objects.get()
    assert (bob.is_staff, bob.is_superuser) == (False, False)
    bob.is_staff = True
    bob.save()
    bob.user_permissions.add(Permission.objects.get(codename="view_batch"))
    assert get(BATCHES, "bob@example.com").status_code == 200
    assert get("/admin/auth/user/", "bob@example.com").status_code == 403


@pytest.mark.usefixtures("proxy")
def test_a_name_that_became_an_administrator_later_is_one_from_then_on(settings: Any):
    get("/admin/", "bob@example.com")
    settings.SSO_ADMINS = {"bob@example.com"}
    assert get("/admin/", "bob@example.com").status_code == 200


@pytest.mark.usefixtures("proxy")
def test_a_user_with_a_password_is_not_opened_by_a_name(settings: Any):
    User.objects.create_superuser("admin", password="correct horse battery staple")
    settings.SSO_ADMINS = {"admin"}
    for _ in range(30):
        assert get("/admin/", "admin").status_code == 302
    assert not AccessAttempt.objects.exists(), "nobody has guessed anything"


@pytest.mark.usefixtures("proxy")
def test_a_user_who_is_switched_off_stays_out():
    get("/admin/", "ann@example.com")
    User.objects.update(is_active=False)
    assert get("/admin/", "ann@example.com").status_code == 302


@pytest.mark.usefixtures("proxy")
def test_a_session_ends_with_the_header_and_changes_with_it():
    client = Client()
    assert get("/admin/", "ann@example.com", client).status_code == 200
    assert client.get("/admin/").status_code == 302
    get("/admin/", "ann@example.com", client)
    assert get("/admin/", "bob@example.com", client).status_code == 302


@pytest.mark.usefixtures("proxy")
def test_the_prefix_of_googles_proxy_is_no_part_of_a_name():
    assert get("/admin/", "accounts.google.com:ann@example.com").status_code == 200


@pytest.mark.usefixtures("proxy")
@pytest.mark.parametrize(
    "name", ["", " ", "<script>", "a" * 151, "ann@example.com,bob@example.com"]
)
def test_what_is_no_name_makes_no_user(name: str):
    assert get("/admin/", name).status_code == 302
    assert not User.objects.exists()


@pytest.mark.usefixtures("proxy")
def test_the_header_is_not_looked_at_elsewhere():
    for path in ("/", "/healthz", "/openai/v1/batches", "/bedrock/files/x", "/administration"):
        get(path, "ann@example.com")
    assert not User.objects.exists()


@pytest.mark.usefixtures("proxy")
def test_passwords_go_on_working():
    User.objects.create_superuser("admin", password="correct horse battery staple")
    client = Client()
    form = {"username": "admin", "password": "correct horse battery staple"}
    assert client.post("/admin/login/", form).status_code == 302
    assert client.get("/admin/").status_code == 200
