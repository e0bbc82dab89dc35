"""Jobs of fewer records than Bedrock takes, which are asked one record at a time."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from providers.base import AnswerLostError
from providers.bedrock import direct
from tests.providers.steps import Client, opened, refused
from tests.providers.vendors import Vendor
from tests.sandbox import bedrock

FOLDER = "team/a/bifrost/job0/direct/"
IMAGE = {"image": {"format": "png", "source": {"bytes": b64encode(b"\x89PNG").decode()}}}
_accounts = count()

pytestmark = pytest.mark.parametrize("vendor", ["bedrock"], indirect=True)


@pytest.fixture
def client(vendor: Vendor, sandbox_url: str, control: object, impatient: None) -> Client:
    return Client.of(vendor, f"direct-{next(_accounts)}", sandbox_url, minimum_records=100)


def kept(aws: bedrock.Clients) -> list[str]:
    found = aws.storage.list_objects_v2(Bucket="batches", Prefix=FOLDER).get("Contents", [])
    return [each["Key"].removeprefix(FOLDER) for each in found]


def test_it_works(client: Client, calls):
    state = client.submit(records=20)
    assert (state.raw, state.ended) == ("Direct", None)

    state = client.ended(state.upstream_id)

    assert (state.ended, state.total, state.completed, state.failed) == ("completed", 20, 20, 0)
    assert sorted(client.results(state)) == sorted(f"job0-r{number}" for number in range(20))
    assert len(calls("models.invoke")) == 20
    assert not calls("batches.create")


def test_a_job_that_is_large_enough_is_none_of_these(client: Client, calls):
    job, content = client.job(records=100), opened(client.vendor.content("job0", 100))
    client.upstream.submit(job, client.upstream.upload(job, content), content)

    assert len(calls("batches.create")) == 1
    assert not calls("models.invoke")


def test_a_record_that_fails_has_a_result_as_in_a_batch(client: Client):
    state = client.ended(client.submit(text="[sandbox:status=400]").upstream_id)

    assert (state.completed, state.failed) == (2, 1)
    lines = b"".join(client.upstream.results(state.files)).splitlines()
    (failed,) = (found for line in lines if line and "error" in (found := json.loads(line)))
    assert failed["recordId"] == "job0-r0"
    assert failed["error"]["errorCode"] == 400


def test_converse_carries_bytes_there_and_tools_too(client: Client):
    body = bedrock.converse()
    body["messages"][0]["content"].append(IMAGE)
    wrong = {**body, "unknown": 1}
    content = opened(bedrock.jsonl(bedrock.lines(body, wrong)))

    state = client.upstream.submit(client.job(invocation="Converse"), "", content)

    state = client.ended(state.upstream_id)
    lines = [
        json.loads(line)
        for line in b"".join(client.upstream.results(state.files)).splitlines()
        if line
    ]
    found = {line["recordId"]: line for line in lines}
    assert found["r0"]["modelInput"] == body
    assert found["r0"]["modelOutput"]["output"]["message"]["role"] == "assistant"
    assert "unknown" in found["r1"]["error"]["errorMessage"]


def test_what_was_answered_is_not_asked_for_again(client: Client, fault, calls, aws):
    fault(operation="models.invoke", status=403, times=2)
    # What was paid for is not given up, whatever comes after it.
    assert not refused(client.submit, kind=AnswerLostError).permanent
    done = [name for name in kept(aws) if name.startswith("answered/")]

    state = client.ended(client.submit().upstream_id)

    assert len(client.results(state)) == 3
    assert len(done) == 1
    assert len(calls("models.invoke")) == 3 + 2


def test_a_model_that_is_busy_postpones_the_job(client: Client, fault, control, aws):
    fault(operation="models.invoke", status=503, times=None)

    error = refused(client.submit)

    assert (error.permanent, error.code) == (False, "http_503")
    assert kept(aws) == []
    control("DELETE", "faults")
    assert len(client.results(client.ended(client.submit().upstream_id))) == 3


def test_a_model_that_stays_busy_fails_the_records(client: Client, fault):
    fault(operation="models.invoke", status=503, times=None)
    job = client.job(records=1, since=datetime.now(UTC) - timedelta(hours=2))
    content = opened(client.vendor.content("job0", 1))

    state = client.ended(client.upstream.submit(job, "", content).upstream_id)

    assert (state.completed, state.failed) == (0, 1)


def test_a_job_that_was_done_is_found_and_one_that_was_not_is_not(client: Client, fault, calls):
    assert client.find() is None
    fault(operation="objects.put", status=403, times=1)
    refused(client.submit, kind=AnswerLostError)
    assert client.find() is None

    made = client.submit()

    assert client.find().upstream_id == made.upstream_id
    before = len(calls("models.invoke"))
    assert client.submit().upstream_id == made.upstream_id
    assert len(calls("models.invoke")) == before


def test_cancelling_what_is_done_is_harmless(client: Client):
    state = client.submit()

    assert client.upstream.cancel(state.upstream_id).ended == "completed"


def test_results_that_are_gone_are_the_error_of_one_job(client: Client):
    state = client.submit()
    gone = "s3://batches/nothing/direct/"

    answers = client.poll(state.upstream_id, gone)

    assert answers[state.upstream_id].ended == "completed"
    assert (answers[gone].permanent, answers[gone].code) == (True, "http_404")


def test_what_is_refused_from_the_first_record_on_is_refused(client: Client, fault, aws):
    fault(operation="models.invoke", status=403, times=3)

    assert refused(client.submit).permanent
    assert kept(aws) == []


def test_what_stays_refused_after_others_were_answered_fails_its_records(client: Client, fault):
    fault(operation="models.invoke", status=403, times=2)
    job = client.job(since=datetime.now(UTC) - timedelta(hours=2))
    content = opened(client.vendor.content("job0", 3))
    refused(client.submit, kind=AnswerLostError)
    fault(operation="models.invoke", status=403, times=None)

    state = client.ended(client.upstream.submit(job, "", content).upstream_id)

    assert (state.total, state.completed, state.failed) == (3, 1, 2)


def stopped_after(asked: int) -> Callable[[], bool]:
    """A client who wants the job until somebody has asked that often."""
    answers = iter([True] * asked)
    return lambda: next(answers, False)


@pytest.mark.parametrize("asked", [0, 4])
def test_a_job_that_is_not_wanted_any_more_keeps_what_it_has(
    client: Client, calls, monkeypatch, asked: int
):
    monkeypatch.setattr(direct, "BEAT_SECONDS", 0)
    job = client.job(records=50, goes_on=stopped_after(asked))
    content = opened(client.vendor.content("job0", 50))

    state = client.ended(client.upstream.submit(job, "", content).upstream_id)

    assert (state.ended, state.total, state.failed) == ("cancelled", 50, 0)
    assert len(calls("models.invoke")) == state.completed == len(client.results(state)) < 50
    assert (state.completed > 0) == (asked > 0)
    # Whoever looks for it finds it as it is, and nobody asks on.
    assert client.find(records=50).upstream_id == state.upstream_id
    assert client.upstream.submit(client.job(records=50), "", content).upstream_id


def test_what_was_left_behind_is_all_there_is_once_nobody_wants_more(client: Client, fault):
    fault(operation="models.invoke", status=403, times=2)
    refused(client.submit, kind=AnswerLostError)
    assert client.find() is None

    state = client.ended(client.find(goes_on=lambda: False).upstream_id)

    assert (state.ended, state.total, state.completed) == ("cancelled", 3, 1)


def test_what_was_not_begun_is_not_there(client: Client):
    assert client.find(goes_on=lambda: False) is None
