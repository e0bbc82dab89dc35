"""Of many at the same moment exactly as many come through as the limit has."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from batches import services
from batches.models import Batch
from files import services as files
from files.models import File
from providers.admission import admit
from providers.models import LimitExceededError, VirtualKey

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 12


def at_once(call: Callable[[int], object]) -> Counter[str]:
    """What became of the calls of so many threads."""
    barrier = threading.Barrier(THREADS)

    def run(number: int) -> str:
        barrier.wait()
        try:
            call(number)
        except LimitExceededError:
            return "refused"
        finally:
            connection.close()
        return "let in"

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(run, range(THREADS)))


def test_requests_of_a_minute(transactional_db: None, make_key: Any):
    # At three a minute the next would be free after twenty seconds.
    key = make_key(requests_per_minute=3).row

    found = at_once(lambda number: admit(VirtualKey.valid(key.digest)))

    assert found == {"let in": 3, "refused": THREADS - 3}


@pytest.mark.parametrize(
    ("limits", "let_in"),
    [
        ({"batches_in_flight": 4}, 4),
        ({"bytes_in_flight": 59}, 5),
        ({"records_per_day": 7}, 3),
    ],
    ids=["batches", "bytes", "records"],
)
def test_batches(transactional_db: None, make_key: Any, limits: dict[str, int], let_in: int):
    key = make_key(**limits).row
    stored = [_file(key) for _ in range(THREADS)]

    def create(number: int) -> None:
        services.create(
            workspace=key.workspace,
            input_file=stored[number],
            repeat=services.Repeat(digest=str(number)),
            fields={
                "surface": "openai",
                "provider": "openai",
                "endpoint": "/v1/chat/completions",
                "completion_window": "24h",
                "virtual_key": VirtualKey.valid(key.digest),
            },
        )

    assert at_once(create) == {"let in": let_in, "refused": THREADS - let_in}
    assert Batch.objects.count() == let_in


def _file(key: VirtualKey) -> File:
    """Of two lines and eleven bytes."""
    with files.writing(key.workspace) as writer:
        writer.write(b"first\nlast\n")
    return files.publish(writer.file, purpose=File.Purpose.BATCH, filename="in.jsonl")
