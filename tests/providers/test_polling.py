"""What every upstream promises of looking after its jobs, however many there are."""

import time

import pytest

from providers.base import JobState, UpstreamError
from tests.providers.steps import WAITS, Client


@pytest.mark.parametrize("number", [1, 2])
def test_few_jobs_are_asked_for_one_by_one(client: Client, calls, number: int):
    client.poll(*client.submit_many(number))

    assert (len(calls("batches.list")), len(calls("batches.retrieve"))) == (0, number)


def test_many_jobs_are_asked_for_in_a_call_for_every_page(client: Client, calls):
    names = client.submit_many(105)

    answers = client.poll(*names)

    assert {answer.ended for answer in answers.values()} == {None}
    assert len(calls("batches.list")) <= 2
    assert not calls("batches.retrieve")


def test_a_job_of_many_that_has_ended_costs_one_more_call_at_most(client: Client, calls, force):
    names = client.submit_many(105)
    for name in names[50:53]:
        force(name, "completed")
        client.ended(name)
    before = len(calls("batches.retrieve"))

    answers = client.poll(*names)

    ended = {name: answer for name, answer in answers.items() if answer.ended}
    assert set(ended) == set(names[50:53])
    assert all(client.results(state) for state in ended.values())
    assert len(calls("batches.list")) <= 2
    assert len(calls("batches.retrieve")) - before <= 3


def test_jobs_behind_those_of_others_are_asked_for_too(client: Client, calls):
    mine = client.submit_many(3)
    client.submit_many(102)

    answers = client.poll(*mine)

    assert all(isinstance(answer, JobState) for answer in answers.values())
    assert len(calls("batches.list")) + len(calls("batches.retrieve")) <= 4


def test_one_unknown_status_is_the_error_of_one_job(client: Client, force):
    names = client.submit_many(5)
    force(names[2], "pondering")

    for asked in (names, names[2:3]):
        answers = client.poll(*asked)

        error = answers.pop(names[2])
        assert isinstance(error, UpstreamError)
        assert (error.code, str(error)) == ("unknown_status", "unknown job status 'pondering'")
        assert all(isinstance(answer, JobState) for answer in answers.values())


def test_one_missing_job_is_the_error_of_one_job(client: Client):
    gone = client.vendor.gone

    answers = client.poll(*client.submit_many(4), gone)

    error = answers.pop(gone)
    assert isinstance(error, UpstreamError)
    assert (error.permanent, error.code) == (True, "http_404")
    assert all(isinstance(answer, JobState) for answer in answers.values())


@pytest.mark.parametrize("status", [401, 403])
def test_what_is_wrong_with_the_account_is_asked_once(client: Client, fault, calls, status: int):
    fault(status=status, times=None)

    answers = client.poll(*(f"{client.vendor.gone}{number}" for number in range(10)))

    assert {error.code for error in answers.values()} == {f"http_{status}"}
    assert len(calls("batches.list")) + len(calls("batches.retrieve")) == 1


def test_a_list_that_the_provider_does_not_have_is_done_without(client: Client, fault, calls):
    names = client.submit_many(4)
    fault(operation="batches.list", status=404, times=None)

    answers = client.poll(*names)

    assert all(isinstance(answer, JobState) for answer in answers.values())
    assert (len(calls("batches.list")), len(calls("batches.retrieve"))) == (1, 4)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_what_changes_nothing_is_tried_again(client: Client, fault, calls, status: int):
    name = client.submit(text=WAITS).upstream_id
    fault(operation="batches.retrieve", status=status, times=2)

    answer = client.poll(name)[name]

    # What is not tried again at once is no error for good: the next poll is near.
    tries_again = status in client.vendor.tries_again
    assert isinstance(answer, JobState if tries_again else UpstreamError)
    assert not getattr(answer, "permanent", False)
    assert len(calls("batches.retrieve")) == (3 if tries_again else 1)


@pytest.mark.parametrize("drop", ["before", "after", "midway"])
def test_a_poll_outlives_broken_connections(client: Client, fault, drop: str):
    name = client.submit(text=WAITS).upstream_id
    fault(operation="batches.retrieve", drop=drop)

    answer = client.poll(name)[name]

    # Half an answer is not tried again here: the next poll is near.
    assert isinstance(answer, UpstreamError if drop == "midway" else JobState)
    assert not getattr(answer, "permanent", False)
    assert isinstance(client.poll(name)[name], JobState)


def test_trying_again_waits_as_long_as_it_is_asked_to(client: Client, fault):
    if not client.vendor.waits:
        pytest.skip("AWS's own SDK waits as long as it likes")
    name = client.submit(text=WAITS).upstream_id
    fault(operation="batches.retrieve", status=429, retry_after=1)
    began = time.monotonic()

    assert isinstance(client.poll(name)[name], JobState)
    assert time.monotonic() - began >= 1


def test_trying_again_has_an_end(client: Client, fault, calls):
    name = client.submit(text=WAITS).upstream_id
    fault(operation="batches.retrieve", status=503, times=None)

    error = client.poll(name)[name]

    assert isinstance(error, UpstreamError)
    assert (error.permanent, error.code) == (False, "http_503")
    assert len(calls("batches.retrieve")) == 4
