"""What people see of the records of a batch, and who sees it."""

import json
from typing import Any

import pytest
from django.test import Client

from batches.admin.pretty import MOST, pretty
from batches.models import Batch
from batches.services import Bounds, Wanted, look
from batches.services.failures import sort_of
from providers.consoles import console_url
from providers.models import AuditEvent
from providers.records import upstream_id
from tests.admin import make

SECRET = "my secret diary"
EVIL = "<img src=x onerror=alert(1)>"
SEEING = ("batches.view_batch", "batches.view_records")


def asked(number: int, text: str = SECRET) -> dict[str, Any]:
    body = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": text}]}
    url = "/v1/chat/completions"
    return {"custom_id": f"c-{number}", "method": "POST", "url": url, "body": body}


def answered(name: str, *, status: int = 200, message: str = "") -> dict[str, Any]:
    error = {"message": message, "type": "server_error", "code": "odd"}
    body = {"error": error} if message else {"choices": [{"message": {"content": "fine"}}]}
    return {"custom_id": name, "response": {"status_code": status, "body": body}}


def lines(*rows: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def told(number: int) -> dict[str, Any]:
    why = f"Request {number} of req_a1b2c3d4e5f6g7 waited 31.5 s"
    return (
        answered(f"c-{number}", status=500, message=why) if number % 2 else answered(f"c-{number}")
    )


@pytest.fixture
def batch(db: None) -> Batch:
    results = [told(number) for number in range(30)]
    batch = make.batch(
        status="completed",
        total=30,
        completed=15,
        failed=15,
        failures={"server_error": 15},
        input_file=make.file(lines(*(asked(number) for number in range(30)))),
        error_file=make.file(lines(*results[1::2])),
        results_file=make.file(lines(*results)),
    )
    raw = lines(*({**told(number), "custom_id": upstream_id(number)} for number in range(30)))
    make.job(batch, status="collected", raw_results=make.file(raw, purpose="raw_results"))
    return batch


def get(client: Client, batch: Batch, page: str, **query: Any) -> str:
    answer = client.get(f"/admin/batches/batch/{batch.pk}/{page}/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_page_of_records_leads_to_the_next(client_with: Any, batch: Batch):
    client = client_with(*SEEING)

    first = get(client, batch, "records")
    second = get(client, batch, "records", start=25)

    assert first.count("record/?start=") == 2 * 25
    assert "?start=25" in first
    assert second.count("record/?start=") == 2 * 5
    assert SECRET in first


def test_the_failed_and_the_one_of_a_custom_id_are_found(client_with: Any, batch: Batch):
    client = client_with(*SEEING)

    failed = get(client, batch, "records", failed="on")
    one = get(client, batch, "records", custom_id="c-17")

    assert failed.count("record/?start=") == 2 * 15
    assert one.count("record/?start=") == 2
    assert "record/?start=17" in one
    assert "No such record" in get(client, batch, "records", custom_id="c-99")


def test_one_record_is_shown_from_all_sides(client_with: Any, batch: Batch):
    shown = get(client_with(*SEEING), batch, "record", start=3)

    for text in (
        "c-3",
        SECRET,
        upstream_id(3),
        "Request 3 of",
        "/v1/chat/completions",
        f"/admin/batches/job/{batch.jobs.get().pk}/change/",
        "?start=2",
        "?start=4",
    ):
        assert text in shown, text
    assert shown.count('class="bf-json"') == 4


def test_a_record_that_is_not_there_is_not_found(client_with: Any, batch: Batch):
    url = f"/admin/batches/batch/{batch.pk}/record/?start=30"
    assert client_with(*SEEING).get(url).status_code == 404


def test_each_look_is_written_down_without_what_was_seen(client_with: Any, batch: Batch):
    client = client_with(*SEEING)
    get(client, batch, "records", custom_id="c-3")
    get(client, batch, "record", start=3)
    get(client, batch, "failures")

    events = AuditEvent.objects.exclude(action="user.logged_in").order_by("id")
    assert {(event.action, event.target) for event in events} == {("records.viewed", batch.pk)}
    assert [event.detail["at"] for event in events] == ["records", "a record", "failures"]
    assert "c-3" not in str([event.detail for event in events])


@pytest.mark.parametrize("page", ["records", "record", "failures"])
def test_who_may_not_see_records_sees_none(client_with: Any, batch: Batch, page: str):
    client = client_with("batches.view_batch", "batches.change_batch", "files.view_file")
    assert client.get(f"/admin/batches/batch/{batch.pk}/{page}/").status_code == 403
    story = get(client, batch, "change")
    assert "<b>15</b> server error" in story
    for text in ("waited", f"{batch.pk}/records/", f"{batch.pk}/failures/"):
        assert text not in story


def test_failures_of_one_kind_are_one_row(client_with: Any, batch: Batch):
    client = client_with(*SEEING)
    for shown in (get(client, batch, "failures"), get(client, batch, "change")):
        assert "Request N of … waited N s" in shown
        assert "custom_id=c-1" in shown
        assert shown.count("waited") == 1


@pytest.mark.parametrize(
    ("message", "sort"),
    [
        (
            "The model gpt-5-mini is 3 times overloaded",
            "The model gpt-5-mini is N times overloaded",
        ),
        ("No file file-abc123DEF456ghi", "No file …"),
        ("id 0b3f9f0e-6c1c-4b39-9c1d-2f1f3b0a4e55 is gone", "id … is gone"),
        ("12,345 tokens, at most 8192.", "N tokens, at most N."),
    ],
)
def test_what_is_one_records_own_is_left_out_of_a_message(message: str, sort: str):
    assert sort_of(message) == sort


def test_what_is_too_much_is_cut_and_says_where_it_goes_on(batch: Batch):
    page = look(batch, Wanted(), bounds=Bounds(size=0))
    assert page.cut
    assert page.rows == []
    late = look(batch, Wanted(), bounds=Bounds(seconds=-1))
    assert (late.cut, late.onward) == (True, None)


def test_a_batch_that_runs_shows_what_was_asked_and_what_was_sent(client_with: Any):
    batch = make.batch(total=1, input_file=make.file(lines(asked(0))))
    make.job(batch)
    client = client_with(*SEEING)
    assert "nothing yet" in get(client, batch, "records")
    shown = get(client, batch, "record")
    assert shown.count('class="bf-json"') == 2
    assert "Nothing yet" in shown


def test_json_is_escaped_folded_and_cut():
    text, cut = pretty(json.dumps({EVIL: [EVIL, 1, None], "long": "x" * 900}).encode())
    assert EVIL not in text
    assert "&lt;img" in text
    assert "<details" in text
    assert "902 characters" in text
    assert not cut
    long, cut = pretty(json.dumps(["y" * 100] * 5000).encode())
    assert cut
    assert long.count("y") <= MOST
    assert "{no json" in pretty(b"{no json")[0]
    assert "…" in pretty(b"[" * 500 + b"]" * 500)[0]


@pytest.mark.parametrize(
    ("provider", "upstream_id", "url"),
    [
        ("openai", "batch_68a1", "https://platform.openai.com/batches/batch_68a1"),
        ("openai", "batch_/../x", ""),
        ("openai", "", ""),
        ("anthropic", "msgbatch_1", "https://console.anthropic.com/workspaces/default/batches"),
        ("anthropic", "", ""),
        (
            "bedrock",
            "arn:aws:bedrock:eu-west-1:123456789012:model-invocation-job/abc123",
            "https://eu-west-1.console.aws.amazon.com/bedrock/home?region=eu-west-1#/batch-inference",
        ),
        ("bedrock", "direct-1", ""),
        ("gemini", "batches/1", ""),
    ],
)
def test_jobs_have_pages_at_their_vendors(provider: str, upstream_id: str, url: str):
    assert console_url(provider, upstream_id) == url


def test_a_job_links_to_its_vendor_unless_it_is_simulated(client_with: Any):
    batch = make.batch()
    make.job(batch, upstream_id="batch_68a1")
    link = "https://platform.openai.com/batches/batch_68a1"
    client = client_with("batches.view_batch")
    assert link in get(client, batch, "change")
    batch.jobs.get().credential.__class__.objects.update(base_url="http://127.0.0.1:8090/v1")
    assert link not in get(client, batch, "change")


def test_the_page_stays_current_while_its_batch_runs(client_with: Any):
    client = client_with("batches.view_batch")
    running, ended = make.batch(), make.batch(status="completed")
    assert 'data-live-seconds="5"' in get(client, running, "change")
    assert "bifrost/live.js" in get(client, running, "change")
    assert "data-live-seconds" not in get(client, ended, "change")


def test_a_clone_is_asked_about_and_may_go_elsewhere(admin_client: Client, ringing: Any):
    make.credential()
    make.credential("other", provider="anthropic")
    batch = make.batch(status="completed", cost=1_230_000_000, input_file=make.file(b"{}\n"))
    url = f"/admin/batches/batch/{batch.pk}/clone/"
    assert "cost $1.23" in admin_client.get(url).content.decode()
    with ringing() as rung:
        answer = admin_client.post(
            url, {"confirmed": "1", "provider": "anthropic", "model": "claude-x"}
        )
    (new,) = Batch.objects.exclude(pk=batch.pk)
    assert (new.provider, new.model_override) == ("anthropic", "claude-x")
    assert rung == [("advance", new.pk)]
    assert answer.url == f"/admin/batches/batch/{new.pk}/change/"
    admin_client.post(url, {"confirmed": "1", "provider": "nobody"})
    assert Batch.objects.count() == 2
