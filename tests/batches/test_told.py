"""Results in the dialect of whoever asks, told from what the provider really said."""

import json

import pytest
from anthropic.types.messages import MessageBatchIndividualResponse
from google.genai.types import GenerateContentResponse

from batches import services
from batches.models import Batch
from batches.services import outcomes
from files import services as files
from tests.batches.conftest import MODELS, directly, every_provider, line, live, results

pytestmark = pytest.mark.django_db


def told(batch: Batch, dialect: str) -> list[dict]:
    return [
        json.loads(one) for one in b"".join(services.results(batch, dialect)).splitlines() if one
    ]


def mixed() -> list[dict]:
    """The second fails at the provider."""
    broken = line(1)
    broken["body"]["messages"] = [{"role": "user", "content": "[sandbox:status=400]"}]
    return [line(0), broken, line(2)]


@every_provider
def test_answers_and_failures_stand_in_one_file_in_the_order_of_the_input(make):
    batch = live(make(mixed()))

    output, errors = results(batch)
    assert (len(output), len(errors)) == (2, 1)
    both = [json.loads(one) for one in b"".join(files.stream(batch.results_file)).splitlines()]
    assert [one["custom_id"] for one in both] == ["c-0", "c-1", "c-2"]
    assert both == [output[0], errors[0], output[1]]
    assert told(batch, "openai") == both


def test_a_batch_without_failures_needs_no_third_file(make, credential):
    batch = live(make(2))
    assert batch.results_file == batch.output_file
    assert batch.error_file is None


@every_provider
def test_in_the_words_of_anthropic(make):
    batch = live(make(mixed()))

    lines = told(batch, "anthropic")
    assert [one["custom_id"] for one in lines] == ["c-0", "c-1", "c-2"]
    read = [MessageBatchIndividualResponse.model_validate(one) for one in lines]
    assert [one.result.type for one in read] == ["succeeded", "errored", "succeeded"]
    output, errors = results(batch)
    said = output[0]["response"]["body"]["choices"][0]["message"]["content"]
    assert read[0].result.message.content[-1].text == said
    assert read[1].result.error.error.message


@every_provider
def test_in_the_words_of_gemini(make):
    batch = live(make(mixed()))

    lines = told(batch, "gemini")
    assert [one["metadata"]["key"] for one in lines] == ["c-0", "c-1", "c-2"]
    answer = GenerateContentResponse.model_validate(lines[0]["response"])
    output, _ = results(batch)
    assert answer.text == output[0]["response"]["body"]["choices"][0]["message"]["content"]
    assert lines[1]["error"]["message"]


@pytest.mark.parametrize("provider", ["anthropic", "gemini"], indirect=True)
def test_records_without_an_id_are_called_by_their_place(make, provider):
    lines = [{"request": {"contents": [{"parts": [{"text": str(n)}]}]}} for n in range(2)]
    batch = live(make(lines, model_override=MODELS[provider]))
    assert [one["custom_id"] for one in told(batch, "anthropic")] == ["r0000000000", "r0000000001"]
    assert [list(one) for one in told(batch, "gemini")] == [["response"], ["response"]]


def test_what_a_dialect_has_no_words_for_is_a_failure_that_says_so(make):
    lines = [
        {
            "custom_id": "c-0",
            "method": "POST",
            "url": "/v1/embeddings",
            "body": {"model": "text-embedding-3-small", "input": "a"},
        }
    ]
    batch = live(make(lines, endpoint="/v1/embeddings"))
    [one] = told(batch, "anthropic")
    assert one["custom_id"] == "c-0"
    assert "no words in Anthropic's API" in one["result"]["error"]["error"]["message"]
    [one] = told(batch, "gemini")
    assert one["response"]["embedding"]["values"]


def test_deleted_results_are_told_anew(make, credential):
    batch = live(make(mixed()))
    before = told(batch, "openai")
    files.delete(batch.results_file)
    batch.results_file.refresh_from_db()
    assert told(batch, "openai") == before


def test_a_batch_that_failed_has_none(make, credential):
    batch = live(make([line(0), line(0)]))
    assert batch.status == Batch.Status.FAILED
    assert told(batch, "anthropic") == []


class TestDelete:
    def test_clients_see_it_no_more(self, make, workspace):
        batch = live(make(1))
        services.delete(batch)
        assert Batch.of(workspace, batch.pk) is None
        assert not Batch.objects.visible(workspace).filter(pk=batch.pk).exists()
        assert batch.events.filter(kind="deleted").count() == 1
        services.delete(batch)
        assert batch.events.filter(kind="deleted").count() == 1

    def test_not_while_it_runs(self, make, workspace):
        batch = make(1)
        with pytest.raises(services.NotDeletableError, match="cancel it first"):
            services.delete(batch)
        assert Batch.of(workspace, batch.pk) == batch


@directly
def test_of_many_jobs_few_files_stay_open(make, small_jobs, monkeypatch):
    """All results are found, be they read where they lie or copied."""
    monkeypatch.setattr(outcomes, "MOST_AT_HAND", 1)
    opened = []
    at_hand = files.at_hand
    monkeypatch.setattr(files, "at_hand", lambda file: opened.append(file) or at_hand(file))

    batch = live(make([line(number) for number in range(6)]))

    assert [one["custom_id"] for one in results(batch)[0]] == [f"c-{number}" for number in range(6)]
    assert (batch.jobs.count(), len(opened)) == (3, 1)
