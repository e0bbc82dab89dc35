"""The life of a job of the simulated Bedrock, seen through boto3."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.bedrock import (
    BUCKET,
    CLAUDE,
    asked,
    connected,
    converse,
    jsonl,
    lines,
    output,
    put,
    results,
    submit,
    wait,
)
from tests.sandbox.clock import LONG, advance, while_time_passes
from tests.sandbox.process import start_sandbox

SLOW = converse("[sandbox:seconds=600]")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with start_sandbox(
        tmp_path_factory.mktemp("bedrock"), bedrock_min_records=2, bedrock_max_records=1000
    ) as url:
        yield url


@pytest.fixture
def clients(sandbox, key):
    with connected(sandbox, key) as clients:
        yield clients


def many(number: int = 4, **changes: str) -> list:
    return lines(*(converse(changes.get(f"r{n}", f"Number {n}")) for n in range(number)))


def refused(call, **arguments) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_it_works(clients):
    arn = submit(clients, many())
    job = wait(clients, arn)
    assert (job["status"], job["jobName"], job["modelInvocationType"]) == (
        "Completed",
        "job",
        "Converse",
    )
    assert (job["totalRecordCount"], job["successRecordCount"], job["errorRecordCount"]) == (
        4,
        4,
        0,
    )
    assert clients.jobs.get_model_invocation_job(jobIdentifier=arn[-12:])["jobArn"] == arn
    for result in results(clients, arn):
        assert f"Number {result['recordId'][1:]}" in json.dumps(result["modelOutput"])
        assert set(result) == {"recordId", "modelInput", "modelOutput"}
    manifest = json.loads(output(clients, arn, "manifest.json.out"))
    assert manifest["totalRecordCount"] == manifest["processedRecordCount"] == 4
    assert manifest["inputTokenCount"] > 0


def test_results_come_in_another_order_and_records_get_an_id(clients):
    records = [{"modelInput": line["modelInput"]} for line in many(50)]
    arn = submit(clients, records)
    wait(clients, arn)
    found = results(clients, arn)
    assert len({result["recordId"] for result in found}) == 50
    assert [result["modelInput"] for result in found] != [each["modelInput"] for each in records]


def test_a_folder_is_the_input_too(clients):
    put(clients, jsonl(many(2)), "folder/a.jsonl")
    put(clients, jsonl(many(3)), "folder/b.jsonl")
    put(clients, b"no input", "folder/notes.txt")
    source = f"s3://{BUCKET}/folder/"
    arn = clients.jobs.create_model_invocation_job(**asked(source))["jobArn"]
    assert wait(clients, arn)["totalRecordCount"] == 5
    assert len(output(clients, arn, "a.jsonl.out").splitlines()) == 2
    assert len(output(clients, arn, "b.jsonl.out").splitlines()) == 3


def test_a_token_makes_one_job_however_often_it_comes(clients):
    again = asked(put(clients, jsonl(many())), clientRequestToken="once")
    first = clients.jobs.create_model_invocation_job(**again)["jobArn"]
    assert clients.jobs.create_model_invocation_job(**again)["jobArn"] == first
    assert len(clients.jobs.list_model_invocation_jobs()["invocationJobSummaries"]) == 1
    code, _ = refused(clients.jobs.create_model_invocation_job, **{**again, "jobName": "another"})
    assert code == "ConflictException"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"jobName": "with space"}, "jobName"),
        ({"roleArn": "no-arn"}, "roleArn"),
        ({"modelId": "gpt-4o-mini"}, "model identifier is invalid"),
        ({"modelInvocationType": "Guess"}, "enum value set"),
        ({"timeoutDurationInHours": 169}, "less than or equal to 168"),
        ({"outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://a b/c"}}}, "s3Uri"),
        ({"tags": [{"key": "a", "value": "b" * 257}]}, "tags"),
    ],
)
def test_a_bad_call_is_refused(clients, changes, said):
    code, message = refused(clients.jobs.create_model_invocation_job, **asked(**changes))
    assert code == "ValidationException"
    assert said in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (jsonl(many(1)), "contains less records (1) than the required minimum of: 2"),
        (jsonl(many(1001)), "more records (1001) than the maximum"),
        (jsonl(many(2)) + b"{}\n", "Line 3"),
        (jsonl(many(2)) + b'{"modelInput": []}\n', "Line 3"),
        (jsonl(many(2)) + b"no json\n", "Line 3"),
        (b"", "less records (0)"),
    ],
)
def test_bad_input_fails_the_job(clients, content, said):
    source = put(clients, content)
    arn = clients.jobs.create_model_invocation_job(**asked(source))["jobArn"]
    job = wait(clients, arn)
    assert job["status"] == "Failed"
    assert said in job["message"]


def test_input_that_is_not_there_fails_the_job(clients):
    for source in (f"s3://{BUCKET}/nothing.jsonl", "s3://missing-bucket/x.jsonl"):
        arn = clients.jobs.create_model_invocation_job(**asked(source))["jobArn"]
        assert wait(clients, arn)["status"] == "Failed"


def test_jobs_are_listed_with_filters_and_pages(clients):
    names = ["alpha-1", "alpha-2", "beta"]
    for name in names:
        # One after the other: they share the object that they read.
        wait(clients, submit(clients, many(), jobName=name))
    listed = clients.jobs.list_model_invocation_jobs

    def found(**filters) -> list[str]:
        return [job["jobName"] for job in listed(**filters)["invocationJobSummaries"]]

    assert found() == names[::-1]
    assert found(sortOrder="Ascending") == names
    assert found(nameContains="alpha") == ["alpha-2", "alpha-1"]
    assert found(statusEquals="Failed") == []
    now = datetime.now(UTC)
    assert found(submitTimeAfter=now + timedelta(hours=1)) == []
    assert found(submitTimeBefore=now + timedelta(hours=1)) == names[::-1]
    pages = clients.jobs.get_paginator("list_model_invocation_jobs").paginate(
        PaginationConfig={"PageSize": 1}
    )
    assert [page["invocationJobSummaries"][0]["jobName"] for page in pages] == names[::-1]


def test_jobs_of_others_are_not_there(sandbox, clients, key):
    arn = submit(clients, many())
    with connected(sandbox, f"{key}-other") as other:
        code, _ = refused(other.jobs.get_model_invocation_job, jobIdentifier=arn)
        assert code == "ResourceNotFoundException"
        assert other.jobs.list_model_invocation_jobs()["invocationJobSummaries"] == []
    with connected(sandbox, "sandbox-invalid") as nobody:
        code, _ = refused(nobody.jobs.list_model_invocation_jobs)
        assert code == "UnrecognizedClientException"


def test_a_stopped_job_ends_and_can_be_stopped_once(clients):
    arn = submit(clients, [*many(3), *lines(SLOW)])
    assert "processedRecordCount" not in clients.jobs.get_model_invocation_job(jobIdentifier=arn)
    clients.jobs.stop_model_invocation_job(jobIdentifier=arn)
    assert clients.jobs.get_model_invocation_job(jobIdentifier=arn)["status"] == "Stopping"
    assert wait(clients, arn)["status"] == "Stopped"
    code, _ = refused(clients.jobs.stop_model_invocation_job, jobIdentifier=arn)
    assert code == "ConflictException"


def test_a_job_that_runs_out_of_time_keeps_what_it_did(clients):
    arn = submit(clients, [*many(3), *lines(converse("[sandbox:batch=expire]"))])
    job = wait(clients, arn)
    assert (job["status"], job["totalRecordCount"], job["processedRecordCount"]) == (
        "PartiallyCompleted",
        4,
        2,
    )
    assert len(results(clients, arn)) == 2


def test_a_job_that_never_began_expires(tmp_path, key):
    with start_sandbox(tmp_path, bedrock_min_records=1) as url, connected(url, key) as clients:
        arn = submit(clients, lines(converse("[sandbox:seconds=10000000]")))
        advance(url, 86_401)
        assert wait(clients, arn)["status"] == "Expired"
        found = clients.storage.list_objects_v2(Bucket=BUCKET, Prefix="out/")
        assert found["KeyCount"] == 0


def test_an_unfinished_job_is_taken_up_after_a_restart(tmp_path, key):
    flags = {"bedrock_min_records": 1}
    with start_sandbox(tmp_path, seconds=60, **flags) as url, connected(url, key) as clients:
        arn = submit(clients, many())
    with start_sandbox(tmp_path, **flags) as url, connected(url, key) as clients:
        assert wait(clients, arn)["status"] == "Completed"
        assert len(results(clients, arn)) == 4


@pytest.mark.parametrize(
    ("ordered", "status"),
    [
        ("completed", "Completed"),
        ("partial", "PartiallyCompleted"),
        ("failed", "Failed"),
        ("expired", "Expired"),
        ("cancelled", "Stopped"),
        ("PartiallyCompleted", "PartiallyCompleted"),
    ],
)
def test_a_job_is_brought_to_an_end(clients, control, ordered, status):
    arn = submit(clients, [*many(2), *lines(SLOW)])
    control("POST", f"batches/{arn[-12:]}", {"status": ordered})
    assert wait(clients, arn)["status"] == status


def test_a_word_that_does_not_exist_is_only_shown(clients, control):
    arn = submit(clients, many())
    wait(clients, arn)
    for word, shown in (("Pondering", "Pondering"), (None, "Completed")):
        control("POST", f"batches/{arn[-12:]}", {"status": word})
        job = clients.jobs.get_model_invocation_job(jobIdentifier=arn)
        assert job["status"] == shown


def test_statuses_follow_each_other_and_counts_grow(clocked, key):
    with connected(clocked, key) as clients:
        arn = submit(clients, [*many(39), *lines(converse(LONG))])

        def look() -> tuple[str, int]:
            job = clients.jobs.get_model_invocation_job(jobIdentifier=arn)
            return job["status"], job.get("processedRecordCount", 0)

        seen = while_time_passes(clocked, look, lambda now: now[0] == "Completed")
    states = list(dict.fromkeys(state for state, _ in seen))
    order = ["Submitted", "Validating", "Scheduled", "InProgress", "Completed"]
    assert states == [state for state in order if state in states]
    assert "InProgress" in states
    counts = [count for _, count in seen]
    assert counts == sorted(counts)
    assert len(set(counts)) > 3


def test_an_answer_that_is_lost_leaves_a_job_behind(clients, control):
    source = put(clients, jsonl(many()))
    control(
        "POST", "faults", {"provider": "bedrock", "operation": "batches.create", "drop": "after"}
    )
    with pytest.raises(Exception, match="closed"):
        clients.jobs.create_model_invocation_job(**asked(source, clientRequestToken="t"))
    (job,) = clients.jobs.list_model_invocation_jobs()["invocationJobSummaries"]
    again = clients.jobs.create_model_invocation_job(**asked(source, clientRequestToken="t"))
    assert again["jobArn"] == job["jobArn"]


def test_calls_fail_as_ordered(clients, control):
    control("POST", "faults", {"provider": "bedrock", "operation": "batches.list", "status": 429})
    code, _ = refused(clients.jobs.list_model_invocation_jobs)
    assert code == "ThrottlingException"
    arn = submit(clients, many(), modelId=CLAUDE)
    made = control("GET", "calls?provider=bedrock&operation=batches.create")["calls"]
    assert made[-1]["object"] == arn[-12:]
