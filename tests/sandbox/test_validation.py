import json
from typing import Any

import pytest
from openai import OpenAI

from tests.sandbox.process import start_sandbox
from tests.sandbox.records import CHAT, chat, chats, jsonl, line, submit, wait

GOOD = chat("good")
DEEP = b'{"body": ' + b"[" * 5000 + b"]" * 5000 + b"}"
HALF = jsonl([chat("half a surrogate pair", "\ud800")]).rstrip()


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in chat("bad").items() if key != name}


def with_(**change: object) -> dict[str, Any]:
    return {**chat("bad"), **change}


def failure(client: OpenAI, content: bytes, endpoint: str = CHAT) -> list[tuple[Any, ...]]:
    batch = wait(client, submit(client, content, endpoint=endpoint))
    assert batch.status == "failed"
    assert batch.failed_at is not None
    assert batch.output_file_id is None
    assert batch.error_file_id is None
    assert batch.errors is not None
    assert batch.errors.object == "list"
    return [(error.code, error.param, error.line) for error in batch.errors.data or ()]


@pytest.mark.parametrize(
    ("bad", "code", "param"),
    [
        (without("custom_id"), "missing_required_parameter", "custom_id"),
        (without("method"), "missing_required_parameter", "method"),
        (without("url"), "missing_required_parameter", "url"),
        (without("body"), "missing_required_parameter", "body"),
        (with_(custom_id=7), "invalid_type", "custom_id"),
        (with_(custom_id="good"), "duplicate_custom_id", "custom_id"),
        (with_(method="GET"), "invalid_method", "method"),
        (with_(url="/v1/embeddings"), "invalid_url", "url"),
        (with_(body=[]), "invalid_type", "body"),
        (with_(body={"messages": []}), "missing_required_parameter", "body.model"),
        (with_(body={"model": "gpt-5"}), "mismatched_model", "body.model"),
        ([], "invalid_json_line", None),
        ("text", "invalid_json_line", None),
    ],
)
def test_a_bad_line_fails_the_batch_and_is_named(client: OpenAI, bad, code, param):
    assert failure(client, jsonl([GOOD, bad])) == [(code, param, 2)]


@pytest.mark.parametrize(
    "raw",
    [
        b"{not json}",
        b'{"custom_id": "\xff"}',
        b"{} {}",
        b'{"body": NaN}',
        b"\xef\xbb\xbf{}",
        HALF,
        DEEP,
    ],
)
def test_a_line_that_is_no_json_fails_the_batch(client: OpenAI, raw):
    assert failure(client, raw + b"\n" + jsonl([GOOD])) == [("invalid_json_line", None, 1)]


def test_the_message_of_a_bad_line_is_the_vendors(client: OpenAI):
    batch = wait(client, submit(client, b"nonsense\n"))
    assert batch.errors is not None
    assert batch.errors.data is not None
    assert batch.errors.data[0].message == "This line is not parseable as valid JSON."


def test_all_bad_lines_are_named(client: OpenAI):
    content = jsonl([without("url"), GOOD, without("method")])
    assert failure(client, content)[:1] == [("missing_required_parameter", "url", 1)]
    assert ("missing_required_parameter", "method", 3) in failure(client, content)


def test_a_thousand_bad_lines_are_not_all_named(client: OpenAI):
    assert len(failure(client, b"x\n" * 1000)) == 100


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_fails_the_batch(client: OpenAI, content):
    assert failure(client, content) == [("empty_file", None, None)]


def test_blank_lines_are_forgiven_at_the_end_only(client: OpenAI):
    good = json.dumps(GOOD).encode()
    assert wait(client, submit(client, good + b"\n\n\r\n")).status == "completed"
    assert failure(client, b"\n" + good) == [("invalid_json_line", None, 1)]


def test_a_last_line_needs_no_end(client: OpenAI):
    content = jsonl(chats(2)).rstrip(b"\n")
    assert wait(client, submit(client, content)).status == "completed"


def test_windows_line_ends_are_read(client: OpenAI):
    content = jsonl(chats(2)).replace(b"\n", b"\r\n")
    assert wait(client, submit(client, content)).status == "completed"


def test_limits_can_be_set(tmp_path, connect):
    flags = {"max_requests": 3, "max_batch_bytes": 2000, "max_embedding_inputs": 4}
    with start_sandbox(tmp_path, seconds=0, max_file_bytes=3000, **flags) as url:
        client = connect("sk-limits", url=url)
        assert wait(client, submit(client, jsonl(chats(3)))).status == "completed"
        assert failure(client, jsonl(chats(4))) == [("too_many_tasks", None, None)]
        assert failure(client, b" " * 2001) == [("file_too_large", None, None)]
        embeddings = "/v1/embeddings"
        lines = [
            line("a", {"model": "e", "input": ["x", "y"]}, url=embeddings),
            line("b", {"model": "e", "input": [[1, 2], [3]]}, url=embeddings),
            line("c", {"model": "e", "input": [1, 2, 3]}, url=embeddings),
        ]
        assert wait(client, submit(client, jsonl(lines[:2]), endpoint=embeddings)).status == (
            "completed"
        )
        assert failure(client, jsonl(lines), embeddings) == [("too_many_tasks", None, None)]
        with pytest.raises(Exception, match="larger than the maximum of 3000 bytes"):
            client.files.create(file=("a.jsonl", b" " * 3001), purpose="batch")
    assert not list((tmp_path / "work").iterdir())
