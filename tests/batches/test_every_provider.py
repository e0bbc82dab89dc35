"""OpenAI's lines in, OpenAI's lines out, whoever answers."""

import pytest
from openai.types.chat import ChatCompletion

from batches.models import Batch
from tests.batches.conftest import every_provider, live, results

pytestmark = [pytest.mark.django_db, every_provider]


def test_it_works(make):
    batch = live(make(5))

    output, errors = results(batch)
    assert (batch.status, errors) == (Batch.Status.COMPLETED, [])
    assert [one["custom_id"] for one in output] == [f"c-{number}" for number in range(5)]
    answers = [ChatCompletion.model_validate(one["response"]["body"]) for one in output]
    assert all(answer.choices[0].message.content for answer in answers)
    usages = [answer.usage for answer in answers]
    assert batch.usage["input_tokens"] == sum(usage.prompt_tokens for usage in usages) > 0
    assert batch.usage["output_tokens"] == sum(usage.completion_tokens for usage in usages) > 0
    assert batch.usage["total_tokens"] == sum(usage.total_tokens for usage in usages)
