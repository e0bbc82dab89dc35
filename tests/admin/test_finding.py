"""Searching what no index finds, keeping filters, and lists as CSV."""

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from batches.models import BatchEvent, CustomIds, SavedFilter
from batches.services import custom_ids
from providers import exports, lookback
from providers.models import AuditEvent, Membership
from tests.admin import make

BATCHES, JOBS = "/admin/batches/batch/", "/admin/batches/job/"
LABELS = sorted(model._meta.label_lower for model in admin.site._registry)


def found(client: Client, text: str, url: str = BATCHES, **query: str) -> list[str]:
    answer = client.get(url, {"q": text, **query})
    assert answer.status_code == 200
    return [one.pk for one in answer.context["cl"].result_list]


def line(custom_id: str) -> bytes:
    body = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    record = {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body}
    return json.dumps(record).encode() + b"\n"


def with_ids(*names: str, **fields: Any) -> Any:
    batch = make.batch(input_file=make.file(b"".join(map(line, names))), **fields)
    custom_ids.keep(batch, map(custom_ids.checksum, names))
    return batch


@pytest.mark.parametrize("text", ["row-17", "custom_id:row-17", 'custom_id:"row-17" model:gpt'])
def test_a_custom_id_finds_its_batch(admin_client: Client, text: str):
    wanted = with_ids(*(f"row-{number}" for number in range(50)))
    with_ids("row-99")

    assert found(admin_client, text) == [wanted.pk]


def test_a_checksum_that_another_custom_id_has_is_no_hit(admin_client: Client):
    batch = with_ids("other")
    custom_ids.keep(batch, [custom_ids.checksum("wanted")])

    assert found(admin_client, "custom_id:wanted") == []


def test_where_the_input_is_gone_a_batch_may_have_it(admin_client: Client):
    batch = make.batch()
    custom_ids.keep(batch, [custom_ids.checksum("wanted")])

    assert found(admin_client, "custom_id:wanted") == [batch.pk]


def test_four_bytes_count_only_where_a_checksum_begins(db: None):
    wanted = custom_ids.checksum("wanted").to_bytes(4, "big")
    batch = make.batch()
    row = CustomIds.objects.create(batch=batch, digests=b"\0\0" + wanted + b"\0\0")
    rows = type(batch).objects.all()

    assert custom_ids.holders(rows, "wanted") == []
    row.digests = b"\0\0" + wanted + b"\0\0" + wanted
    row.save()
    assert custom_ids.holders(rows, "wanted") == [batch.pk]


@pytest.mark.parametrize(
    "text",
    [
        *("nightly", "claude", "no answer", "invalid line", "bad gateway", "came back late"),
        *("model:claude-haiku", "name:night", 'error:"no answer in"', "error:gateway model:haiku"),
    ],
)
def test_words_find_names_models_and_what_went_wrong(admin_client: Client, text: str):
    wanted = make.batch(
        name="nightly run",
        model="claude-haiku-4-5",
        last_error="No answer in 60 s",
        errors=[{"message": "invalid line"}],
    )
    make.job(wanted, last_error="502 Bad Gateway")
    BatchEvent.objects.create(batch=wanted, kind="postponed", message="it came back late")
    make.job(make.batch(name="other", model="gpt-5"))

    assert found(admin_client, text) == [wanted.pk]
    assert "Searched" in admin_client.get(BATCHES, {"q": text}).content.decode()


def test_all_terms_have_to_fit(admin_client: Client):
    make.batch(model="gpt-5", name="daily")

    assert found(admin_client, "model:gpt-5 name:nightly") == []
    assert found(admin_client, "model:gpt-5 nightly") == []
    assert len(found(admin_client, "model:gpt-5 daily")) == 1


@pytest.mark.parametrize("text", ["model:haiku", "error:gateway", "custom_id:row-1", "name:night"])
def test_jobs_are_found_by_the_same_words(admin_client: Client, text: str):
    batch = with_ids("row-1", name="nightly")
    wanted = make.job(batch, model="claude-haiku", last_error="502 Bad Gateway")
    make.job(make.batch())

    assert found(admin_client, text, JOBS) == [wanted.pk]


def test_a_search_says_how_far_back_it_looked_and_goes_on_from_there(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lookback, "FIRST_WINDOW", 2)
    monkeypatch.setattr(lookback, "SECONDS", -1)
    monkeypatch.setattr(lookback.look_back, "__kwdefaults__", {"before": None, "seconds": -1})
    now = timezone.now()
    made = [make.batch(name="x", created_at=now - timedelta(days=day)) for day in range(7)]
    url: str = f"{BATCHES}?q=name:x"
    seen: list[str] = []

    for _ in range(9):
        answer = admin_client.get(url)
        cl = answer.context["cl"]
        seen += [one.pk for one in cl.result_list]
        if cl.told.until is None:
            break
        assert "Look further back" in answer.content.decode()
        url = f"{BATCHES}{cl.further}"

    assert seen == [one.pk for one in made]


def test_a_search_works_within_the_filters_and_the_workspace(admin_client: Client, client: Client):
    here = make.batch(workspace=make.workspace("ours"), name="nightly", status="failed")
    there = make.batch(workspace=make.workspace("others"), name="nightly")
    user = User.objects.create_user("ann", is_staff=True)
    Membership.objects.create(user=user, workspace=here.workspace, role="viewer")
    client.force_login(user)

    assert found(client, "nightly") == [here.pk]
    assert found(client, there.pk) == []
    assert set(found(admin_client, "nightly")) == {here.pk, there.pk}
    assert found(admin_client, "nightly", status__exact="failed") == [here.pk]


def exported(client: Client, url: str, **query: str) -> list[dict[str, str]]:
    answer = client.get(f"{url}export/", query)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(StringIO(text)))


def test_a_list_is_had_as_csv_with_its_filters_and_search(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(exports, "AT_ONCE", 3)
    now = timezone.now()
    wanted = [
        # Several of one moment, across the ends of pages.
        make.batch(status="failed", name="=1+1", created_at=now - timedelta(days=number // 4))
        for number in range(10)
    ]
    make.batch()

    rows = exported(admin_client, BATCHES, status__exact="failed")

    order = sorted(wanted, key=lambda one: (one.created_at, one.pk), reverse=True)
    assert [row["id"] for row in rows] == [one.pk for one in order]
    assert rows[0]["name"] == "'=1+1"
    assert rows[0]["created_at"] == order[0].created_at.isoformat()
    assert rows[0]["total"] == "100"
    assert len(exported(admin_client, BATCHES, q=wanted[0].pk)) == 1
    event = AuditEvent.objects.filter(action="list.exported").first()
    assert event
    assert event.detail == {"list": "batches.batch", "narrowed_by": ["q"]}


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff20"])
def test_no_spreadsheet_takes_what_a_client_wrote_for_a_formula(admin_client: Client, begins: str):
    make.batch(name=f"{begins}HYPERLINK(1)")

    (row,) = exported(admin_client, BATCHES)

    assert row["name"] == f"'{begins}HYPERLINK(1)"


def secrets() -> Iterator[str]:
    made, text = make.key()
    yield from (text, made.digest, made.signing_secret, made.encrypted_signing_secret)
    credential = make.credential(secret="sk-kept")
    yield from ("sk-kept", credential.encrypted_secret)


@pytest.mark.parametrize("label", LABELS)
def test_every_list_is_had_and_none_has_a_secret(admin_client: Client, label: str):
    hidden = [*secrets(), User.objects.get().password]

    answer = admin_client.get(f"/admin/{label.replace('.', '/')}/export/")

    text = b"".join(answer.streaming_content).decode()
    assert answer["content-type"].startswith("text/csv")
    assert "\n" in text
    for secret in hidden:
        assert secret not in text
    assert not {"password", "digest", "encrypted_secret"} & set(text.split("\r\n")[0].split(","))


@pytest.mark.parametrize("label", LABELS)
def test_who_may_not_see_a_list_has_no_csv_of_it(client_with: Any, label: str):
    client = client_with("sessions.view_session")

    assert client.get(f"/admin/{label.replace('.', '/')}/export/").status_code == 403


def test_a_member_exports_what_is_theirs(db: None, client: Client):
    ours = make.batch(workspace=make.workspace("ours"))
    make.batch(workspace=make.workspace("others"))
    user = User.objects.create_user("ann", is_staff=True)
    Membership.objects.create(user=user, workspace=ours.workspace, role="viewer")
    client.force_login(user)

    assert [row["id"] for row in exported(client, BATCHES)] == [ours.pk]
    assert client.get("/admin/files/file/export/").status_code == 403
    assert AuditEvent.objects.get(action="list.exported").workspace == ours.workspace


PAGE = "batches_batch_changelist"


def test_a_filter_is_saved_shown_and_deleted(admin_client: Client):
    query = "status__exact=failed&status__exact=expired"
    assert "Save this filter" not in admin_client.get(BATCHES).content.decode()
    assert "Save this filter" in admin_client.get(f"{BATCHES}?{query}").content.decode()

    answer = admin_client.post(
        "/admin/filters/save/", {"page": PAGE, "query": f"{query}&p=3", "name": "<b>broken</b>"}
    )

    assert answer.headers["location"] == f"{BATCHES}?{query}"
    page = admin_client.get(BATCHES).content.decode()
    assert "&lt;b&gt;broken&lt;/b&gt;" in page
    assert f'href="?{query.replace("&", "&amp;")}"' in page
    here = admin_client.get(f"{BATCHES}?{query}").content.decode()
    assert 'aria-current="true"' in here
    assert "Save this filter" not in here
    assert "broken" not in admin_client.get(JOBS).content.decode()
    admin_client.post(f"/admin/filters/{SavedFilter.objects.get().pk}/delete/")
    assert not SavedFilter.objects.exists()


def test_a_filter_is_its_owners_alone(admin_client: Client, client_with: Any):
    admin_client.post("/admin/filters/save/", {"page": PAGE, "query": "errors=yes", "name": "mine"})
    saved = SavedFilter.objects.get()
    other = client_with("batches.view_batch")

    assert "mine" not in other.get(f"{BATCHES}?errors=no").content.decode()
    assert other.post(f"/admin/filters/{saved.pk}/delete/").status_code == 404
    assert Client().post(f"/admin/filters/{saved.pk}/delete/").status_code == 302
    assert SavedFilter.objects.exists()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": " "}, 302),
        ({"name": "x" * 101}, 302),
        ({"query": "q=" + "x" * 2000}, 302),
        ({"page": "https://elsewhere.example.com"}, 404),
        ({"page": "logout"}, 404),
        ({"name": "taken"}, 302),
    ],
)
def test_what_is_no_filter_is_not_saved(
    admin_client: Client, admin_user: Any, fields: dict[str, str], status: int
):
    SavedFilter.objects.create(user=admin_user, page=PAGE, name="taken")

    form = {"page": PAGE, "query": "errors=yes", "name": "new", **fields}
    assert admin_client.post("/admin/filters/save/", form).status_code == status
    assert SavedFilter.objects.count() == 1


@pytest.mark.parametrize("url", [BATCHES, JOBS])
def test_two_terms_find_what_fits_both_among_many_that_fit_one(admin_client: Client, url: str):
    now = timezone.now()
    for number in range(lookback.MOST + 20):
        batch = make.batch(model="gpt-5", created_at=now - timedelta(seconds=number))
        trouble = {"last_error": "needle"} if number == lookback.MOST + 10 else {}
        job = make.job(batch, model="gpt-5", created_at=batch.created_at, **trouble)
        if trouble:
            wanted = batch if url == BATCHES else job

    assert found(admin_client, "model:gpt-5 error:needle", url) == [wanted.pk]
