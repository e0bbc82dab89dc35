"""The embedded broker: messages come whole, each to one taker; a lost one loses no batch."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import kombu
import pytest

import bifrost.broker  # noqa: F401 -- registers the transport
from tests.installation import free_port

COUNT = 200


def connect(folder: Path) -> kombu.Connection:
    options = {
        "data_folder_in": folder,
        "data_folder_out": folder,
        "control_folder": folder / "control",
        "polling_interval": 0.01,
    }
    return kombu.Connection("embedded://localhost", transport_options=options)


def send(folder: Path, start: int) -> None:
    with connect(folder) as connection, connection.SimpleQueue("q") as queue:
        for number in range(start, start + COUNT):
            queue.put({"number": number, "text": "x" * 5000})


def take(folder: Path, results: Any, all_sent: Any) -> None:
    taken = []
    with connect(folder) as connection, connection.SimpleQueue("q") as queue:
        while True:
            last = all_sent.is_set()
            try:
                message = queue.get(timeout=0.3)
            except queue.Empty:
                if last:
                    break
                continue
            message.ack()
            taken.append(message.payload["number"])
    results.put(taken)


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_many_senders_and_takers_lose_and_repeat_nothing(tmp_path):
    (tmp_path / "control").mkdir()
    context = multiprocessing.get_context("spawn")
    results, all_sent = context.Queue(), context.Event()
    senders = [context.Process(target=send, args=(tmp_path, n * COUNT)) for n in range(2)]
    takers = [context.Process(target=take, args=(tmp_path, results, all_sent)) for _ in range(2)]
    for process in (*takers, *senders):
        process.start()
    for process in senders:
        process.join(60)
    all_sent.set()
    taken = [results.get(timeout=60) for _ in takers]
    for process in takers:
        process.join(30)

    assert sorted(taken[0] + taken[1]) == list(range(2 * COUNT))
    assert not list(tmp_path.glob("*.q.*"))


def test_it_survives_being_closed_and_opened(tmp_path):
    (tmp_path / "control").mkdir()
    with connect(tmp_path) as connection, connection.SimpleQueue("q") as queue:
        queue.put({"number": 1})

    with connect(tmp_path) as connection, connection.SimpleQueue("q") as queue:
        assert queue.get(timeout=1).payload == {"number": 1}


def test_a_broker_that_is_down_holds_no_request_up():
    script = (
        "import django; django.setup()\n"
        "from batches import tasks\n"
        "import time; began = time.monotonic(); tasks.ring('abc'); print(time.monotonic() - began)"
    )
    dead = {"CELERY_BROKER_URL": f"redis://127.0.0.1:{free_port()}/0"}
    environment = {**os.environ, **dead, "DJANGO_SETTINGS_MODULE": "bifrost.settings"}
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=60
    )

    assert said.returncode == 0, said.stderr
    assert float(said.stdout) < 3
    assert "Error calling" in said.stderr
