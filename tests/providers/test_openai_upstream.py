"""What is OpenAI's own among the upstreams."""

import pytest

from tests.providers.steps import Client, refused

pytestmark = pytest.mark.parametrize("vendor", ["openai"], indirect=True)


def test_key_organization_and_project_are_sent(server):
    server.say(200, b'{"data":[],"has_more":false}')

    server.client(path="/v1", organization="org-1", project="proj-1").find()

    ((method, path, headers),) = server.requests
    assert (method, path) == ("GET", "/v1/batches?limit=100")
    assert headers["authorization"] == "Bearer sk-very-secret-5d41402abc"
    assert headers["openai-organization"] == "org-1"
    assert headers["openai-project"] == "proj-1"


def test_a_failed_job_says_why(client: Client):
    state = client.start("job0", client.upload(b"{\n"))

    state = client.ended(state.upstream_id)

    assert state.ended == "failed"
    assert [(one.code, one.line) for one in state.problems] == [("invalid_json_line", 1)]


def test_a_job_says_what_it_used(client: Client):
    assert client.ended(client.submit().upstream_id).usage["total_tokens"] > 0


def test_both_files_of_results_are_read(client: Client):
    state = client.ended(client.submit(text="[sandbox:status=500]").upstream_id)

    assert set(state.files) == {"output", "error"}
    assert sorted(client.results(state)) == ["job0-r0", "job0-r1", "job0-r2"]


def test_an_expired_job_keeps_what_it_had(client: Client):
    state = client.ended(client.submit(text="[sandbox:batch=expire]").upstream_id)

    assert (state.ended, state.completed) == ("expired", 1)
    assert sorted(client.results(state)) == ["job0-r0", "job0-r1", "job0-r2"]


@pytest.mark.parametrize(
    "usage",
    [
        b'{"total_tokens":"many","input_tokens_details":7}',
        b'{"total_tokens":{"a":1},"input_tokens_details":[]}',
        b'{"total_tokens":100000000000000000000000}',
    ],
)
def test_usage_that_is_none_is_nothing(server, usage: bytes):
    server.say(200, b'{"id":"batch_1","status":"completed","usage":%b}' % usage)

    (state,) = server.client().poll("batch_1").values()

    assert state.usage["total_tokens"] == 0
    assert state.usage.get("input_tokens_details", {}) == {}


def test_an_id_that_cannot_be_kept_is_no_upload(server):
    server.say(200, b'{"id":"file-%b"}' % (b"x" * 600))

    assert refused(server.client().upload).code == "malformed_answer"
