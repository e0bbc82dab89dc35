"""`manage.py bifrost secrets rotate`: an old encryption key can be taken away, and nothing is lost."""

import json
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from batches.models import Webhook
from providers import rotation
from providers.models import AuditEvent, Credential, VirtualKey
from providers.secrets import SecretUnreadableError, encrypt
from tests.admin import make

pytestmark = pytest.mark.django_db

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture(autouse=True)
def old_key(settings):
    settings.ENCRYPTION_KEYS = [OLD]


def rotated() -> list[dict]:
    out = StringIO()
    call_command("bifrost", "secrets", "rotate", "--json", stdout=out)
    return json.loads(out.getvalue())


def test_an_old_key_can_be_taken_away_after_it(settings):
    credential = make.credential(secret="sk-one")
    empty = make.credential("empty", secret="")
    key = VirtualKey(workspace=make.workspace(), name="laptop")
    signing_secret = key.renew().secret_access_key
    key.save()

    credential.webhook_secret = "whsec_theirs"
    credential.save()
    webhook = make.webhook()
    first, second = webhook.secret, webhook.renew_secret()
    webhook.save()

    settings.ENCRYPTION_KEYS = [NEW, OLD]
    told = rotated()
    settings.ENCRYPTION_KEYS = [NEW]

    assert Credential.objects.get(pk=credential.pk).secret == "sk-one"
    assert Credential.objects.get(pk=credential.pk).webhook_secret == "whsec_theirs"
    assert Webhook.objects.get(pk=webhook.pk).signing_secrets == [second, first]
    assert Credential.objects.get(pk=empty.pk).secret == ""
    assert VirtualKey.objects.get(pk=key.pk).signing_secret == signing_secret
    assert told == [
        {"kind": "credentials", "rotated": 1, "unreadable": []},
        {"kind": "virtual keys", "rotated": 1, "unreadable": []},
        {"kind": "incoming webhooks", "rotated": 1, "unreadable": []},
        {"kind": "webhooks", "rotated": 1, "unreadable": []},
        {"kind": "webhooks before a rotation", "rotated": 1, "unreadable": []},
    ]
    event = AuditEvent.objects.get(action="secrets.rotated")
    assert event.detail["rotated"] == {one["kind"]: 1 for one in told}


def test_without_it_the_old_key_is_still_needed(settings):
    credential = make.credential(secret="sk-one")
    settings.ENCRYPTION_KEYS = [NEW]

    with pytest.raises(SecretUnreadableError):
        credential.secret  # noqa: B018


def test_many_are_done_in_pages_and_twice_does_no_harm(settings, monkeypatch):
    monkeypatch.setattr(rotation, "PAGE", 3)
    made = [make.credential(f"n{number}", secret=f"sk-{number}") for number in range(8)]
    settings.ENCRYPTION_KEYS = [NEW, OLD]

    assert [rotated()[0]["rotated"], rotated()[0]["rotated"]] == [8, 8]

    settings.ENCRYPTION_KEYS = [NEW]
    kept = {one.pk: one.secret for one in Credential.objects.all()}
    assert kept == {one.pk: f"sk-{number}" for number, one in enumerate(made)}


def test_what_no_key_opens_is_named_and_the_rest_is_done(settings):
    settings.ENCRYPTION_KEYS = [OTHER]
    lost = make.credential("lost", secret="sk-lost")
    settings.ENCRYPTION_KEYS = [OLD]
    make.credential("kept", secret="sk-kept")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    out = StringIO()

    with pytest.raises(CommandError, match="could not be read") as caught:
        call_command("bifrost", "secrets", "rotate", stdout=out)

    assert caught.value.returncode == 1
    assert lost.pk in out.getvalue()
    assert "sk-" not in out.getvalue()
    assert AuditEvent.objects.get().detail["unreadable"] == [lost.pk]
    settings.ENCRYPTION_KEYS = [NEW]
    assert Credential.objects.get(name="kept").secret == "sk-kept"


def test_who_saves_a_secret_meanwhile_wins(settings):
    saved = make.credential(secret="sk-old")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    # Between the look at a token and its new one, somebody enters another secret.
    once = iter([lambda: Credential.objects.update(encrypted_secret=encrypt("sk-new"))])

    def save_first(execute, sql, *rest):
        if sql.startswith("UPDATE") and (save := next(once, None)):
            save()
        return execute(sql, *rest)

    with connection.execute_wrapper(save_first):
        told = rotated()

    assert told[0]["rotated"] == 0
    assert Credential.objects.get(pk=saved.pk).secret == "sk-new"
