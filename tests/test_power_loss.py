"""A whole installation whose worker is killed and whose messages vanish: batches come to their end."""

import json
import time
from itertools import pairwise

import pytest
import redis

from tests.stack import Stack, running_stack

pytestmark = pytest.mark.live
RECORDS = 2_000
KILLS = 4


@pytest.fixture(scope="module")
def fragile(tmp_path_factory):
    """With a short lease, so that what a dead worker held is soon free."""
    folder = tmp_path_factory.mktemp("fragile")
    with running_stack(folder, BIFROST_LEASE_SECONDS="2", BIFROST_SANDBOX_SECONDS="3") as running:
        yield running


def create(stack: Stack, records: int):
    client = stack.openai()
    lines = [
        {
            "custom_id": f"q-{number}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "gpt-5-mini", "messages": [{"role": "user", "content": f"{number}"}]},
        }
        for number in range(records)
    ]
    content = "\n".join(map(json.dumps, lines)).encode()
    file = client.files.create(file=("q.jsonl", content), purpose="batch")
    return client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
    )


def await_end(stack: Stack, batch, seconds: float = 60):
    client = stack.openai()
    deadline = time.monotonic() + seconds
    while batch.status not in ("completed", "failed") and time.monotonic() < deadline:
        time.sleep(0.1)
        batch = client.batches.retrieve(batch.id)
    return batch


def test_a_worker_killed_again_and_again_bills_once_and_loses_nothing(fragile: Stack):
    fragile.sandbox("POST", "reset")
    batch = create(fragile, RECORDS)
    for pause in (0.1, 0.7, 1.1, 1.7)[:KILLS]:
        time.sleep(pause)
        fragile.kill_worker()

    batch = await_end(fragile, batch)

    assert batch.status == "completed"
    output = fragile.openai().files.content(batch.output_file_id).text.splitlines()
    numbers = [int(json.loads(line)["custom_id"].removeprefix("q-")) for line in output]
    assert len(numbers) == RECORDS
    assert all(earlier < later for earlier, later in pairwise(numbers))
    calls = fragile.sandbox("GET", "calls?operation=batches.create")["calls"]
    assert len([call for call in calls if call["status"] == 200]) == 1


def test_lost_messages_lose_no_batch(fragile: Stack):
    batch = create(fragile, 3)
    lose_messages(fragile)

    assert await_end(fragile, batch).status == "completed"


def lose_messages(stack: Stack) -> None:
    if broker := stack.environment.get("CELERY_BROKER_URL"):
        with redis.Redis.from_url(broker) as server:
            server.delete("celery")
        return
    for message in (stack.data / "broker").glob("*.msg"):
        message.unlink(missing_ok=True)
