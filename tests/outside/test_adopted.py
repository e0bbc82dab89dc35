"""A job that somebody made at the provider with its own SDK becomes a batch that every SDK can read."""

import json

import pytest

from batches import services
from batches.models import Batch, Job
from files import services as files
from tests.batches.conftest import every_provider, live, results
from tests.outside import elsewhere

pytestmark = pytest.mark.django_db
two_providers = pytest.mark.parametrize("provider", ["openai", "gemini"], indirect=True)
FAILS = "[sandbox:status=400]"
GIVE_INPUTS_BACK = ("openai", "bedrock")


def names(lines: list[dict]) -> list[str]:
    return [line.get("custom_id") or line.get("recordId") or line["key"] for line in lines]


def own_results(sdks, provider: str, batch: Batch) -> list[str]:
    """The ids of the results, read by the SDK of those who made the job."""
    if provider == "openai":
        read = sdks.openai.batches.retrieve(f"batch_{batch.pk}")
        assert read.status == "completed"
        text = sdks.openai.files.content(read.output_file_id).text
        return names([json.loads(line) for line in text.splitlines()])
    if provider == "anthropic":
        told = sdks.anthropic.messages.batches.results(f"msgbatch_{batch.pk}")
        return [one.custom_id for one in told if one.result.type == "succeeded"]
    if provider == "gemini":
        job = sdks.genai.batches.get(name=f"batches/{batch.pk}")
        content = sdks.genai.files.download(file=job.dest.file_name)
        return names([json.loads(line) for line in content.splitlines()])
    job = sdks.bedrock.get_model_invocation_job(jobIdentifier=batch.pk)
    assert (job["status"], job["totalRecordCount"]) == ("Completed", 2)
    return names(results(batch)[0])


@every_provider
def test_what_others_made_is_adopted_and_read_by_their_own_sdk(adopted, sdks, provider):
    batch = live(adopted())

    assert batch.status == Batch.Status.COMPLETED
    assert (batch.total, batch.completed, batch.failed) == (2, 2, 0)
    # Where nobody has the input, nobody knows its order either.
    assert sorted(own_results(sdks, provider, batch)) == ["theirs-0", "theirs-1"]
    assert batch.stand_in is (provider not in GIVE_INPUTS_BACK)


@every_provider
def test_it_is_read_by_a_foreign_sdk_as_well(adopted, sdks, provider):
    batch = live(adopted("Hello", FAILS))

    told = list(sdks.anthropic.messages.batches.results(f"msgbatch_{batch.pk}"))
    read = sdks.openai.batches.retrieve(f"batch_{batch.pk}")
    operation = sdks.genai.batches.get(name=f"batches/{batch.pk}")
    job = sdks.bedrock.get_model_invocation_job(jobIdentifier=batch.pk)

    assert {one.custom_id: one.result.type for one in told} == {
        "theirs-0": "succeeded",
        "theirs-1": "errored",
    }
    answered = next(one for one in told if one.result.type == "succeeded")
    assert answered.result.message.content[0].text
    assert (read.request_counts.completed, read.request_counts.failed) == (1, 1)
    assert job["errorRecordCount"] == 1
    assert operation.state.name == "JOB_STATE_SUCCEEDED"


@every_provider
def test_one_that_runs_is_watched_to_its_end(adopted, made, sandbox, provider):
    batch = adopted("[sandbox:seconds=0.3]", "Hello")
    assert batch.status == Batch.Status.IN_PROGRESS
    assert batch.jobs.get().status == Job.Status.RUNNING

    batch = live(batch)

    assert sorted(names(results(batch)[0])) == ["theirs-0", "theirs-1"]
    assert sandbox.jobs_made() == 1


@pytest.mark.parametrize("provider", ["gemini"], indirect=True)
def test_inlined_responses_without_a_name_go_by_their_place(adopted, sdks):
    batch = live(adopted("Hello", FAILS, how=elsewhere.inline))

    job = sdks.genai.batches.get(name=f"batches/{batch.pk}")
    told = list(sdks.anthropic.messages.batches.results(f"msgbatch_{batch.pk}"))

    first, second = job.dest.inlined_responses
    assert first.response.text
    assert second.error
    assert [one.result.type for one in told] == ["succeeded", "errored"]


@pytest.mark.parametrize("provider", GIVE_INPUTS_BACK, indirect=True)
def test_the_input_is_theirs_byte_for_byte_where_the_provider_gives_it_back(adopted, credential):
    batch = live(adopted())

    content = b"".join(files.stream(batch.input_file))

    assert b"Hello" in content
    assert content.count(b"theirs-") == 2
    assert batch.events.get(kind="input").message == "2 records, as the provider gives it back"


@pytest.mark.parametrize("provider", ["anthropic", "gemini"], indirect=True)
def test_an_input_that_is_made_of_results_says_so(adopted, sdks):
    batch = live(adopted())

    assert "made of the results" in batch.events.get(kind="input").message
    metadata = sdks.openai.batches.retrieve(f"batch_{batch.pk}").metadata
    assert metadata["adopted_from"] == batch.jobs.get().upstream_id
    assert "Bifrost made it of the results" in metadata["input"]


@two_providers
def test_results_are_collected_again_as_of_any_other_batch(adopted):
    batch = live(adopted("Hello", FAILS))
    before = results(batch)

    batch = live(services.collect_again(batch))

    assert results(batch) == before
    assert batch.failed == 1


@two_providers
def test_a_job_that_its_maker_cancels_ends_so(adopted, made, sandbox, provider):
    batch = adopted("[sandbox:seconds=60]", "Hello")
    job = batch.jobs.get()
    services.jobs.upstream_of(job).cancel(job.upstream_id)

    assert live(batch).status == Batch.Status.CANCELLED


@two_providers
def test_an_operator_looks_into_its_records(adopted):
    batch = live(adopted())

    found = services.look_at(batch, 1)

    assert found.custom_id.encode() in found.answered
    assert (b"Hello" in found.sent) if not batch.stand_in else ("Not known" in found.sent)
