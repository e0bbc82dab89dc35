"""n records in, n results out: each in one of two files, and each file in the order of the input."""

import random
import time

from openai import OpenAI
from openai.types import Batch

from tests.sandbox.records import TERMINAL, chat, chats, jsonl, results, submit, wait
from tests.stack import Stack

ORDERS = {
    "": ("output", 200, None),
    "[sandbox:status=400]": ("error", 400, None),
    "[sandbox:status=429]": ("error", 429, None),
    "[sandbox:status=500]": ("error", 500, None),
    "[sandbox:lost]": ("error", None, "result_missing"),
    "[sandbox:twice]": ("output", 200, None),
    "[sandbox:twice] [sandbox:status=503]": ("error", 503, None),
    "[sandbox:refusal]": ("output", 200, None),
    "[sandbox:finish=length]": ("output", 200, None),
}


def run(client: OpenAI, lines: list[dict]) -> Batch:
    """All in no time, as a field that nobody knows asks the sandbox to."""
    first = {**lines[0], "note": "[sandbox:seconds=0]"}
    return wait(client, submit(client, jsonl([first, *lines[1:]])))


def names(lines: list[dict]) -> list[str]:
    return [line["custom_id"] for line in lines]


def test_every_record_has_one_line_whatever_became_of_it(openai: OpenAI):
    orders = random.Random(4).choices(list(ORDERS), k=300)
    lines = [chat(f"c{number}", f"{number} {order}") for number, order in enumerate(orders)]

    batch = run(openai, lines)

    sides = {
        "output": results(openai, batch.output_file_id),
        "error": results(openai, batch.error_file_id),
    }
    for side, found in sides.items():
        expected = [f"c{n}" for n, order in enumerate(orders) if ORDERS[order][0] == side]
        assert names(found) == expected
        for one in found:
            _, status, code = ORDERS[orders[int(one["custom_id"][1:])]]
            assert set(one) == {"id", "custom_id", "response", "error"}
            assert (one["response"] or {}).get("status_code") == status
            assert (one["error"] or {}).get("code") == code
    assert batch.status == "completed"
    assert batch.request_counts.to_dict() == {
        "total": 300,
        "completed": len(sides["output"]),
        "failed": len(sides["error"]),
    }


def test_an_answer_belongs_to_its_question(openai: OpenAI):
    batch = run(openai, [chat(f"c{number}", f"number {number}") for number in range(50)])

    for number, one in enumerate(results(openai, batch.output_file_id)):
        said = one["response"]["body"]["choices"][0]["message"]["content"]
        assert said.endswith(f"number {number}")


def test_a_failed_record_keeps_the_providers_words(openai: OpenAI):
    wrong = chat("wrong", temperature=9)

    batch = run(openai, [chat("right"), wrong])

    (failed,) = results(openai, batch.error_file_id)
    assert failed["custom_id"] == "wrong"
    assert failed["error"] is None
    assert failed["response"]["status_code"] == 400
    assert "temperature" in failed["response"]["body"]["error"]["message"]
    assert failed["response"]["request_id"]


def test_a_batch_where_all_failed_is_completed_and_has_no_output(openai: OpenAI):
    batch = run(openai, [chat(f"c{n}", "[sandbox:status=500]") for n in range(3)])

    assert batch.status == "completed"
    assert batch.output_file_id is None
    assert len(results(openai, batch.error_file_id)) == 3
    assert batch.request_counts.to_dict() == {"total": 3, "completed": 0, "failed": 3}


def test_a_batch_where_all_were_lost_has_a_line_for_each(openai: OpenAI):
    batch = run(openai, [chat(f"c{n}", "[sandbox:lost]") for n in range(3)])

    assert names(results(openai, batch.error_file_id)) == ["c0", "c1", "c2"]


def test_usage_is_the_sum_of_what_the_answers_used(openai: OpenAI):
    batch = run(openai, chats(5))

    used = [one["response"]["body"]["usage"] for one in results(openai, batch.output_file_id)]
    assert batch.usage.input_tokens == sum(one["prompt_tokens"] for one in used) > 0
    assert batch.usage.output_tokens == sum(one["completion_tokens"] for one in used) > 0
    assert batch.usage.total_tokens == batch.usage.input_tokens + batch.usage.output_tokens


def test_results_are_files_like_any_other(openai: OpenAI):
    batch = run(openai, chats(2, "[sandbox:status=400]"))

    for file_id, word in ((batch.output_file_id, "output"), (batch.error_file_id, "error")):
        file = openai.files.retrieve(file_id)
        content = openai.files.content(file_id).read()
        assert (file.purpose, file.filename) == ("batch_output", f"{batch.id}_{word}.jsonl")
        assert file.bytes == len(content)
        assert content.endswith(b"}\n")
        assert b"\n\n" not in content
    listed = {file.id for file in openai.files.list(purpose="batch_output")}
    assert {batch.output_file_id, batch.error_file_id} <= listed
    assert openai.files.delete(batch.output_file_id).deleted
    assert openai.batches.retrieve(batch.id).output_file_id == batch.output_file_id


def test_results_stay_when_the_provider_has_deleted_its_files(stack: Stack, openai: OpenAI):
    batch = run(openai, chats(3))
    for other in openai.batches.list(limit=100):
        if other.status not in TERMINAL:
            wait(openai, other)
    before = openai.files.content(batch.output_file_id).read()

    with stack.openai(api_key="sandbox") as direct:
        direct.base_url = f"{stack.sandbox_url}/openai/v1"
        for file in direct.files.list():
            direct.files.delete(file.id)
        assert not direct.files.list().data

    assert openai.files.content(batch.output_file_id).read() == before
    assert openai.batches.retrieve(batch.id).status == "completed"


def test_two_thousand_records_take_seconds(openai: OpenAI):
    began = time.monotonic()

    batch = run(openai, [chat(f"c{number}") for number in range(2000)])

    assert names(results(openai, batch.output_file_id)) == [f"c{n}" for n in range(2000)]
    assert time.monotonic() - began < 30
