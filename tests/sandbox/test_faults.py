"""Ordered faults, seen through the SDK and on the bare wire."""

import operator
import os
import socket
import time

import openai
import pytest
import requests
from openai import OpenAI

from tests.sandbox.clock import until
from tests.sandbox.process import start_sandbox
from tests.sandbox.records import CHAT, chats, jsonl, upload


def create(client: OpenAI, file_id: str) -> object:
    return client.batches.create(input_file_id=file_id, endpoint=CHAT, completion_window="24h")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_a_call_fails_with_the_status_ordered(client, control, status, error):
    control("POST", "faults", {"operation": "batches.list", "status": status})
    client.files.list()
    with pytest.raises(error):
        client.batches.list()
    assert client.batches.list().data == []


def test_a_fault_is_used_up_after_its_times(client, control):
    control("POST", "faults", {"operation": "files.list", "status": 500, "times": 2})
    for _ in range(2):
        with pytest.raises(openai.InternalServerError):
            client.files.list()
    client.files.list()
    assert control("GET", "faults") == {"faults": []}


def test_a_fault_without_end_stays_until_it_is_taken_away(client, control):
    control("POST", "faults", {"status": 500, "message": "Out of order.", "times": None})
    for _ in range(3):
        with pytest.raises(openai.InternalServerError, match="Out of order"):
            client.files.list()
    assert control("DELETE", "faults") == {"faults": []}
    client.files.list()


def test_faults_come_in_the_order_they_were_given(client, control):
    control("POST", "faults", [{"status": 429}, {"status": 500}])
    with pytest.raises(openai.RateLimitError):
        client.files.list()
    with pytest.raises(openai.InternalServerError):
        client.files.list()


def test_faults_may_be_for_one_provider(client, control):
    control("POST", "faults", {"provider": "gemini", "status": 500})
    client.files.list()


def test_a_client_is_told_when_to_try_again(client, control):
    control("POST", "faults", {"status": 429, "retry_after": 0.25})
    with pytest.raises(openai.RateLimitError) as caught:
        client.files.list()
    assert caught.value.response.headers["retry-after"] == "0.25"
    assert caught.value.code == "rate_limit_exceeded"


def test_an_answer_is_late_by_the_latency(client, control):
    control("POST", "faults", {"operation": "files.list", "latency": 0.2})
    started = time.monotonic()
    client.files.list()
    assert time.monotonic() - started >= 0.2


def test_a_connection_dropped_before_does_nothing(client, control):
    control("POST", "faults", {"operation": "files.create", "drop": "before"})
    with pytest.raises(openai.APIConnectionError):
        client.files.create(file=("a.txt", b"x" * 3_000_000), purpose="user_data")
    assert client.files.list().data == []


def test_a_connection_dropped_after_has_done_the_work(client, control):
    id = upload(client, jsonl(chats(1)))
    control("POST", "faults", {"operation": "batches.create", "drop": "after"})
    with pytest.raises(openai.APIConnectionError):
        create(client, id)
    assert len(client.batches.list().data) == 1


def test_a_client_that_tries_again_after_a_drop_makes_two_batches(connect, key, control):
    client = connect(key, max_retries=2)
    id = upload(client, jsonl(chats(1)))
    before = control("GET", "calls")["counts"].get("batches.create", 0)
    control("POST", "faults", {"operation": "batches.create", "drop": "after"})
    create(client, id)
    assert len(client.batches.list().data) == 2
    calls = control("GET", "calls?operation=batches.create")
    assert calls["counts"]["batches.create"] - before == 2
    first, second = calls["calls"][-2:]
    assert (first["dropped"], first["status"], first["retry"]) == ("after", None, 0)
    assert (second["dropped"], second["status"], second["retry"]) == (None, 200, 1)
    assert {first["object"], second["object"]} == {b.id for b in client.batches.list()}


def test_a_connection_dropped_midway_sends_half_of_an_answer(client, control):
    control("POST", "faults", {"operation": "files.list", "drop": "midway"})
    with pytest.raises(openai.APIConnectionError):
        client.files.list()


def test_a_download_dropped_midway_sends_half_of_the_file(client, control, sandbox, key):
    file = client.files.create(file=("a.bin", b"x" * 1_000_001), purpose="user_data")
    control("POST", "faults", {"operation": "files.content", "drop": "midway"})
    answer = requests.get(
        f"{sandbox}/openai/v1/files/{file.id}/content",
        headers={"authorization": f"Bearer {key}"},
        stream=True,
    )
    assert answer.headers["content-length"] == "1000001"
    assert answer.raw.read(500_000) == b"x" * 500_000
    with pytest.raises(Exception, match="more expected"):
        answer.raw.read()
    assert client.files.content(file.id).read() == b"x" * 1_000_001


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 200},
        {"drop": "sideways"},
        {"times": 0},
        {"latency": -1},
        {"operations": "files.list"},
        {"operation": "files.copy"},
    ],
)
def test_an_impossible_fault_is_refused(control, fault):
    assert "error" in control("POST", "faults", fault, status=400)


HALF_A_FORM = (
    b'--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n' + b"a" * 100_000
)


def test_a_form_without_an_end_is_refused(client, sandbox, key):
    answer = requests.post(
        f"{sandbox}/openai/v1/files",
        data=HALF_A_FORM,
        headers={
            "authorization": f"Bearer {key}",
            "content-type": "multipart/form-data; boundary=x",
        },
    )
    assert answer.status_code == 400
    assert client.files.list().data == []


def test_an_upload_broken_off_leaves_nothing_behind(tmp_path):
    head = (
        b"POST /openai/v1/files HTTP/1.1\r\nhost: sandbox\r\nauthorization: Bearer k\r\n"
        b"content-type: multipart/form-data; boundary=x\r\ncontent-length: 1000000\r\n\r\n"
    )
    with start_sandbox(tmp_path, seconds=0) as url:
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as connection:
            connection.sendall(head + HALF_A_FORM)
            until(lambda: os.listdir(tmp_path / "work"), bool)
        until(lambda: os.listdir(tmp_path / "work"), operator.not_)
        assert not os.listdir(tmp_path / "files")


def test_a_large_upload_is_refused_with_an_answer(connect):
    """The sandbox reads what it does not want, so that the client reads what it says."""
    client = connect("sandbox-invalid")
    with pytest.raises(openai.AuthenticationError):
        client.files.create(file=("a.bin", bytes(20_000_000)), purpose="user_data")
