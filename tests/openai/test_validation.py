"""What is wrong with an input file is told by line, and nothing of it is sent."""

import json

import pytest
from openai import OpenAI
from openai.types import Batch

from tests.sandbox.records import CHAT, chat, chats, jsonl, results, submit, wait

GOOD = json.dumps(chat("good"))


def run(client: OpenAI, content: bytes | str, **more: object) -> Batch:
    content = content.encode() if isinstance(content, str) else content
    return wait(client, submit(client, content, **more))


def errors(batch: Batch) -> list[tuple[str | None, str | None, int | None]]:
    assert batch.status == "failed"
    assert batch.errors is not None
    assert batch.errors.object == "list"
    assert all(error.message for error in batch.errors.data)
    assert (batch.output_file_id, batch.error_file_id) == (None, None)
    return [(error.code, error.param, error.line) for error in batch.errors.data]


WRONG = [
    ("{", "invalid_json_line", None),
    ("[]", "invalid_json_line", None),
    ('"text"', "invalid_json_line", None),
    (GOOD + GOOD, "invalid_json_line", None),
    (GOOD[:-1] + ', "more": \xff}', "invalid_json_line", None),
    (json.dumps(chat("")), "missing_required_parameter", "custom_id"),
    (json.dumps({**chat("x0"), "custom_id": None}), "missing_required_parameter", "custom_id"),
    (json.dumps({**chat("x1"), "custom_id": 7}), "invalid_type", "custom_id"),
    (json.dumps({**chat("x2"), "method": "GET"}), "invalid_method", "method"),
    (json.dumps({**chat("x3"), "method": "post"}), "invalid_method", "method"),
    (json.dumps({**chat("x4"), "url": "/v1/embeddings"}), "invalid_url", "url"),
    (json.dumps({**chat("x5"), "url": "/chat/completions"}), "invalid_url", "url"),
    (json.dumps({**chat("x6"), "body": "text"}), "invalid_type", "body"),
    (json.dumps({**chat("x7"), "body": None}), "missing_required_parameter", "body"),
    (json.dumps({**chat("x8"), "body": {"model": 5}}), "invalid_type", "body.model"),
    (json.dumps({**chat("x9"), "body": {"model": "a\0"}}), "invalid_value", "body.model"),
    (json.dumps({**chat("x10"), "body": {"model": "m" * 256}}), "invalid_value", "body.model"),
    (json.dumps({"custom_id": "x", "params": {}}), "mixed_dialects", None),
    (json.dumps({"custom_id": "x", "url": CHAT}), "missing_required_parameter", "method"),
    (GOOD, "duplicate_custom_id", "custom_id"),
]


def test_every_mistake_has_its_code_and_its_line(openai: OpenAI):
    content = "\n".join([GOOD, *(line for line, _, _ in WRONG)]).encode("latin-1")

    batch = run(openai, content)

    assert errors(batch) == [
        (code, param, number) for number, (_, code, param) in enumerate(WRONG, 2)
    ]
    assert batch.request_counts.to_dict() == {"total": 0, "completed": 0, "failed": 0}


def test_a_hundred_mistakes_are_enough(openai: OpenAI):
    batch = run(openai, "{\n" * 150)

    assert errors(batch) == [("invalid_json_line", None, number) for number in range(1, 101)]


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\r\n \t\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"]
)
def test_a_file_without_a_record(openai: OpenAI, content: bytes):
    assert errors(run(openai, content)) == [("empty_file", None, None)]


def test_a_line_beyond_all_measure(openai: OpenAI):
    batch = run(openai, jsonl([chat("long", "x" * 17 * 2**20)]))

    assert errors(batch) == [("line_too_long", None, 1)]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_windows_lines_marks_and_blank_lines_are_no_mistake(openai: OpenAI, newline: str):
    lines = [json.dumps(chat(name, "größer 🎉")) for name in ("a", "b", "c")]
    text = newline.join(["\ufeff" + lines[0], "", "  ", lines[1], "", lines[2]])

    batch = run(openai, text)

    assert batch.status == "completed"
    assert [one["custom_id"] for one in results(openai, batch.output_file_id)] == ["a", "b", "c"]


def test_lines_are_counted_as_an_editor_does(openai: OpenAI):
    assert errors(run(openai, f"\ufeff\r\n{GOOD}\r\n\r\n{{\r\n")) == [
        ("invalid_json_line", None, 4)
    ]


def test_the_provider_speaks_of_its_file_and_we_of_the_clients(openai: OpenAI):
    """A chat without a model is what the provider alone finds out."""
    first, second = chat("a"), chat("d")
    del first["body"]["model"], second["body"]["model"]
    lines = ["", "", json.dumps(first), "", json.dumps(second)]

    batch = run(openai, "\r\n".join(lines))

    missing = ("missing_required_parameter", "body.model")
    assert errors(batch) == [(*missing, 3), (*missing, 5)]


def test_custom_ids_may_be_any_text(openai: OpenAI):
    names = ['"', "\\", "a\nb", "\u2028", "ä", "🎉", "x" * 2000, " ", "r0000000001", "\0", "</s>"]

    batch = run(openai, jsonl(chat(name) for name in names))

    assert batch.status == "completed"
    # Not `splitlines`: a text may hold other ends of lines, which JSON need not escape.
    lines = openai.files.content(batch.output_file_id).read().split(b"\n")
    assert [json.loads(line)["custom_id"] for line in lines[:-1]] == names


def test_records_of_another_endpoint_are_named_one_by_one(openai: OpenAI):
    batch = run(openai, jsonl(chats(3)), endpoint="/v1/responses")

    assert errors(batch) == [("invalid_url", "url", number) for number in (1, 2, 3)]
    assert CHAT in batch.errors.data[0].message
    assert "/v1/responses" in batch.errors.data[0].message
