"""Who did what through the surfaces, kept so that nobody changes it."""

import pytest
from django.db import OperationalError, connection
from django.test import Client

from batches.models import Batch
from files.models import File
from providers.models import AuditEvent, VirtualKey, WrittenOnceError
from tests.admin import make

pytestmark = pytest.mark.django_db
OPENAI, ANTHROPIC, GENAI = "/openai", "/anthropic/v1", "/genai/v1beta"


@pytest.fixture(autouse=True)
def store(settings, tmp_path) -> None:
    settings.AUTH = "keys"
    folder = {"BACKEND": "files.storage.FolderStore", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": folder}


@pytest.fixture
def key() -> VirtualKey:
    return make.key()[0]


@pytest.fixture
def caller(key: VirtualKey) -> Client:
    text = key.renew().key
    key.save()
    return Client(headers={"x-bf-vk": text})


@pytest.fixture
def file() -> File:
    return make.file(b"all of it")


def events() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("id").values_list("action", "target"))


def ended() -> Batch:
    return make.batch(status="completed", total=0, output_file=make.file(b"{}\n"))


@pytest.mark.parametrize(
    "path",
    [
        f"{OPENAI}/files/file-{{}}/content",
        f"{ANTHROPIC}/files/file_{{}}/content",
        f"{GENAI}/files/{{}}:download?alt=media",
    ],
)
def test_a_download_is_written_down_with_who_and_where_from(caller, key, file, path):
    answer = caller.get(path.format(file.pk))

    assert b"".join(answer.streaming_content) == b"all of it"
    event = AuditEvent.objects.get()
    assert (event.action, event.target) == ("file.downloaded", file.pk)
    assert (event.actor_kind, event.actor, event.address) == ("key", key.pk, "127.0.0.1")
    assert (event.workspace, event.name) == (key.workspace, str(file))


@pytest.mark.parametrize(
    "path",
    [f"{OPENAI}/files/file-{{}}", f"{ANTHROPIC}/files/file_{{}}", f"{GENAI}/files/{{}}"],
)
def test_a_look_is_not_and_a_deletion_is(caller, file, path):
    assert caller.get(path.format(file.pk)).status_code == 200
    assert events() == []

    assert caller.delete(path.format(file.pk)).status_code == 200
    assert caller.delete(path.format(file.pk)).status_code == 404

    assert events() == [("file.deleted", file.pk)]


@pytest.mark.parametrize(
    "path",
    [
        f"{OPENAI}/batches/batch_{{}}/cancel",
        f"{ANTHROPIC}/messages/batches/msgbatch_{{}}/cancel",
        "/bedrock/model-invocation-job/{}/stop",
        f"{GENAI}/batches/{{}}:cancel",
    ],
)
def test_a_cancel_is_written_down_once(caller, path):
    batch = make.batch()

    for _ in range(2):
        answer = caller.post(path.format(batch.pk), content_type="application/json")
        assert answer.status_code == 200

    assert events() == [("batch.cancelled", batch.pk)]


def test_a_cancel_that_comes_too_late_is_none(caller):
    answer = caller.post(f"{OPENAI}/batches/batch_{ended().pk}/cancel")

    assert answer.status_code == 400
    assert events() == []


@pytest.mark.parametrize(
    "path", [f"{ANTHROPIC}/messages/batches/msgbatch_{{}}", f"{GENAI}/batches/{{}}"]
)
def test_the_deletion_of_a_batch_is_written_down(caller, path):
    batch = ended()

    assert caller.delete(path.format(batch.pk)).status_code == 200
    assert caller.delete(path.format(batch.pk)).status_code == 404

    assert events() == [("batch.deleted", batch.pk)]


def test_results_are_downloaded_under_the_name_of_their_batch(caller):
    batch = ended()

    answer = caller.get(f"{ANTHROPIC}/messages/batches/msgbatch_{batch.pk}/results")

    assert answer.status_code == 200
    assert events() == [("results.downloaded", batch.pk)]


def test_what_cannot_be_written_down_does_not_leave(caller, file):
    def refuse(execute, sql, params, many, context):
        if sql.startswith("INSERT") and AuditEvent._meta.db_table in sql:
            raise OperationalError("disk I/O error")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        answer = caller.get(f"{OPENAI}/files/file-{file.pk}/content")

    assert answer.status_code == 503
    assert b"all of it" not in answer.content


def test_bytes_that_are_gone_were_not_downloaded(caller):
    lost = make.file()

    assert caller.get(f"{OPENAI}/files/file-{lost.pk}/content").status_code == 404
    assert events() == []


@pytest.mark.parametrize(
    ("behind", "forwarded", "seen"),
    [
        (False, "198.51.100.7", "127.0.0.1"),
        (True, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (True, "2001:db8::1", "2001:db8::1"),
        (True, "", "127.0.0.1"),
        (True, "not an address", None),
    ],
)
def test_a_proxy_is_believed_where_there_is_one_and_only_its_own_word(
    caller, file, settings, behind, forwarded, seen
):
    settings.BEHIND_PROXY = behind
    headers = {"x-forwarded-for": forwarded} if forwarded else {}

    caller.get(f"{OPENAI}/files/file-{file.pk}/content", headers=headers)

    assert AuditEvent.objects.get().address == seen


def test_what_is_written_stays_as_it_is(caller, file):
    caller.get(f"{OPENAI}/files/file-{file.pk}/content")
    event = AuditEvent.objects.get()
    event.actor = "somebody else"

    for change in (event.save, event.delete, AuditEvent.objects.all().delete):
        with pytest.raises(WrittenOnceError):
            change()
    with pytest.raises(WrittenOnceError):
        AuditEvent.objects.update(actor="somebody else")

    assert AuditEvent.objects.get().actor != "somebody else"
