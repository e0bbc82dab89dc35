"""What every upstream promises of the call that costs money: it is made once, and found if it was."""

from datetime import UTC, datetime, timedelta

import pytest

from providers.base import AnswerLostError
from tests.providers.steps import Client, refused
from tests.providers.vendors import Vendor


@pytest.mark.parametrize("status", [408, 409, 429])
def test_a_submit_that_was_refused_for_now_may_be_made_again(
    client: Client, fault, calls, status: int
):
    input_id = client.upload()
    fault(operation="batches.create", status=status, retry_after=7)

    error = refused(client.start, "job0", input_id)

    assert (error.permanent, error.code, error.retry_after) == (False, f"http_{status}", 7.0)
    assert len(calls("batches.create")) == 1
    assert client.find() is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_submit_that_was_refused_for_good_says_so(client: Client, fault, status: int):
    input_id = client.upload()
    fault(operation="batches.create", status=status, message="Because of this.")

    error = refused(client.start, "job0", input_id)

    assert (error.permanent, error.code) == (True, f"http_{status}")
    assert error.message.endswith(": Because of this.")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
def test_a_submit_that_met_a_broken_server_may_have_arrived(
    client: Client, fault, calls, status: int
):
    input_id = client.upload()
    fault(operation="batches.create", status=status)

    error = refused(client.start, "job0", input_id, kind=AnswerLostError)

    assert not error.permanent
    assert len(calls("batches.create")) == 1


@pytest.mark.parametrize(
    ("drop", "arrived"), [("before", False), ("after", True), ("midway", True)]
)
def test_a_submit_whose_answer_was_lost_is_not_made_again_but_found(
    client: Client, fault, calls, drop: str, arrived: bool
):
    input_id = client.upload()
    fault(operation="batches.create", drop=drop)

    refused(client.start, "job0", input_id, kind=AnswerLostError)

    (made,) = calls("batches.create")
    found = client.find()
    assert (found is not None) == arrived
    assert found is None or found.upstream_id.endswith(made["object"])
    assert len(calls("batches.create")) == 1


def test_the_job_that_is_found_is_ours_and_no_other(client: Client):
    names = {name: client.submit(name).upstream_id for name in ("job0", "job1", "job2")}

    for name, upstream_id in names.items():
        assert client.find(name).upstream_id == upstream_id
    assert client.find("job") is None


@pytest.mark.parametrize("status", [401, 429, 500])
def test_what_cannot_be_looked_up_is_not_said_to_be_missing(client: Client, fault, status: int):
    fault(operation="batches.list", status=status, times=4)

    assert refused(client.upstream.find, client.job()).code == f"http_{status}"


def test_a_job_is_found_behind_a_hundred_others(client: Client):
    first = client.submit("first", records=2)
    client.submit_many(105)

    assert client.find("first", 2).upstream_id == first.upstream_id
    assert client.find("other", 2) is None


def test_what_is_older_than_the_job_is_not_searched(client: Client, calls):
    client.submit_many(105)
    later = datetime.now(UTC) + timedelta(hours=1)

    assert client.find("other", since=later) is None
    assert len(calls("batches.list")) == 1


@pytest.mark.parametrize("drop", ["before", "after", "midway"])
def test_an_upload_whose_answer_was_lost_is_not_made_again_here(
    client: Client, fault, calls, drop: str
):
    if not client.vendor.upload:
        pytest.skip("its records travel with the job")
    if client.vendor.upload in client.vendor.repeats:
        pytest.skip("made again by AWS's own SDK, into the same place")
    fault(operation=client.vendor.upload, drop=drop)

    refused(client.upload, kind=AnswerLostError)

    assert len(calls(client.vendor.upload)) == 1
    # Made again as a whole it serves the job.
    state = client.ended(client.submit().upstream_id)
    assert len(client.results(state)) == 3


def test_a_server_that_is_not_there_is_unreachable(vendor: Vendor, impatient):
    client = Client.of(vendor, "secret", "http://127.0.0.1:9/v1")

    for call in (
        lambda: client.start("job0", "file-1"),
        lambda: client.upstream.find(client.job()),
    ):
        error = refused(call)
        assert (error.permanent, error.code) == (False, "unreachable")
