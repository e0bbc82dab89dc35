import openai
import pytest
import requests
from openai import OpenAI

from tests.sandbox.clock import LONG, advance
from tests.sandbox.process import start_sandbox
from tests.sandbox.records import by_id, chats, jsonl, run, submit, wait


def begin(client: OpenAI):
    """A batch that would take ten minutes."""
    return submit(client, jsonl(chats(10, "[sandbox:seconds=600]")))


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_a_batch_can_be_stopped_at_once(client: OpenAI, control, status):
    batch = begin(client)
    control("POST", f"batches/{batch.id}", {"status": status})
    batch = wait(client, batch)
    assert batch.status == status
    assert getattr(batch, f"{status}_at") is not None


def test_a_stopped_batch_has_results_for_every_record(clocked, connect, key):
    client = connect(key, url=clocked)
    batch = submit(client, jsonl(chats(20, LONG)))
    advance(clocked, 300)
    batch = wait(client, batch, lambda b: bool(b.request_counts and b.request_counts.completed))
    order = {"status": "expired"}
    assert requests.post(f"{clocked}/_sandbox/batches/{batch.id}", json=order).ok
    batch = wait(client, batch)
    finished = by_id(client, batch.output_file_id)
    unfinished = by_id(client, batch.error_file_id)
    assert finished
    assert len(finished) + len(unfinished) == 20
    assert {result["error"]["code"] for result in unfinished.values()} == {"batch_expired"}


def test_a_batch_can_be_completed_at_once(client: OpenAI, control):
    batch = begin(client)
    control("POST", f"batches/{batch.id}", {"status": "completed"})
    batch = wait(client, batch)
    assert batch.status == "completed"
    assert len(by_id(client, batch.output_file_id)) == 10


def test_a_batch_can_be_failed_at_once(client: OpenAI, control):
    batch = begin(client)
    control("POST", f"batches/{batch.id}", {"status": "failed"})
    batch = client.batches.retrieve(batch.id)
    assert batch.status == "failed"
    assert batch.errors is not None


def test_a_batch_can_show_a_status_that_nobody_knows(client: OpenAI, control, sandbox, key):
    batch = run(client, chats(1))
    control("POST", f"batches/{batch.id}", {"status": "pondering"})
    headers = {"authorization": f"Bearer {key}"}
    url = f"{sandbox}/openai/v1/batches"
    assert requests.get(f"{url}/{batch.id}", headers=headers).json()["status"] == "pondering"
    assert requests.get(url, headers=headers).json()["data"][0]["status"] == "pondering"
    control("POST", f"batches/{batch.id}", {"status": None})
    assert client.batches.retrieve(batch.id) == batch


def test_an_unknown_batch_cannot_be_forced(control):
    control("POST", "batches/batch_unknown", {"status": "failed"}, status=404)
    control("POST", "batches/batch_unknown", {"state": "failed"}, status=400)


def test_calls_are_counted_and_told_apart(client: OpenAI, control):
    before = control("GET", "calls")["counts"].get("files.retrieve", 0)
    file = client.files.create(file=("a", b"secret text"), purpose="user_data")
    client.files.retrieve(file.id)
    calls = control("GET", "calls?operation=files.retrieve")
    assert calls["counts"]["files.retrieve"] == before + 1
    assert calls["calls"][-1]["object"] == file.id
    assert calls["calls"][-1]["status"] == 200
    assert calls["calls"][-1]["provider"] == "openai"
    assert {call["operation"] for call in calls["calls"]} == {"files.retrieve"}


def test_calls_carry_neither_keys_nor_text(client: OpenAI, control, key):
    client.files.create(file=("a", b"secret text"), purpose="user_data")
    told = str(control("GET", "calls"))
    assert key not in told
    assert "secret text" not in told


def test_a_reset_forgets_everything(tmp_path, connect):
    with start_sandbox(tmp_path) as url:
        client = connect("sk-reset", url=url)
        begin(client)
        fault = {"operation": "files.list", "status": 500}
        assert requests.post(f"{url}/_sandbox/faults", json=fault).ok
        assert requests.post(f"{url}/_sandbox/reset").ok
        assert client.files.list().data == []
        assert client.batches.list().data == []
        counts = requests.get(f"{url}/_sandbox/calls").json()["counts"]
        assert counts == {"files.list": 1, "batches.list": 1}
        assert not list((tmp_path / "files").iterdir())


def test_time_passes_when_the_clock_is_put_ahead(tmp_path, connect):
    expiry = {"anchor": "created_at", "seconds": 3600}
    with start_sandbox(tmp_path) as url:
        client = connect("sk-clock", url=url)
        file = client.files.create(file=("a", b"x"), purpose="user_data", expires_after=expiry)
        batch = begin(client)
        told = requests.post(f"{url}/_sandbox/clock", json={"advance": 3600}).json()
        assert told["ahead"] == 3600
        assert requests.get(f"{url}/_sandbox/clock").json()["now"] >= told["now"]
        batch = wait(client, batch)
        assert batch.completed_at is not None
        assert batch.completed_at - batch.created_at >= 3600
        with pytest.raises(openai.NotFoundError):
            client.files.retrieve(file.id)
    with start_sandbox(tmp_path) as url:
        assert requests.get(f"{url}/_sandbox/clock").json()["ahead"] == 3600
        assert requests.post(f"{url}/_sandbox/clock", json={"advance": -1}).status_code == 400
