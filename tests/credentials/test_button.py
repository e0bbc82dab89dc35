"""Does a credential work? The admin's button and the command call the provider, and say what is wrong."""

import json
from contextlib import closing
from io import StringIO
from socket import create_server

import pytest
from django.contrib.messages import get_messages
from django.core.management import CommandError, call_command
from django.urls import reverse

from providers.models import AuditEvent, Credential
from providers.sandbox.accounts import REFUSED_KEY
from tests.admin import make
from tests.batches.conftest import every_provider

pytestmark = pytest.mark.django_db

SECRET = "sk-live-0123456789abcdef"


def pressed(client, credential: Credential) -> str:
    """What the button says."""
    answer = client.post(reverse("admin:providers_credential_test", args=[credential.pk]))
    assert answer.status_code == 302, answer.content
    *_, message = get_messages(answer.wsgi_request)
    return str(message)


def wrong(credential: Credential, **changes: object) -> Credential:
    for name, value in changes.items():
        setattr(credential, name, value)
    credential.save()
    return credential


@every_provider
def test_one_that_works_is_said_to(admin_client, credential):
    page = admin_client.get(reverse("admin:providers_credential_change", args=[credential.pk]))
    assert reverse("admin:providers_credential_test", args=[credential.pk]) in page.content.decode()

    assert "works: the provider listed its batches" in pressed(admin_client, credential)

    event = AuditEvent.objects.get(action="credential.tested")
    assert (event.actor_kind, event.actor, event.target) == ("user", "admin", credential.pk)
    assert event.detail == {"works": True}


@every_provider
def test_a_key_that_is_refused_is_said_to_be(admin_client, credential, provider):
    if provider == "bedrock":
        options = {**credential.options, "access_key_id": REFUSED_KEY}
        wrong(credential, options=options, secret=SECRET)
    else:
        wrong(credential, secret=f"{REFUSED_KEY}-{SECRET}")

    said = pressed(admin_client, credential)

    assert "the key is refused" in said
    assert SECRET not in said
    assert AuditEvent.objects.get(action="credential.tested").detail == {"works": False}


@every_provider
def test_a_host_that_is_not_there_is_said_not_to_be(admin_client, credential):
    with closing(create_server(("127.0.0.1", 0))) as nobody:
        port = nobody.getsockname()[1]

    said = pressed(admin_client, wrong(credential, base_url=f"http://127.0.0.1:{port}"))

    assert "the host cannot be reached" in said


def test_a_host_that_sends_elsewhere_gets_no_further(admin_client, server):
    server.say(307, location=f"{server.url}/elsewhere")
    provider, options = server.vendor.name, dict(server.vendor.options(SECRET))
    credential = make.credential(
        provider=provider, base_url=server.url, options=options, secret=SECRET
    )

    said = pressed(admin_client, credential)

    assert "it is sent elsewhere, where the key does not go" in said
    assert not any("elsewhere" in path for _, path, _ in server.requests)


def test_what_cannot_be_asked_at_all_is_said_too(admin_client, settings):
    credential = make.credential(base_url="https://elsewhere.test", secret=SECRET)
    settings.UPSTREAM_HOSTS = ["api.openai.com"]
    assert "add elsewhere.test to BIFROST_UPSTREAM_HOSTS" in pressed(admin_client, credential)

    Credential.objects.update(encrypted_secret="gAAAA-not-ours", base_url="")
    assert "no key in BIFROST_ENCRYPTION_KEYS opens" in pressed(admin_client, credential)

    options = {"bukket": "x"}
    credential = make.credential("aws", provider="bedrock", options=options, secret=SECRET)
    assert "options of the credential for Bedrock are wrong" in pressed(admin_client, credential)


def test_only_a_post_of_somebody_who_may_act_calls_the_provider(client_with, server):
    credential = make.credential(provider=server.vendor.name, base_url=server.url)
    url = reverse("admin:providers_credential_test", args=[credential.pk])
    viewer = client_with("providers.view_credential")
    writer = client_with("providers.view_credential", "providers.change_credential")

    assert viewer.post(url).status_code == 403
    page = reverse("admin:providers_credential_change", args=[credential.pk])
    assert url not in viewer.get(page).content.decode()
    assert writer.get(url).status_code == 302

    assert server.requests == []
    assert not AuditEvent.objects.filter(action="credential.tested").exists()


def test_a_drained_one_is_found_among_the_drained(admin_client):
    make.credential("in use")
    make.credential("put aside", enabled=False)

    page = admin_client.get(reverse("admin:providers_credential_changelist"), {"state": "drained"})

    assert "put aside" in page.content.decode()
    assert "in use" not in page.content.decode()


def said(*words: str) -> str:
    out = StringIO()
    call_command("bifrost", "credentials", *words, stdout=out)
    return out.getvalue()


def test_the_command_says_the_same(credential):
    found = json.loads(said("test", credential.pk, "--json"))
    assert found["works"] is True

    wrong(credential, secret=f"{REFUSED_KEY}-{SECRET}")
    out = StringIO()
    with pytest.raises(CommandError, match="does not work"):
        call_command("bifrost", "credentials", "test", credential.pk, stdout=out)
    assert "the key is refused" in out.getvalue()
    assert SECRET not in out.getvalue()
    assert [event.actor_kind for event in AuditEvent.objects.all()] == ["command"] * 2

    with pytest.raises(CommandError, match="There is no credential 'other'"):
        said("test", "other")


def test_the_list_holds_no_secret_and_no_key_of_a_client():
    make.credential("put aside", enabled=False, secret=SECRET, workspace=make.workspace("evals"))
    make.credential("brought", direct=True, secret=SECRET, workspace=make.workspace("evals"))

    (row,) = json.loads(said("list", "--json"))

    assert (row["name"], row["state"], row["workspace"]) == ("put aside", "drained", "evals")
    assert SECRET not in said("list")
