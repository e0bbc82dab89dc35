"""What browsers are told: what a page may load, and when to keep a cookie to themselves."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.admin import make

pytestmark = pytest.mark.django_db
NOTHING = "default-src 'none'; frame-ancestors 'none'"
PAGE = {
    "default-src 'self'",
    "script-src 'self' 'unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}
INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)[^>]*>|\son[a-z]+\s*=\s*[\"']|javascript:", re.IGNORECASE
)


def policy(answer: Any) -> set[str]:
    return set(answer["content-security-policy"].split("; "))


@pytest.mark.parametrize("path", ["", "batches/batch/", "providers/credential/add/", "nowhere/"])
def test_pages_may_load_what_is_bifrosts_and_nothing_else(admin_client: Client, path: str):
    page = admin_client.get(f"/admin/{path}")
    assert policy(page) == PAGE
    assert "camera=()" in page["permissions-policy"]
    assert page["x-content-type-options"] == "nosniff"
    assert page["x-frame-options"] == "DENY"
    assert page["referrer-policy"] == "same-origin"
    assert page["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "batches/batch/",
        "batches/job/",
        "files/file/",
        "providers/virtualkey/add/",
        "auth/user/",
    ],
)
def test_pages_have_no_script_within(admin_client: Client, path: str):
    assert INLINE.findall(admin_client.get(f"/admin/{path}").text) == []


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/openai/v1/batches", "/anthropic/v1/messages/batches", "/nowhere"]
)
def test_answers_of_surfaces_are_no_pages(client: Client, path: str):
    answer = client.get(path)
    assert answer["content-security-policy"] == NOTHING
    assert answer["x-content-type-options"] == "nosniff"


def test_answers_of_s3_keep_their_own_word(client: Client):
    answer = client.get("/bedrock/files/bucket/a.html", headers={"authorization": "Bearer any"})
    assert answer["content-security-policy"] == "sandbox"


def test_a_download_is_shown_nowhere(admin_client: Client):
    file = make.file(b"<script>alert(1)</script>", filename="a.html", content_type="text/html")
    answer = admin_client.get(f"/admin/files/file/{file.pk}/download/")
    assert policy(answer) == {"default-src 'none'", "sandbox"}
    assert answer["content-disposition"].startswith("attachment;")


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client: Client):
    User.objects.create_superuser("ann", password="correct horse battery staple")
    client.get("/admin/login/")
    client.post("/admin/login/", {"username": "ann", "password": "correct horse battery staple"})
    assert set(client.cookies) == {"bifrost_session", "bifrost_csrf"}
    for cookie in client.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert client.cookies["bifrost_session"]["max-age"] == 12 * 3600
