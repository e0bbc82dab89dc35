"""Lists of jobs: every filter, both orders, and walks while rows come and go."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from batches.models import Batch
from files.models import File
from gateway.bedrock import listing
from tests.bedrock.asking import names, refusal

START = timezone.now().replace(microsecond=500) - timedelta(days=1)


@pytest.fixture
def file(workspace) -> File:
    return File.objects.create(workspace=workspace, status="stored", filename="in.jsonl")


@pytest.fixture
def make(workspace, file) -> Callable[..., Batch]:
    """Makes jobs called j0, j1 … a minute apart."""

    def create(number: int, **fields: Any) -> Batch:
        given: dict[str, Any] = {"surface": "bedrock", "provider": "openai", "endpoint": "/v1/x"}
        given |= {"name": f"j{number}", "created_at": START + timedelta(minutes=number)}
        return Batch.objects.create(workspace=workspace, input_file=file, **{**given, **fields})

    return create


@pytest.fixture
def ten(make) -> list[Batch]:
    return [make(number) for number in range(10)]


def found(client: Any, **filters: Any) -> list[str]:
    return names(client.list_model_invocation_jobs(**filters)["invocationJobSummaries"])


def pages(client: Any, **filters: Any) -> list[list[str]]:
    """Every page, by the SDK's own paginator."""
    paginator = client.get_paginator("list_model_invocation_jobs")
    return [names(page["invocationJobSummaries"]) for page in paginator.paginate(**filters)]


def test_the_newest_come_first(jobs, ten):
    everything = [f"j{number}" for number in range(10)]
    assert found(jobs()) == everything[::-1]
    assert found(jobs(), sortBy="CreationTime") == everything[::-1]
    assert found(jobs(), sortOrder="Descending") == everything[::-1]
    assert found(jobs(), sortOrder="Ascending") == everything


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
@pytest.mark.parametrize("size", [1, 3, 9, 10, 11, 1000])
def test_pages_of_any_size_show_each_once(jobs, ten, order: str, size: int):
    walked = pages(jobs(), maxResults=size, sortOrder=order)
    assert all(len(page) == size for page in walked[:-1])
    assert sum(walked, []) == found(jobs(), sortOrder=order)
    assert len(walked) == -(-10 // size)


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
@pytest.mark.parametrize("filters", [{}, {"nameContains": "j"}, {"statusEquals": "Submitted"}])
def test_those_that_stay_are_met_once_while_others_come_and_go(jobs, make, ten, order, filters):
    client = jobs()
    walked: list[str] = []
    token: dict[str, str] = {}
    for step in range(100):
        page = client.list_model_invocation_jobs(maxResults=2, sortOrder=order, **filters, **token)
        walked += names(page["invocationJobSummaries"])
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
        # The row where the page ended vanishes; others appear at both ends and at the very place.
        last = Batch.objects.get(name=walked[-1])
        if step % 2:
            last.delete()
        make(-1 - step, name=f"old{step}j")
        make(20 + step, name=f"new{step}j")
        make(0, name=f"same{step}j", created_at=last.created_at)
    assert {batch.name for batch in ten} <= set(walked)
    assert len(walked) == len(set(walked))


def test_jobs_of_one_moment_are_met_once(jobs, make):
    for number in range(7):
        make(number, created_at=START)
    assert sorted(sum(pages(jobs(), maxResults=2), [])) == [f"j{number}" for number in range(7)]


def test_a_name_is_looked_for_as_it_is_written(jobs, make):
    for number, name in enumerate(("nightly-1", "Nightly-2", "other", "100%", "a_b", "")):
        make(number, name=name)
    client = jobs()
    assert found(client, nameContains="ightly") == ["Nightly-2", "nightly-1"]
    assert found(client, nameContains="nightly") == ["nightly-1"]
    assert found(client, nameContains="0%") == ["100%"]
    assert found(client, nameContains="_") == ["a_b"]
    assert found(client, nameContains="%") == ["100%"]
    nameless = Batch.objects.get(name="")
    assert found(client, nameContains=nameless.id[2:8]) == [nameless.id]


def test_every_status_can_be_asked_for(jobs, make):
    words = {
        "Submitted": {},
        "Validating": {"attempts": 1},
        "Scheduled": {"total": 1},
        "InProgress": {"status": "finalizing"},
        "Completed": {"status": "completed"},
        "Failed": {"status": "failed"},
        "Stopping": {"status": "cancelling"},
        "Stopped": {"status": "cancelled"},
        "PartiallyCompleted": {"status": "expired", "completed": 1},
        "Expired": {"status": "expired"},
    }
    for number, fields in enumerate(words.values()):
        make(number, **fields)
    for number, word in enumerate(words):
        assert found(jobs(), statusEquals=word) == [f"j{number}"]


def test_times_bound_it(jobs, ten):
    client = jobs()
    third, sixth = ten[3].created_at, ten[6].created_at
    ascending = {"sortOrder": "Ascending"}
    middle = ["j3", "j4", "j5", "j6"]
    assert found(client, submitTimeAfter=third, submitTimeBefore=sixth, **ascending) == middle
    moment = timedelta(microseconds=1)
    within = {"submitTimeAfter": third + moment, "submitTimeBefore": sixth - moment}
    assert found(client, **within, **ascending) == middle[1:-1]
    walked = pages(client, **within, **ascending, PaginationConfig={"PageSize": 1})
    assert sum(walked, []) == middle[1:-1]


def test_the_header_is_a_filter(jobs, make):
    make(0, provider="gemini")
    make(1)
    assert found(jobs("gemini")) == ["j0"]
    assert found(jobs("openai")) == ["j1"]
    assert found(jobs("anthropic")) == []
    assert found(jobs()) == ["j1", "j0"]


def test_batches_of_all_surfaces_are_listed(jobs, make):
    for number, surface in enumerate(("openai", "anthropic", "genai", "bedrock")):
        make(number, surface=surface)
    assert len(found(jobs())) == 4


def test_filters_go_together(jobs, make):
    make(0, status="failed")
    make(1, status="failed", name="other")
    make(2)
    make(3, status="failed")
    later = START + timedelta(minutes=2)
    assert found(jobs(), statusEquals="Failed", nameContains="j", submitTimeAfter=later) == ["j3"]


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_a_large_table_is_looked_at_in_parts(jobs, make, ten, monkeypatch, order, size):
    """Then pages may be empty, though more follow."""
    monkeypatch.setattr(listing, "SEEN_AT_ONCE", 4)
    make(10, name="found 1")
    make(11)
    make(-1, name="found 0")
    walked = pages(jobs(), nameContains="found", maxResults=size, sortOrder=order)
    ordered = ["found 0", "found 1"] if order == "Ascending" else ["found 1", "found 0"]
    assert sum(walked, []) == ordered
    assert [] in walked


def test_a_page_costs_few_queries(jobs, ten):
    client = jobs()
    client.list_model_invocation_jobs()
    for filters, most in (({}, 2), ({"nameContains": "j"}, 3)):
        with CaptureQueriesContext(connection) as queries:
            assert len(found(client, **filters)) == 10
        assert len(queries) <= most


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("maxResults=0", "maxResults"),
        ("maxResults=1001", "maxResults"),
        ("maxResults=many", "maxResults"),
        ("sortBy=Name", "sortBy"),
        ("sortOrder=Up", "sortOrder"),
        ("statusEquals=Done", "statusEquals"),
        ("submitTimeAfter=yesterday", "submitTimeAfter"),
        ("submitTimeBefore=0001-01-01T00:00:00%2B23:00", "submitTimeBefore"),
        ("nextToken=abc", "nextToken"),
        ("nextToken=20261121T000000.000000", "nextToken"),
        ("nextToken=%00", "nextToken"),
        ("nameContains=" + "x" * 64, "nameContains"),
        ("color=blue", "color"),
    ],
)
def test_a_list_that_cannot_be(client, credentials, query: str, named: str):
    headers = {"authorization": "Bearer sk-any"}
    answer = client.get(f"/bedrock/model-invocation-jobs?{query}", headers=headers)
    assert answer.status_code == 400
    assert answer["x-amzn-errortype"] == "ValidationException"
    assert named in answer.json()["message"]


@pytest.mark.parametrize("moment", ["2026-11-21", "2026-11-21T01:02:03", "2026-11-21T01:02:03.5Z"])
def test_times_may_be_short(client, credentials, moment: str):
    headers = {"authorization": "Bearer sk-any"}
    path = f"/bedrock/model-invocation-jobs?submitTimeAfter={moment}"
    assert client.get(path, headers=headers).status_code == 200


def test_boto3_is_told_what_is_wrong(jobs, ten):
    client = jobs()
    error = refusal(client.list_model_invocation_jobs, statusEquals="Done")
    assert isinstance(error, client.exceptions.ValidationException)
