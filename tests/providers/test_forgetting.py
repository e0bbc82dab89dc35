"""What a job wrote is removed at its provider, and nothing else is."""

from contextlib import nullcontext

import pytest

from providers.base import UpstreamError
from tests.providers.steps import WAITS, Client, refused


def forget(client: Client, state) -> None:
    """At Gemini the file of results has to stay, though the batch goes."""
    stays = client.vendor.name == "gemini" and state.files
    with pytest.raises(UpstreamError) if stays else nullcontext() as caught:
        client.upstream.forget(state.upstream_id, state.files)
    if caught:
        assert (caught.value.code, caught.value.permanent) == ("http_400", True)


def test_the_results_are_gone_and_a_second_time_is_harmless(client: Client):
    state = client.ended(client.submit().upstream_id)

    for _ in range(2):
        forget(client, state)

    if client.vendor.name == "gemini":
        assert client.poll(state.upstream_id)[state.upstream_id].code == "http_404"
    elif client.vendor.name == "bedrock":
        assert client.results(state) == []
    else:
        assert refused(client.results, state).code == "http_404"


def test_the_results_of_another_job_stay(client: Client):
    one = client.ended(client.submit("job1").upstream_id)
    other = client.ended(client.submit("job2").upstream_id)

    forget(client, one)

    assert len(client.results(other)) == 3


def test_a_job_that_wrote_nothing_leaves_nothing_to_remove(client: Client):
    state = client.submit(text=WAITS)
    client.upstream.cancel(state.upstream_id)
    state = client.ended(state.upstream_id)

    forget(client, state)


@pytest.mark.parametrize("vendor", ["anthropic"], indirect=True)
def test_a_message_batch_that_runs_is_not_deleted(client: Client):
    state = client.submit(text=WAITS)

    assert refused(client.upstream.forget, state.upstream_id, {}).permanent
    assert client.poll(state.upstream_id)[state.upstream_id].ended is None


@pytest.mark.parametrize("vendor", ["bedrock"], indirect=True)
def test_a_folder_that_is_none_of_ours_is_left_alone(client: Client, aws):
    aws.storage.put_object(Bucket="batches", Key="team/results/one.jsonl.out", Body=b"{}")
    for folder in ("s3://batches/team/results/", "s3://batches/bifrost/", "s3://batches/"):
        error = refused(client.upstream.forget, "arn", {"output": folder})
        assert (error.permanent, error.code) in ((True, "not_ours"), (True, "malformed_answer"))

    listed = aws.storage.list_objects_v2(Bucket="batches", Prefix="team/results/")
    assert listed["KeyCount"] == 1


@pytest.mark.parametrize("vendor", ["bedrock"], indirect=True)
def test_the_whole_folder_of_a_job_goes_and_its_neighbour_stays(client: Client, aws):
    state = client.ended(client.submit("job1").upstream_id)
    for key in ("job1/extra", "job10/kept"):
        aws.storage.put_object(Bucket="batches", Key=f"team/a/bifrost/{key}", Body=b"x")

    client.upstream.forget(state.upstream_id, state.files)

    listed = aws.storage.list_objects_v2(Bucket="batches", Prefix="team/a/bifrost/job1")
    assert [one["Key"] for one in listed["Contents"]] == ["team/a/bifrost/job10/kept"]


@pytest.mark.parametrize("status", [401, 503])
def test_what_cannot_be_removed_now_is_said_to_be_so(client: Client, fault, status: int):
    state = client.ended(client.submit().upstream_id)
    for operation in ("files.delete", "batches.delete", "objects.list", "objects.delete"):
        fault(operation=operation, status=status, times=9)

    assert not refused(client.upstream.forget, state.upstream_id, state.files).permanent
