"""Records of OpenAI's whose features a provider lacks."""

import pytest

from batches.models import Batch
from tests.batches.conftest import line, live, other_providers, results

pytestmark = [pytest.mark.django_db, other_providers]


def test_a_record_without_words_there_fails_alone(make):
    lines = [line(number) for number in range(3)]
    lines[1]["body"]["audio"] = {"voice": "alloy", "format": "wav"}
    lines[1]["body"]["modalities"] = ["text", "audio"]
    lines[2]["body"]["logit_bias"] = {"50256": -100}

    batch = live(make(lines))

    output, errors = results(batch)
    assert [one["custom_id"] for one in output] == ["c-0", "c-2"]
    assert [one["custom_id"] for one in errors] == ["c-1"]
    assert errors[0]["error"]["code"] == "unsupported_feature"
    assert (batch.refused, batch.failed, batch.completed) == (1, 1, 2)
    assert batch.dropped["requests"] == {"logit_bias": 1}


def test_a_batch_of_which_nothing_can_be_sent_is_answered_without_the_provider(make, sandbox):
    lines = [line(number) for number in range(2)]
    for one in lines:
        one["body"]["audio"] = {"voice": "alloy", "format": "wav"}
        one["body"]["modalities"] = ["text", "audio"]

    batch = live(make(lines))

    output, errors = results(batch)
    assert (batch.status, output) == (Batch.Status.COMPLETED, [])
    assert [one["error"]["code"] for one in errors] == ["unsupported_feature"] * 2
    assert (batch.total, batch.refused, batch.failed, batch.jobs.count()) == (2, 2, 2, 0)
    assert sandbox.count("batches.create") == 0
