"""What becomes of a call when the server redirects, lies or makes no sense."""

import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base import AnswerLostError, UpstreamError
from providers.openai.upstream import read_state
from tests.providers.steps import job, poll, refused, upload


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed_with_the_key(server, status: int):
    server.say(status, location=f"{server.url}/elsewhere")
    upstream = server.upstream()

    calls = [
        lambda: upstream.submit(job(), "file-1"),
        lambda: upload(upstream),
        lambda: upstream.find(job()),
        lambda: list(upstream.results({"output": "file-1"})),
    ]
    for call in calls:
        assert refused(call).permanent

    assert len(server.requests) == len(calls)
    assert not any("elsewhere" in path for _, path, _ in server.requests)


def test_key_organization_and_project_are_sent(server):
    server.say(200, b'{"data":[],"has_more":false}')

    server.upstream(organization="org-1", project="proj-1").find(job())

    ((method, path, headers),) = server.requests
    assert (method, path) == ("GET", "/v1/batches?limit=100")
    assert headers["authorization"] == "Bearer sk-very-secret-5d41402abc"
    assert headers["openai-organization"] == "org-1"
    assert headers["openai-project"] == "proj-1"


def test_a_netrc_does_not_replace_the_key(server, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.say(200, b'{"data":[],"has_more":false}')

    server.upstream().find(job())

    assert server.requests[0][2]["authorization"].startswith("Bearer ")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"id":"batch_1"}',
        b'{"id":"batch_1","status":"pondering"}',
        b'{"id":null,"status":"validating"}',
        b'{"id":"batch_1","status":["validating"]}',
    ],
)
def test_a_submit_that_was_taken_is_never_made_again_whatever_the_answer(server, body: bytes):
    server.say(200, body)

    refused(server.upstream().submit, job(), "file-1", kind=AnswerLostError)

    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"{}", b'{"data":null}', b'{"data":{}}'])
def test_what_is_no_list_does_not_mean_that_the_job_is_not_there(server, body: bytes):
    server.say(200, body)

    assert not refused(server.upstream().find, job()).permanent


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":[1,null,"x"],"has_more":true}',
        b'{"data":[{"metadata":[],"created_at":null}],"has_more":false}',
    ],
)
def test_a_strange_list_holds_no_job(server, body: bytes):
    server.say(200, body)

    assert server.upstream().find(job()) is None


def test_the_key_is_in_no_error_and_in_no_log(server, caplog):
    caplog.set_level(logging.DEBUG)
    said = {"error": {"message": f"Incorrect API key provided: {server.upstream().account.secret}"}}
    server.say(401, json.dumps(said).encode())
    upstream = server.upstream()

    errors = [
        refused(lambda: upstream.submit(job(), "file-1")),
        refused(lambda: upload(upstream)),
        refused(lambda: upstream.find(job())),
        *poll(upstream, "batch_1", "batch_2", "batch_3").values(),
    ]

    for error in errors:
        assert error.message.endswith("Incorrect API key provided: ***")
    told = [caplog.text, repr(upstream.account), *map(repr, errors), *map(str, errors)]
    assert not any("secret" in text for text in told)


@pytest.mark.parametrize("said", ["inf", "1e300", "-5", "soon", "nan"])
def test_any_wish_to_wait_is_a_bearable_one(server, said: str):
    server.say(429, retry_after=said)

    error = refused(server.upstream().submit, job(), "file-1")

    assert error.retry_after is None or 0 <= error.retry_after <= 86_400


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
FIELDS = ["id", "status", "request_counts", "output_file_id", "error_file_id", "errors", "usage"]


@given(
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(FIELDS, values),
            "id": st.just("batch_1") | values,
            "status": st.sampled_from(["validating", "completed", "failed"]) | values,
            "errors": values | st.fixed_dictionaries({"data": values | st.lists(values)}),
        },
    )
)
def test_any_object_is_a_state_or_an_error(batch: dict[str, Any]):
    try:
        state = read_state(batch)
    except UpstreamError:
        return
    counts = (state.total, state.completed, state.failed)
    assert all(isinstance(number, int) for number in counts)
    assert all(isinstance(name, str) for name in state.files.values())
    assert all(problem.line is None or problem.line > 0 for problem in state.problems)
