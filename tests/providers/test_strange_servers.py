"""What becomes of a call when the server redirects, lies or makes no sense."""

import json
import logging
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.base import AnswerLostError, JobState, UpstreamError
from tests.providers.steps import Client, refused
from tests.providers.vendors import Vendor

NO_OBJECT = {
    "nothing": b"",
    "HTML": b"<html>",
    "a list": b"[]",
    "no UTF-8": b'{"id":"\xff"}',
    "half a surrogate": b'{"id":"\\ud800"}',
    "too deep": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "too large a number": b'{"a":1e999}',
}


# From this one on it is the status that is strange.
STRANGE_STATUSES = 6


def strange_jobs(client: Client) -> list[dict[str, Any]]:
    job, running = client.vendor.job, client.vendor.running
    return [
        {},
        job("", running),
        job(None, running),
        job([], running),
        job("x" * 600, running),
        job("a\0b", running),
        job("batches/x", None),
        job("batches/x", ["validating"]),
        job("batches/x", "pondering"),
    ]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed_with_the_key(server, status: int):
    server.say(status, location=f"{server.url}/elsewhere")
    client = server.client()

    assert refused(client.start, "job0", "file-1").permanent
    assert refused(client.upstream.find, client.job()).permanent
    if client.vendor.upload:
        refused(client.upload)
    # What was paid for waits until somebody has mended the address.
    assert not refused(lambda: list(client.upstream.results(client.vendor.files))).permanent

    assert len(server.requests) >= 3
    assert not any("elsewhere" in path for _, path, _ in server.requests)


def test_a_netrc_does_not_replace_the_key(server, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.say(200, json.dumps({server.vendor.listing: []}).encode())

    # Whoever looks in another place too may not find a list there.
    with suppress(UpstreamError):
        server.client().find()

    name, value = server.vendor.key("sk-very-secret-5d41402abc")
    assert server.requests[0][2][name].startswith(value)


@pytest.mark.parametrize("body", NO_OBJECT.values(), ids=NO_OBJECT)
def test_a_submit_that_was_taken_is_never_made_again_though_the_answer_is_no_json(
    server, body: bytes
):
    server.be_asked_to_submit(200, body)

    refused(server.client().start, "job0", "files/x", kind=AnswerLostError)

    assert [method for method, _, _ in server.requests].count("POST") == 1


@pytest.mark.parametrize("number", range(9))
def test_a_submit_that_was_taken_is_never_made_again_whatever_the_answer(server, number: int):
    client = server.client()
    job = strange_jobs(client)[number]
    if number >= STRANGE_STATUSES and not client.vendor.states:
        pytest.skip("the answer has no status")
    server.be_asked_to_submit(200, json.dumps(job).encode())

    refused(client.start, "job0", "files/x", kind=AnswerLostError)

    assert [method for method, _, _ in server.requests].count("POST") == 1


@pytest.mark.parametrize("body", NO_OBJECT.values(), ids=NO_OBJECT)
def test_what_is_no_json_is_an_error_of_every_call(server, body: bytes):
    server.say(200, body)
    client = server.client()

    assert refused(client.upstream.find, client.job()).code == "not_json"
    assert refused(client.upstream.cancel, "batches/x").code == "not_json"
    for names in (["a"], ["a", "b", "c"]):
        assert {error.code for error in client.poll(*names).values()} == {"not_json"}


@pytest.mark.parametrize("body", NO_OBJECT.values(), ids=NO_OBJECT)
def test_an_error_that_makes_no_sense_is_one_all_the_same(server, body: bytes):
    server.be_asked_to_submit(400, body)

    error = refused(server.client().start, "job0", "files/x")

    assert error.permanent
    assert error.message.endswith((".0.1 answered 400", "Bedrock answered 400"))


@pytest.mark.parametrize("listed", [None, {}, "x", 1, [1, None, "x"], [[]]], ids=str)
def test_what_is_no_list_does_not_mean_that_the_job_is_not_there(server, listed: object):
    server.say(200, json.dumps({server.vendor.listing: listed}).encode())
    client = server.client()

    assert refused(client.upstream.find, client.job()).code == "malformed_answer"
    for answer in client.poll("a", "b", "c").values():
        assert answer.code == "malformed_answer"


def test_a_list_without_end_has_one(server):
    jobs = [server.vendor.job(f"batches/{n}", server.vendor.running) for n in range(3)]
    for job in jobs:
        job.pop("created_at", None)
        job.pop("submitTime", None)
        job.get("metadata", {}).pop("createTime", None)
    more = {"has_more": True, "nextPageToken": "again", "nextToken": "again"}
    told = {server.vendor.listing: jobs, **more}
    server.say(200, json.dumps(told).encode())
    client = server.client()

    assert refused(client.upstream.find, client.job("x", records=7)).code == "malformed_answer"
    assert len(server.requests) <= 3


def test_a_strange_job_in_a_list_is_nobody_elses_trouble(server):
    client = server.client()
    good = [client.vendor.job(name, client.vendor.running) for name in ("b/1", "b/2", "b/3")]
    server.say(
        200, json.dumps({client.vendor.listing: [*strange_jobs(client), *good, good[0]]}).encode()
    )

    answers = client.poll("b/1", "b/2", "b/3")

    assert all(isinstance(answer, JobState) for answer in answers.values())
    assert len(server.requests) == 1


def test_the_key_is_in_no_error_and_in_no_log(server, caplog):
    caplog.set_level(logging.DEBUG)
    client = server.client()
    said = client.vendor.error(f"Incorrect API key provided: {client.upstream.account.secret}")
    server.say(401, json.dumps(said).encode())

    errors = [
        refused(lambda: client.start("job0", "files/1")),
        refused(lambda: client.upstream.find(client.job())),
        refused(lambda: client.upstream.cancel("batches/1")),
        *client.poll("batch_1", "batch_2", "batch_3").values(),
    ]

    for error in errors:
        assert error.message.endswith("Incorrect API key provided: ***")
    # Files may come from another service, which says it in other words.
    errors.append(refused(lambda: list(client.upstream.results(client.vendor.files))))
    told = [caplog.text, repr(client.upstream.account), *map(repr, errors), *map(str, errors)]
    assert not any("secret" in text for text in told)


@pytest.mark.parametrize("key", ["sk-secret\u2026", "sk-secret\nx", " sk-secret\r"])
def test_a_key_that_no_header_can_carry_is_a_sentence(server, key: str, caplog):
    caplog.set_level(logging.DEBUG)
    server.be_asked_to_submit(401)
    client = server.client(key)

    for call in (
        lambda: client.start("job0", "files/1"),
        lambda: client.upstream.find(client.job()),
    ):
        error = refused(call)
        assert "secret" not in "".join([repr(error), str(error.__cause__), caplog.text])


def test_what_a_provider_says_can_be_kept_in_a_database(server):
    said = server.vendor.error("No\0thing")
    server.be_asked_to_submit(400, json.dumps(said).encode())

    error = refused(server.client().start, "job0", "files/x")

    assert error.message.endswith("No\ufffdthing")


@pytest.mark.parametrize("said", ["inf", "1e300", "-5", "soon", "nan"])
def test_any_wish_to_wait_is_a_bearable_one(server, said: str):
    server.be_asked_to_submit(429, retry_after=said)

    error = refused(server.client().start, "job0", "files/x")

    assert error.retry_after is None or 0 <= error.retry_after <= 86_400


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
WORDS = [
    "id name status processing_status state metadata created_at createTime request_counts batchStats",
    "requestCount output_file_id error_file_id errors error code output response responsesFile",
    "inlinedResponses usage succeeded processing expired canceled cancel_initiated_at",
]
FIELDS = " ".join(WORDS).split()
names = st.sampled_from(FIELDS)
objects = st.dictionaries(names, values | st.dictionaries(names, values), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=objects, data=st.data())
def test_any_object_is_a_state_or_an_error(vendor: Vendor, said: dict[str, Any], data):
    upstream = Client.of(vendor, "secret", "http://127.0.0.1:9").upstream
    word = data.draw(st.sampled_from([vendor.running, vendor.ended]))
    good = vendor.job("batches/x", word)
    job = {**good, **said, "metadata": {**good.get("metadata", {}), **said}}

    upstream.created(job)
    try:
        state = vendor.read(job)
    except UpstreamError:
        return
    counts = (state.total, state.completed, state.failed)
    assert all(type(number) is int and 0 <= number < 2**33 for number in counts)
    assert all(isinstance(name, str) for name in state.files.values())
    assert all(problem.line is None or problem.line > 0 for problem in state.problems)
