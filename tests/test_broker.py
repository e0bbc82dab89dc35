"""The embedded broker: messages come whole, each to one taker; a lost one loses no batch."""

import multiprocessing
from pathlib import Path

import kombu
import pytest

import bifrost.broker  # noqa: F401 -- registers the transport

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


def take(folder: Path, results: "multiprocessing.Queue[list[int]]") -> None:
    taken = []
    with connect(folder) as connection, connection.SimpleQueue("q") as queue:
        while True:
            try:
                message = queue.get(timeout=1)
            except queue.Empty:
                break
            message.ack()
            taken.append(message.payload["number"])
    results.put(taken)


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_many_senders_and_takers_lose_and_repeat_nothing(tmp_path):
    (tmp_path / "control").mkdir()
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    senders = [context.Process(target=send, args=(tmp_path, n * COUNT)) for n in range(2)]
    takers = [context.Process(target=take, args=(tmp_path, results)) for _ in range(2)]
    for process in (*takers, *senders):
        process.start()
    taken = [results.get(timeout=60) for _ in takers]
    for process in (*takers, *senders):
        process.join(30)

    assert sorted(taken[0] + taken[1]) == list(range(2 * COUNT))
    assert not list(tmp_path.glob("*.q.*"))


def test_it_survives_being_closed_and_opened(tmp_path):
    (tmp_path / "control").mkdir()
    with connect(tmp_path) as connection, connection.SimpleQueue("q") as queue:
        queue.put({"number": 1})

    with connect(tmp_path) as connection, connection.SimpleQueue("q") as queue:
        assert queue.get(timeout=1).payload == {"number": 1}
