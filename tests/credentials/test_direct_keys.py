"""A client's own key at a provider runs its own batch, and nothing else, and is gone afterwards."""

import json
import logging
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from batches import services, tasks
from batches.models import Batch, BatchEvent
from gateway.caller import Caller
from providers.models import AuditEvent, Credential, VirtualKey
from providers.sandbox.accounts import REFUSED_KEY
from tests.batches.conftest import line, live
from tests.vendor_models import MODELS

pytestmark = pytest.mark.django_db

OWN = "sk-own-0123456789abcdef.secret"
WAITS = "[sandbox:seconds=60]"
TAKES_KEYS = [name for name in MODELS if name != "bedrock"]


@pytest.fixture(autouse=True)
def on(settings):
    settings.DIRECT_KEYS = True
    settings.AUTH = "keys"


@pytest.fixture(autouse=True)
def account(credential: Credential) -> Credential:
    """The operator's own, which works for nobody: what ends well, ended with another key."""
    credential.secret = REFUSED_KEY
    credential.save()
    return credential


@pytest.fixture
def key(workspace) -> str:
    made = VirtualKey(workspace=workspace, name="laptop")
    text = made.renew().key
    made.save()
    return text


@pytest.fixture
def create(client, key, provider):
    """Makes a batch as an OpenAI SDK does that has both keys."""

    def create(text: str = "", own: str = OWN, provider: str = provider, **headers: str):
        record = json.loads(json.dumps(line(0, text)).replace(MODELS["openai"], MODELS[provider]))
        body = {
            "requests": [record],
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "provider": provider,
        }
        sent = {"x-bf-vk": key, "authorization": f"Bearer {own}", **headers}
        return client.post("/openai/batches", body, content_type="application/json", headers=sent)

    return create


def made(answer) -> Batch:
    assert answer.status_code == 200, answer.content
    return Batch.objects.get(pk=answer.json()["id"].removeprefix("batch_"))


def sweep() -> int:
    """As worker and beat do."""
    for credential_id in services.credentials_with_leftovers():
        services.discard(credential_id)
    return services.erase_keys()


@pytest.mark.parametrize("provider", TAKES_KEYS, indirect=True)
def test_it_runs_its_own_batch_alone(create, account, provider):
    batch = made(create())

    assert batch.credential.secret == OWN
    assert OWN not in batch.credential.encrypted_secret
    assert (batch.credential.provider, batch.credential.state) == (provider, "direct")
    assert batch.credential.base_url == account.base_url
    usable = Credential.objects.usable(workspace=batch.workspace, provider=provider)
    assert list(usable) == [account]

    assert live(batch).completed == 1
    assert set(batch.jobs.values_list("credential", flat=True)) == {batch.credential_id}


@pytest.mark.parametrize("provider", TAKES_KEYS, indirect=True)
def test_it_is_erased_once_nothing_needs_it(create):
    batch = live(made(create()))
    waits = services.credentials_with_leftovers()
    # What was sent ahead is removed with it first.
    assert services.erase_keys() == (0 if waits else 1)

    sweep()

    batch.credential.refresh_from_db()
    assert batch.credential.encrypted_secret == ""
    assert batch.jobs.get().credential == batch.credential
    event = AuditEvent.objects.get(action="credential.erased")
    assert (event.actor_kind, event.target) == ("system", batch.credential_id)
    assert event.workspace == batch.workspace
    with pytest.raises(services.NotCollectableError, match="is gone"):
        services.collect_again(batch)
    assert sweep() == 0


def test_the_beat_erases_it(create):
    batch = live(made(create()))
    services.discard(batch.credential_id)

    tasks.discard()

    assert Credential.objects.get(pk=batch.credential_id).is_erased


def test_it_stays_while_its_batch_runs_and_no_longer_than_a_month(create):
    batch = made(create(WAITS))
    while services.advance(batch.pk):
        pass
    assert sweep() == 0

    long_ago = timezone.now() - timedelta(days=31)
    Credential.objects.filter(pk=batch.credential_id).update(created_at=long_ago)
    assert sweep() == 1

    # Nobody can ask for the job any more, and somebody is told.
    batch.jobs.update(due_at=timezone.now())
    services.poll(batch.credential_id)
    assert "was erased" in batch.jobs.get().last_error
    assert services.credentials_with_leftovers() == []


def test_a_batch_that_never_ran_gives_its_key_back_too(create):
    batch = made(create())
    services.cancel(batch)
    assert live(batch).status == Batch.Status.CANCELLED

    sweep()

    assert Credential.objects.get(pk=batch.credential_id).is_erased


def test_the_row_goes_with_its_batch(create):
    batch = live(made(create()))
    sweep()
    assert Credential.objects.filter(direct=True).exists()

    batch.delete()
    sweep()

    assert not Credential.objects.filter(direct=True).exists()


def test_the_same_key_in_both_places_is_no_own_one(create, key):
    assert made(create(own=key)).credential is None


def test_without_the_setting_it_is_ignored(create, settings):
    settings.DIRECT_KEYS = False

    batch = made(create())

    assert batch.credential is None
    assert Credential.objects.count() == 1


def test_without_a_virtual_key_beside_it_it_opens_nothing(client, create):
    headers = {"authorization": f"Bearer {OWN}"}

    assert client.get("/openai/batches", headers=headers).status_code == 401
    assert create(**{"x-bf-vk": "bf-unknown"}).status_code == 401


def test_where_any_key_does_it_works_alike(create, settings):
    settings.AUTH = "open"

    assert made(create(**{"x-bf-vk": "any"})).credential.secret == OWN


@pytest.mark.parametrize("header", ["x-api-key", "x-goog-api-key"])
def test_it_is_taken_wherever_an_sdk_puts_it(create, header: str):
    assert made(create(**{"authorization": "", header: OWN})).credential.secret == OWN


def test_the_other_surfaces_take_it_too(client, key, account):
    headers = {"x-bf-vk": key, "x-model-provider": "openai"}
    ask = {
        "model": MODELS["anthropic"],
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "x"}],
    }
    anthropic = client.post(
        "/anthropic/v1/messages/batches",
        {"requests": [{"custom_id": "a", "params": ask}]},
        content_type="application/json",
        headers={**headers, "x-api-key": OWN, "anthropic-version": "2023-06-01"},
    )
    inlined = {"requests": [{"request": {"contents": [{"parts": [{"text": "x"}]}]}}]}
    genai = client.post(
        f"/genai/v1beta/models/{MODELS['gemini']}:batchGenerateContent",
        {"batch": {"displayName": "x", "inputConfig": {"requests": inlined}}},
        content_type="application/json",
        headers={**headers, "x-goog-api-key": OWN},
    )

    assert (anthropic.status_code, genai.status_code) == (200, 200), genai.content
    assert [batch.credential.secret for batch in Batch.objects.all()] == [OWN, OWN]


def test_no_credential_of_the_operators_is_needed(create, account):
    account.enabled = False
    account.save()

    assert made(create()).credential.secret == OWN


def test_bedrock_cannot_be_asked_so(create):
    answer = create(provider="bedrock", own=OWN)

    assert answer.status_code == 400
    assert "Bedrock cannot be asked with a key of your own" in answer.json()["error"]["message"]
    assert not Batch.objects.exists()
    assert Credential.objects.filter(direct=True).count() == 0


def test_a_repeated_create_makes_no_second_one_and_another_key_another_batch(create):
    first = made(create())
    again = {"x-stainless-retry-count": "1"}

    assert made(create(**again)) == first
    assert Credential.objects.filter(direct=True).count() == 1

    other = made(create(own="sk-of-another", **again))
    assert other != first
    assert other.credential.secret == "sk-of-another"


def test_a_repeated_key_of_idempotence_makes_no_second_one(create):
    first = made(create(**{"idempotency-key": "once"}))

    assert made(create(**{"idempotency-key": "once"})) == first
    assert Credential.objects.filter(direct=True).count() == 1
    assert create(own="sk-of-another", **{"idempotency-key": "once"}).status_code == 400
    assert Credential.objects.filter(direct=True).count() == 1


def test_it_is_told_nowhere(create, admin_client, caplog):
    caplog.set_level(logging.DEBUG)
    batch = live(made(create()))
    sweep()

    told = [
        caplog.text,
        repr(Caller(batch.workspace, None, "x", OWN)),
        repr(list(BatchEvent.objects.values())),
        repr(list(AuditEvent.objects.values())),
        repr(Batch.objects.values().get()),
        admin_client.get(reverse("admin:batches_batch_change", args=[batch.pk])).content.decode(),
    ]
    assert "sk-own" not in "".join(told)


def test_the_admin_shows_it_to_those_who_ask_and_changes_nothing(create, admin_client):
    credential = made(create()).credential
    list_url = reverse("admin:providers_credential_changelist")
    url = reverse("admin:providers_credential_change", args=[credential.pk])

    assert credential.name not in admin_client.get(list_url).content.decode()
    assert credential.name in admin_client.get(list_url, {"state": "direct"}).content.decode()
    page = admin_client.get(url)
    assert page.status_code == 200
    assert "sk-own" not in page.content.decode()
    assert admin_client.post(url, {"name": "mine", "enabled": "on"}).status_code == 403
    delete = reverse("admin:providers_credential_delete", args=[credential.pk])
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    test = reverse("admin:providers_credential_test", args=[credential.pk])
    admin_client.post(test)
    assert not AuditEvent.objects.filter(action="credential.tested").exists()
