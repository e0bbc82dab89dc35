"""Who may send to an upload, for how long, and what happens when something fails meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from batches import services as batches
from files import services as files
from files import uploads
from files.models import File, Upload, UploadPart
from files.services import StoreFullError
from providers.models import VirtualKey, Workspace
from tests.genai.asking import Raw, content_of, is_final, progress

BOTH = "upload, finalize"


def test_the_address_is_where_the_client_came_from(views: Raw, settings: Any):
    settings.ALLOWED_HOSTS = ["gateway.example"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    answer = views.start(version="v1", host="gateway.example:8443", x_forwarded_proto="https")

    url = answer.headers["x-goog-upload-url"]
    upload = Upload.objects.get()
    assert url == (
        "https://gateway.example:8443/genai/upload/v1/files:resume"
        f"?upload_id={upload.pk}&upload_protocol=resumable"
    )
    assert len(upload.pk) == 43


def test_without_the_address_nobody_sends(views: Raw):
    url = views.begin()

    for wrong in (url[:-30], url.replace("upload_id=", "upload_id=x"), url.split("?")[0]):
        answer = views.send(wrong, BOTH, b"abc", 0)
        assert is_final(answer, 400 if "upload_id" not in wrong else 404), wrong
    assert is_final(views.send(f"{url}&more=1", BOTH, b"abc", 0), 400)
    assert is_final(views.send(url.replace("upload_id=", "upload_id=%00"), "query"), 400)
    assert not File.objects.exists()


def test_an_upload_of_another_surface_is_none_of_these(views: Raw, workspace: Workspace):
    upload = uploads.begin(workspace, "s3", {})
    url = views.begin()
    other = url.replace(url.partition("upload_id=")[2].partition("&")[0], upload.pk)

    assert is_final(views.send(other, BOTH, b"abc", 0), 404)


def test_the_file_is_the_workspaces_of_the_key_that_began(
    views: Raw, workspace: Workspace, settings: Any
):
    settings.AUTH = "keys"
    theirs = Workspace.objects.create(name="theirs")
    key = VirtualKey(workspace=theirs, name="theirs")
    views.key = key.renew().key
    key.save()

    file = views.store(b"abc")

    assert File.objects.get().workspace == theirs
    assert views.get(file["name"]).status == 200


def test_a_revoked_key_stops_its_uploads(views: Raw, workspace: Workspace, settings: Any):
    settings.AUTH = "keys"
    key = VirtualKey(workspace=workspace, name="revoked")
    views.key = key.renew().key
    key.save()
    url = views.begin()
    views.send(url, "upload", b"abc", 0)

    key.revoked_at = timezone.now()
    key.save()
    answer = views.send(url, "finalize")

    assert is_final(answer, 401)
    assert answer.error["status"] == "UNAUTHENTICATED"
    assert views.start().status == 401


def test_a_start_needs_a_key(views: Raw):
    headers = {"x_goog_upload_protocol": "resumable", "x_goog_upload_command": "start"}
    answer = views.call("POST", "/genai/upload/v1/files", b"{}", key=False, **headers)

    assert (answer.status, answer.error["status"]) == (401, "UNAUTHENTICATED")


def test_a_provider_that_is_none_is_refused_at_once(views: Raw):
    answer = views.start(x_model_provider="azure")

    assert answer.status == 400
    assert "'gemini'" in answer.error["message"]


def test_uploads_expire(views: Raw):
    url = views.begin()
    views.send(url, "upload", b"abc", 0)
    upload = Upload.objects.get()
    assert upload.expires_at - upload.created_at == timedelta(days=2)

    Upload.objects.update(expires_at=timezone.now())

    assert is_final(views.send(url, BOTH, b"abc", 3), 404)
    batches.expire()
    assert not UploadPart.objects.exists()
    assert not Upload.objects.exists()


def test_a_server_that_is_down_asks_for_the_bytes_again(
    views: Raw, monkeypatch: pytest.MonkeyPatch
):
    def fail(*given: object) -> None:
        raise OperationalError

    url = views.begin()
    with monkeypatch.context() as patched:
        patched.setattr(uploads, "parts", fail)
        answer = views.send(url, BOTH, b"abc", 0)
    assert (answer.status, answer.upload_status) == (503, None)
    assert answer.error["status"] == "UNAVAILABLE"

    assert is_final(views.send(url, BOTH, b"abc", 0))


def test_a_full_store_does_not(views: Raw, monkeypatch: pytest.MonkeyPatch):
    def fail(*given: object, **more: object) -> None:
        raise StoreFullError

    url = views.begin()
    monkeypatch.setattr(files, "writing", fail)

    answer = views.send(url, BOTH, b"abc", 0)

    assert is_final(answer, 507)
    assert answer.error["status"] == "RESOURCE_EXHAUSTED"


def test_another_call_completes_it_meanwhile(views: Raw, monkeypatch: pytest.MonkeyPatch):
    url = views.begin()
    views.send(url, "upload", b"abc", 0)
    keep = uploads._keep

    def overtaken(*given: Any) -> Any:
        monkeypatch.setattr(uploads, "_keep", keep)
        views.send(url, "finalize")
        return keep(*given)

    monkeypatch.setattr(uploads, "_keep", overtaken)
    answer = views.send(url, "upload", b"def", 3)

    assert is_final(answer)
    assert content_of(views, answer.json["file"]) == b"abc"


def test_very_many_parts_are_refused(views: Raw, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gateway.genai.resumable.MOST_PARTS", 2)
    url = views.begin()
    views.send(url, "upload", b"a", 0)
    views.send(url, "upload", b"b", 1)

    assert is_final(views.send(url, "upload", b"c", 2), 400)
    assert progress(views.send(url, "upload", b"b", 1))[2] == "2"
