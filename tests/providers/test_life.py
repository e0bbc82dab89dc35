"""What every upstream promises of a job from its upload to its results."""

import pytest

from providers.base import AnswerLostError, JobState
from tests.providers.steps import WAITS, Client, refused


def test_a_job_runs_from_upload_to_results(client: Client):
    state = client.submit()
    assert (state.ended, state.files) == (None, {})

    state = client.ended(state.upstream_id)

    assert (state.raw, state.ended) == (client.vendor.ended, "completed")
    assert (state.total, state.completed, state.failed) == (3, 3, 0)
    assert sorted(client.results(state)) == ["job0-r0", "job0-r1", "job0-r2"]


def test_every_record_has_its_result_in_whatever_order(client: Client):
    state = client.ended(client.submit(records=500).upstream_id)

    found = client.results(state)

    names = [f"job0-r{number}" for number in range(500)]
    assert found != names
    assert sorted(found) == sorted(names)


def test_a_job_of_one_record(client: Client):
    state = client.ended(client.submit(records=1).upstream_id)

    assert client.results(state) == ["job0-r0"]


def test_a_record_that_failed_has_a_result_too(client: Client):
    state = client.ended(client.submit(text="[sandbox:status=400]").upstream_id)

    assert (state.ended, state.completed, state.failed) == ("completed", 2, 1)
    assert sorted(client.results(state)) == ["job0-r0", "job0-r1", "job0-r2"]


def test_cancelling_a_running_job(client: Client):
    state = client.submit(text=WAITS)

    for _ in range(2):
        assert client.upstream.cancel(state.upstream_id).raw in client.vendor.cancelling

    assert client.ended(state.upstream_id).ended == "cancelled"


def test_cancelling_what_has_ended_is_harmless(client: Client):
    state = client.ended(client.submit().upstream_id)

    assert client.upstream.cancel(state.upstream_id).ended == "completed"


@pytest.mark.parametrize("drop", ["before", "after", "midway"])
def test_a_cancel_whose_answer_was_lost_says_what_is(client: Client, fault, drop: str):
    state = client.submit(text=WAITS)
    fault(operation="batches.cancel", drop=drop)

    if drop == "before" and "batches.cancel" not in client.vendor.repeats:
        assert not refused(
            client.upstream.cancel, state.upstream_id, kind=AnswerLostError
        ).permanent
    assert client.upstream.cancel(state.upstream_id).raw in client.vendor.cancelling


def test_cancelling_what_the_provider_does_not_know(client: Client):
    assert refused(client.upstream.cancel, client.vendor.gone).permanent


@pytest.mark.parametrize("ending", ["expired", "cancelled"])
def test_a_job_that_was_ended_says_how(client: Client, force, ending: str):
    state = client.submit(text="[sandbox:seconds=60]")

    force(state.upstream_id, ending)

    state = client.ended(state.upstream_id)
    assert (state.ended, list(state.problems)) == (ending, [])
    assert set(client.results(state)) <= {"job0-r0", "job0-r1", "job0-r2"}


@pytest.mark.parametrize("drop", ["before", "midway"])
def test_results_that_break_off_are_an_error_and_no_end(client: Client, fault, drop: str):
    state = client.ended(client.submit(records=1000).upstream_id)
    fault(operation=client.vendor.results, drop=drop, times=4)

    error = refused(lambda: b"".join(client.upstream.results(state.files)))

    assert not error.permanent


def test_results_are_asked_for_again_while_the_provider_is_busy(client: Client, fault, calls):
    state = client.ended(client.submit().upstream_id)
    before = len(calls(client.vendor.results))
    fault(operation=client.vendor.results, status=503, times=2)

    assert len(client.results(state)) == 3
    assert len(calls(client.vendor.results)) - before == 3


@pytest.mark.parametrize("status", [401, 402, 403])
def test_results_wait_for_a_key_that_is_not_refused(client: Client, fault, control, status: int):
    state = client.ended(client.submit().upstream_id)
    fault(status=status, times=None)

    error = refused(lambda: list(client.upstream.results(state.files)))

    assert (error.permanent, error.code) == (False, f"http_{status}")
    control("DELETE", "faults")
    assert len(client.results(state)) == 3


def test_results_that_are_gone_are_gone_for_good(client: Client):
    files = dict.fromkeys(client.vendor.files, client.vendor.gone)

    assert refused(lambda: list(client.upstream.results(files))).permanent


def test_a_job_without_files_has_no_results(client: Client):
    assert b"".join(client.upstream.results({})) == b""


def test_what_is_polled_is_asked_for_by_its_whole_name(client: Client):
    """A name with characters of its own meaning reaches no other place."""
    state = client.ended(client.submit().upstream_id)
    name = f"{state.upstream_id}?x=1#y"

    answers = client.poll(state.upstream_id, name, "..")

    assert isinstance(answers.pop(state.upstream_id), JobState)
    assert all(answer.permanent for answer in answers.values())


def test_what_was_sent_ahead_is_removed_once_it_is_not_needed(client: Client, calls):
    input_id = client.upload()
    state = client.ended(client.start("job0", input_id).upstream_id)

    for _ in range(2):
        client.upstream.discard(input_id)

    removal = client.vendor.removal
    assert len(calls(removal)) == (2 if removal else 0)
    assert len(client.results(state)) == 3


@pytest.mark.parametrize("status", [401, 429, 500])
def test_what_cannot_be_removed_now_is_tried_again_later(client: Client, fault, status: int):
    if not client.vendor.removal:
        pytest.skip("nothing is sent ahead")
    input_id = client.upload()
    fault(operation=client.vendor.removal, status=status, times=4)

    assert not refused(client.upstream.discard, input_id).permanent
