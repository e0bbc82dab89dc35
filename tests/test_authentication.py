"""Who may ask: the key, wherever an SDK puts it, and the workspace that it opens."""

import pytest
from django.utils import timezone

from files import services as files
from files.models import File
from providers.models import VirtualKey, Workspace
from providers.services import default_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(settings):
    settings.AUTH = "keys"


def make_key(workspace: Workspace) -> tuple[VirtualKey, str]:
    key = VirtualKey(workspace=workspace, name="laptop")
    text = key.renew().key
    key.save()
    return key, text


def make_file(workspace: Workspace) -> File:
    with files.writing(workspace) as writer:
        writer.write(b"x")
    return files.publish(writer.file, filename="x.txt")


@pytest.mark.parametrize(
    ("header", "prefix"),
    [("authorization", "Bearer "), ("x-api-key", ""), ("x-goog-api-key", ""), ("x-bf-vk", "")],
)
def test_a_key_is_taken_wherever_an_sdk_puts_it(client, keys, header, prefix):
    _, text = make_key(default_workspace())

    answer = client.get("/openai/files", headers={header: prefix + text})

    assert answer.status_code == 200


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Basic abc", "Bearer bf-unknown"])
def test_what_is_no_key_of_ours_is_refused(client, keys, given):
    answer = client.get("/openai/files", headers={"authorization": given})

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"
    assert "bf-unknown" not in answer.content.decode()


def test_a_revoked_key_is_refused_at_once(client, keys):
    key, text = make_key(default_workspace())
    key.revoked_at = timezone.now()
    key.save()

    assert client.get("/openai/files", headers={"x-api-key": text}).status_code == 401


def test_nobody_sees_another_workspace(client, keys):
    mine, other = default_workspace(), Workspace.objects.create(name="other")
    _, text = make_key(mine)
    file = make_file(other)
    headers = {"authorization": f"Bearer {text}"}
    unknown = client.get("/openai/files/file-000000000000", headers=headers)

    for method, path in [
        ("get", f"/openai/files/file-{file.id}"),
        ("get", f"/openai/files/file-{file.id}/content"),
        ("delete", f"/openai/files/file-{file.id}"),
    ]:
        answer = getattr(client, method)(path, headers=headers)
        assert answer.status_code == 404
        same = answer.content.replace(file.id.encode(), b"000000000000")
        assert same == unknown.content
    assert client.get("/openai/files", headers=headers).json()["data"] == []


@pytest.mark.parametrize("mode", ["open", "keys"])
def test_without_any_key_nobody_comes_in(client, settings, mode):
    default_workspace()
    settings.AUTH = mode

    answer = client.get("/openai/batches")

    assert answer.status_code == 401
    assert answer["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://example.com"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}],
)
@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/openai/files", {"authorization": "Bearer any"}),
        ("/bedrock/files/bucket?AWSAccessKeyId=any", {}),
    ],
)
def test_where_any_key_will_do_the_pages_of_other_sites_are_kept_out(client, headers, path, key):
    default_workspace()

    assert client.get(path, headers=headers | key).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-mode": "cors"}, {"origin": "http://testserver", "sec-fetch-site": "same-origin"}],
)
def test_programs_and_pages_of_its_own_come_in(client, headers):
    default_workspace()

    answer = client.get("/openai/files", headers=headers | {"authorization": "Bearer any"})

    assert answer.status_code == 200


def test_only_a_hash_of_a_key_is_kept():
    key, text = make_key(default_workspace())

    kept = VirtualKey.objects.values().get(pk=key.pk)
    assert text not in repr(kept)
    assert kept["digest"] == VirtualKey.digest_of(text)


def test_where_any_key_will_do_there_is_a_workspace_for_it(client, settings):
    settings.AUTH = "open"
    Workspace.objects.all().delete()

    answer = client.get("/openai/files", headers={"authorization": "Bearer any"})

    assert answer.status_code == 200
    assert Workspace.objects.get().name == Workspace.DEFAULT
