"""The page of estimates: who may ask, what it shows, and what it writes down."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bifrost import estimates
from providers.models import AuditEvent, Membership
from tests.admin import make
from tests.admin.test_browser_policy import INLINE
from tests.estimate.conftest import jsonl, record

PAGE = "/admin/estimate/"
AUDIO = {"audio": {"voice": "alloy", "format": "wav"}, "modalities": ["text", "audio"]}
LINES = jsonl(record(0), record(1, **AUDIO))
CLAUDE = {"to_anthropic": "on", "model_anthropic": "claude-sonnet-4-5"}


def shown(client: Client, **form: Any) -> str:
    answer = client.post(PAGE, form)
    assert answer.status_code == 200
    return answer.content.decode()


def asked_about() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action="file.estimated"))


def test_it_leads_there_from_a_file_and_from_the_menu(admin_client: Client):
    file = make.file(LINES)
    link = f"{PAGE}?file=file-{file.pk}"

    assert link in admin_client.get(f"/admin/files/file/{file.pk}/change/").content.decode()
    assert f'href="{PAGE}"' in admin_client.get("/admin/").content.decode()
    text = admin_client.get(link).content.decode()
    assert f'value="file-{file.pk}"' in text
    assert INLINE.findall(text) == []
    for name in ("file", "upload", "records", "to_openai", "model_bedrock"):
        assert f'for="id_{name}"' in text


def test_a_stored_file_is_estimated_and_that_is_written_down(admin_client: Client):
    file = make.file(LINES)

    text = shown(admin_client, file=f"file-{file.pk}", to_openai="on", **CLAUDE)

    for told in ("OpenAI", "Anthropic", "takes all", "refuses some", "c-1", "modalities"):
        assert told in text, told
    assert text.count("$") >= 4
    assert "Hello Hello" not in text
    (event,) = asked_about()
    assert (event.target, event.actor) == (file.pk, "admin")


def test_records_are_pasted_or_uploaded_as_well(admin_client: Client):
    pasted = shown(admin_client, records=LINES.decode(), **CLAUDE)
    uploaded = shown(admin_client, upload=SimpleUploadedFile("in.jsonl", LINES), **CLAUDE)

    assert "refuses some" in pasted
    assert "refuses some" in uploaded
    assert asked_about() == []


def test_every_refused_record_is_downloaded(admin_client: Client):
    file = make.file(jsonl(*(record(number, **AUDIO) for number in range(3))))

    answer = admin_client.post(PAGE, {"file": file.pk, "all": "1", "to_openai": "on", **CLAUDE})

    lines = [json.loads(line) for line in answer.getvalue().splitlines()]
    assert [(one["target"], one["line"]) for one in lines] == [(1, 1), (1, 2), (1, 3)]
    assert answer["content-disposition"] == 'attachment; filename="refused.jsonl"'
    assert len(asked_about()) == 1


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"to_openai": "on"}, "one of the three"),
        ({"records": "{}", "file": "x", "to_openai": "on"}, "one of the three"),
        ({"records": "{}"}, "Choose a provider"),
        ({"file": "file-000000000000", "to_openai": "on"}, "There is no such file"),
    ],
)
def test_what_is_wrong_is_said(admin_client: Client, form: dict[str, str], said: str):
    assert said in shown(admin_client, **form)


def test_it_has_bounds_and_a_lost_file_is_no_failure(admin_client: Client, monkeypatch: Any):
    lost = make.file()
    assert "cannot be read any more" in shown(admin_client, file=lost.pk, to_openai="on")
    monkeypatch.setattr(estimates, "MOST_RECORDS", 1)
    assert "at the most" in shown(admin_client, records=LINES.decode(), to_openai="on")
    monkeypatch.setattr(estimates, "MOST_BYTES", 10)
    file = make.file(LINES)
    assert "at the most" in shown(admin_client, file=file.pk, to_openai="on")
    assert asked_about() == []


def test_it_takes_the_right_to_look_at_files(client_with: Any, client: Client):
    assert client_with("batches.view_batch").get(PAGE).status_code == 403
    assert client_with("files.view_file").get(PAGE).status_code == 200
    assert client.get(PAGE).status_code == 302


def test_what_records_say_is_escaped(admin_client: Client):
    evil = "<script>alert(1)</script>"
    lines = jsonl({**record(0, **AUDIO), "custom_id": evil}, record(1, model=evil))

    text = shown(admin_client, records=lines.decode(), to_openai="on", **CLAUDE)

    assert evil not in text
    assert "&lt;script&gt;" in text


def test_members_ask_about_the_files_of_their_own_workspaces(db: None):
    user = User.objects.create_user("ann", is_staff=True)
    Membership.objects.create(user=user, workspace=make.workspace("ours"), role="operator")
    client = Client()
    client.force_login(user)
    ours, theirs = (make.file(LINES, workspace=make.workspace(name)) for name in ("ours", "x"))

    assert "takes all" in shown(client, file=ours.pk, to_openai="on")
    assert "There is no such file" in shown(client, file=theirs.pk, to_openai="on")
