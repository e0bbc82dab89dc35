"""What becomes of each call to the provider when it answers, refuses, hangs up or lies."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from providers.base import AnswerLostError, JobState, UpstreamError
from providers.openai.upstream import OpenAIUpstream
from tests.providers.steps import ended, job, poll, refused, submit, upload
from tests.sandbox.records import chats, jsonl


def test_a_job_runs_from_upload_to_results(upstream: OpenAIUpstream):
    state = submit(upstream)
    assert (state.raw, state.ended) == ("validating", None)

    state = ended(upstream, state.upstream_id)

    assert (state.raw, state.ended) == ("completed", "completed")
    assert (state.total, state.completed, state.failed) == (3, 3, 0)
    assert set(state.files) == {"output"}
    assert state.usage["total_tokens"] > 0
    content = b"".join(upstream.results(state.files))
    assert {json.loads(line)["custom_id"] for line in content.splitlines() if line} == {
        "c0",
        "c1",
        "c2",
    }


def test_a_failed_job_says_why(upstream: OpenAIUpstream):
    state = ended(upstream, submit(upstream, content=b"{\n").upstream_id)

    assert state.ended == "failed"
    assert [(one.code, one.line) for one in state.problems] == [("invalid_json_line", 1)]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_changes_nothing_is_tried_again(upstream: OpenAIUpstream, fault, calls, status: int):
    name = submit(upstream).upstream_id
    fault(operation="batches.retrieve", status=status, times=2)

    assert isinstance(poll(upstream, name)[name], JobState)
    assert len(calls("batches.retrieve")) == 3


@pytest.mark.parametrize("drop", ["before", "after", "midway"])
def test_a_poll_outlives_broken_connections(upstream: OpenAIUpstream, fault, drop: str):
    name = submit(upstream).upstream_id
    fault(operation="batches.retrieve", drop=drop)

    answer = poll(upstream, name)[name]

    # Half an answer is not tried again here: the next poll is near.
    assert isinstance(answer, UpstreamError if drop == "midway" else JobState)
    assert not getattr(answer, "permanent", False)
    assert isinstance(poll(upstream, name)[name], JobState)


def test_trying_again_waits_as_long_as_it_is_asked_to(upstream: OpenAIUpstream, fault):
    name = submit(upstream).upstream_id
    fault(operation="batches.retrieve", status=429, retry_after=1)
    began = time.monotonic()

    assert isinstance(poll(upstream, name)[name], JobState)
    assert time.monotonic() - began >= 1


def test_trying_again_has_an_end(upstream: OpenAIUpstream, fault, calls):
    name = submit(upstream).upstream_id
    fault(operation="batches.retrieve", status=503, times=None)

    error = poll(upstream, name)[name]

    assert isinstance(error, UpstreamError)
    assert (error.permanent, error.code) == (False, "http_503")
    assert len(calls("batches.retrieve")) == 4


@pytest.mark.parametrize("status", [429, 408, 409])
def test_a_submit_that_was_refused_for_now_may_be_made_again(
    upstream: OpenAIUpstream, fault, calls, status: int
):
    input_id = upload(upstream)
    fault(operation="batches.create", status=status, retry_after=7)

    error = refused(upstream.submit, job(), input_id)

    assert (error.permanent, error.code, error.retry_after) == (False, f"http_{status}", 7.0)
    assert len(calls("batches.create")) == 1
    assert upstream.find(job()) is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_submit_that_was_refused_for_good_says_so(upstream: OpenAIUpstream, fault, status: int):
    input_id = upload(upstream)
    fault(operation="batches.create", status=status, message="Because of this.")

    error = refused(upstream.submit, job(), input_id)

    assert (error.permanent, error.code) == (True, f"http_{status}")
    assert error.message.endswith(": Because of this.")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_submit_that_met_a_broken_server_may_have_arrived(
    upstream: OpenAIUpstream, fault, calls, status: int
):
    input_id = upload(upstream)
    fault(operation="batches.create", status=status)

    error = refused(upstream.submit, job(), input_id, kind=AnswerLostError)

    assert not error.permanent
    assert len(calls("batches.create")) == 1


@pytest.mark.parametrize(("drop", "arrived"), [("before", 0), ("after", 1), ("midway", 1)])
def test_a_submit_whose_answer_was_lost_is_not_made_again_but_found(
    upstream: OpenAIUpstream, fault, calls, drop: str, arrived: int
):
    input_id = upload(upstream)
    fault(operation="batches.create", drop=drop)

    refused(upstream.submit, job("lost"), input_id, kind=AnswerLostError)

    assert len(calls("batches.create")) == 1
    found = upstream.find(job("lost"))
    assert (found is not None) == bool(arrived)
    assert found is None or found.upstream_id == calls("batches.create")[0]["object"]


@pytest.mark.parametrize("drop", ["before", "after", "midway"])
def test_an_upload_whose_answer_was_lost_is_not_made_again_here(
    upstream: OpenAIUpstream, fault, calls, drop: str
):
    fault(operation="files.create", drop=drop)

    refused(upload, upstream, kind=AnswerLostError)

    assert len(calls("files.create")) == 1


def test_a_job_is_found_behind_a_hundred_others(upstream: OpenAIUpstream, calls):
    input_id = upload(upstream, b"{\n")
    states = [upstream.submit(job(f"job{number}"), input_id) for number in range(105)]

    assert upstream.find(job("job0")).upstream_id == states[0].upstream_id
    assert len(calls("batches.list")) == 2
    assert upstream.find(job("other")) is None


def test_what_is_older_than_the_job_is_not_searched(upstream: OpenAIUpstream, calls):
    input_id = upload(upstream, b"{\n")
    for number in range(101):
        upstream.submit(job(f"job{number}"), input_id)

    later = datetime.now(UTC) + timedelta(hours=1)

    assert upstream.find(job("other", since=later)) is None
    assert len(calls("batches.list")) == 1


def test_many_jobs_are_asked_for_in_one_call(upstream: OpenAIUpstream, calls):
    input_id = upload(upstream)
    names = [upstream.submit(job(f"job{n}"), input_id).upstream_id for n in range(20)]

    answers = poll(upstream, *names)

    assert all(isinstance(answer, JobState) for answer in answers.values())
    assert len(calls("batches.list")) == 1
    assert not calls("batches.retrieve")


@pytest.mark.parametrize("number", [1, 2])
def test_few_jobs_are_asked_for_one_by_one(upstream: OpenAIUpstream, calls, number: int):
    input_id = upload(upstream)
    names = [upstream.submit(job(f"job{n}"), input_id).upstream_id for n in range(number)]

    poll(upstream, *names)

    assert (len(calls("batches.list")), len(calls("batches.retrieve"))) == (0, number)


def test_one_unknown_status_is_the_error_of_one_job(upstream: OpenAIUpstream, control):
    input_id = upload(upstream)
    names = [upstream.submit(job(f"job{n}"), input_id).upstream_id for n in range(5)]
    control("POST", f"batches/{names[2]}", status="pondering")

    for asked in (names, names[2:3]):
        answers = poll(upstream, *asked)

        error = answers.pop(names[2])
        assert isinstance(error, UpstreamError)
        assert (error.code, str(error)) == ("unknown_status", "unknown job status 'pondering'")
        assert all(isinstance(answer, JobState) for answer in answers.values())


def test_one_missing_job_is_the_error_of_one_job(upstream: OpenAIUpstream):
    input_id = upload(upstream)
    names = [upstream.submit(job(f"job{n}"), input_id).upstream_id for n in range(4)]

    answers = poll(upstream, *names, "batch_gone")

    error = answers.pop("batch_gone")
    assert isinstance(error, UpstreamError)
    assert (error.permanent, error.code) == (True, "http_404")
    assert all(isinstance(answer, JobState) for answer in answers.values())


def test_what_is_wrong_with_the_account_is_asked_once(upstream: OpenAIUpstream, fault, calls):
    fault(status=401, times=None)

    answers = poll(upstream, *(f"batch_{number}" for number in range(10)))

    assert {error.code for error in answers.values()} == {"http_401"}
    assert len(calls("batches.list")) + len(calls("batches.retrieve")) == 1


def test_a_server_that_is_not_there_is_unreachable(server, impatient):
    upstream = server.upstream()
    upstream.account = type(upstream.account)("a", "s", "http://127.0.0.1:9/v1")

    for call in (lambda: upstream.submit(job(), "file-1"), lambda: upstream.find(job())):
        error = refused(call)
        assert (error.permanent, error.code) == (False, "unreachable")


def test_cancelling_what_has_ended_is_harmless(upstream: OpenAIUpstream):
    state = ended(upstream, submit(upstream).upstream_id)

    assert upstream.cancel(state.upstream_id).ended == "completed"


def test_cancelling_a_running_job(upstream: OpenAIUpstream):
    state = submit(upstream, content=jsonl(chats(3, "[sandbox:seconds=20]")))

    assert upstream.cancel(state.upstream_id).raw == "cancelling"
    assert upstream.cancel(state.upstream_id).raw in {"cancelling", "cancelled"}
    assert ended(upstream, state.upstream_id).ended == "cancelled"


def test_cancelling_what_the_provider_does_not_know(upstream: OpenAIUpstream):
    assert refused(upstream.cancel, "batch_unknown").permanent


@pytest.mark.parametrize("drop", ["before", "midway"])
def test_results_that_break_off_are_an_error_and_no_end(upstream: OpenAIUpstream, fault, drop: str):
    state = ended(upstream, submit(upstream, content=jsonl(chats(2000))).upstream_id)
    fault(operation="files.content", drop=drop, times=4)

    error = refused(lambda: b"".join(upstream.results(state.files)))

    assert not error.permanent


def test_results_that_are_gone_are_gone_for_good(upstream: OpenAIUpstream):
    assert refused(lambda: list(upstream.results({"output": "file-gone"}))).permanent
