import openai
import pytest
from openai import OpenAI
from openai.types import Batch

from tests.sandbox.clock import LONG, advance, while_time_passes
from tests.sandbox.process import start_sandbox
from tests.sandbox.records import (
    TERMINAL,
    by_id,
    chat,
    chats,
    jsonl,
    results,
    run,
    submit,
    upload,
    wait,
)


def has_answers(batch: Batch) -> bool:
    return bool(batch.request_counts and batch.request_counts.completed)


def test_a_batch_passes_through_all_stages_while_its_counts_grow(clocked, connect, key):
    client = connect(key, url=clocked)
    lines = [chat(f"c{n}", "[sandbox:status=500]" if n % 2 else "x") for n in range(40)]
    lines.append(chat("slow", LONG))
    batch = submit(client, jsonl(lines))
    polls = while_time_passes(
        clocked, lambda: client.batches.retrieve(batch.id), lambda poll: poll.status in TERMINAL
    )
    stages = ["validating", "in_progress", "finalizing", "completed"]
    statuses = list(dict.fromkeys(poll.status for poll in polls))
    assert statuses == [stage for stage in stages if stage in statuses]
    assert {"in_progress", "completed"} <= set(statuses)
    counts = [poll.request_counts for poll in polls if poll.request_counts]
    totals = [poll.request_counts.total for poll in polls if poll.request_counts]
    assert totals == [0 if poll.status == "validating" else 41 for poll in polls]
    done = [count.completed + count.failed for count in counts]
    assert done == sorted(done)
    assert len(set(done)) > 3
    assert done[-1] == 41
    assert all(count.completed + count.failed <= count.total for count in counts)
    assert any(0 < count.failed < 20 for count in counts)


def test_a_cancelled_batch_keeps_what_was_finished(clocked, connect, key):
    client = connect(key, url=clocked)
    batch = submit(client, jsonl(chats(40, LONG)))
    advance(clocked, 300)
    batch = wait(client, batch, has_answers)
    batch = client.batches.cancel(batch.id)
    assert batch.status == "cancelling"
    assert batch.cancelling_at is not None
    assert client.batches.cancel(batch.id).status == "cancelling"
    batch = wait(client, batch)
    assert batch.status == "cancelled"
    assert batch.cancelled_at is not None
    assert batch.finalizing_at is None
    assert batch.request_counts is not None
    finished = by_id(client, batch.output_file_id)
    unfinished = by_id(client, batch.error_file_id)
    assert len(finished) == batch.request_counts.completed < 40
    assert len(finished) + len(unfinished) == batch.request_counts.total == 40
    assert {result["error"]["code"] for result in unfinished.values()} == {"batch_cancelled"}


def test_a_batch_cancelled_while_it_is_validated_has_no_results(client: OpenAI):
    id = upload(client, jsonl(chats(40, LONG)))
    batch = client.batches.create(
        input_file_id=id, endpoint="/v1/chat/completions", completion_window="24h"
    )
    client.batches.cancel(batch.id)
    batch = wait(client, batch)
    assert batch.status == "cancelled"
    assert batch.output_file_id is None
    assert batch.error_file_id is None


@pytest.mark.parametrize("lines", [chats(1), [{}], chats(2, "[sandbox:batch=expire]")])
def test_what_is_over_cannot_be_cancelled(client: OpenAI, lines):
    batch = run(client, lines)
    with pytest.raises(openai.ConflictError, match=f"status '{batch.status}'"):
        client.batches.cancel(batch.id)


def test_a_restart_loses_nothing_and_takes_up_what_was_unfinished(tmp_path, connect):
    with start_sandbox(tmp_path, seconds=10) as url:
        client = connect("sk-restart", url=url)
        done = run(client, chats(3, "[sandbox:seconds=0]"))
        content = client.files.content(done.output_file_id or "").read()
        running = submit(client, jsonl(chats(3, "[sandbox:seconds=1]")))
        cancelling = submit(client, jsonl(chats(3)))
        client.batches.cancel(cancelling.id)
    with start_sandbox(tmp_path, seconds=10) as url:
        client = connect("sk-restart", url=url)
        assert client.batches.retrieve(done.id) == done
        assert client.files.content(done.output_file_id or "").read() == content
        batch = wait(client, running)
        assert batch.status == "completed"
        assert len(results(client, batch.output_file_id)) == 3
        assert wait(client, cancelling).status == "cancelled"
    assert not list((tmp_path / "work").iterdir())


def test_many_batches_run_at_once(client: OpenAI):
    batches = [submit(client, jsonl(chats(20))) for _ in range(10)]
    assert {wait(client, batch).status for batch in batches} == {"completed"}
