"""What a client wants of a job at AWS goes before what the credential says."""

import io
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from providers.base import Account, JobRequest, UpstreamError
from providers.bedrock.upstream import BedrockUpstream
from tests.sandbox import bedrock

OTHER_ROLE = "arn:aws:iam::210987654321:role/of-the-client"
ENOUGH = 100
_accounts = count()


@pytest.fixture
def key() -> str:
    return f"AKIAWISH{next(_accounts)}"


@pytest.fixture
def aws(sandbox_url: str, key: str) -> Iterator[bedrock.Clients]:
    with bedrock.connected(sandbox_url, key) as clients:
        yield clients


def submitted(
    url: str,
    key: str,
    records: int = ENOUGH,
    *,
    options: Any = None,
    name: str = "ourjob",
    **wanted: Any,
) -> str:
    """Submits a job for a client that wants this; what Bedrock calls it."""
    options = {"region": "eu-west-1", "access_key_id": key, **(options or {})}
    upstream = BedrockUpstream(Account("account", "secret", url, options))
    job = JobRequest(
        id=name,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        since=datetime.now(UTC),
        model=bedrock.CLAUDE,
        records=records,
        invocation="InvokeModel",
        **wanted,
    )
    lines = bedrock.jsonl(bedrock.lines(*[bedrock.messages()] * records))

    def content() -> Any:
        return nullcontext(io.BytesIO(lines))

    return upstream.submit(job, upstream.upload(job, content), content).upstream_id


OPTIONS = {"bucket": "batches", "prefix": "team", "role_arn": bedrock.ROLE, "timeout_hours": 48}


def test_the_credential_decides_what_a_client_leaves_open(sandbox_url: str, key: str, aws):
    arn = submitted(sandbox_url, key, options=OPTIONS)

    job = aws.jobs.get_model_invocation_job(jobIdentifier=arn)
    assert (job["roleArn"], job["timeoutDurationInHours"]) == (bedrock.ROLE, 48)


def test_a_client_has_its_own_role_and_time(sandbox_url: str, key: str, aws):
    arn = submitted(sandbox_url, key, options=OPTIONS, role_arn=OTHER_ROLE, timeout_hours=72)

    job = aws.jobs.get_model_invocation_job(jobIdentifier=arn)
    assert (job["roleArn"], job["timeoutDurationInHours"]) == (OTHER_ROLE, 72)


def test_tags_are_in_the_words_of_aws(sandbox_url: str, key: str):
    asked: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: object) -> None:
        asked.append(params)

    upstream = BedrockUpstream(
        Account("account", "secret", sandbox_url, {**OPTIONS, "access_key_id": key})
    )
    upstream.aws.client("bedrock", tries=1).meta.events.register("provide-client-params", note)

    submitted(sandbox_url, key, options={**OPTIONS, "region": ""}, tags={"team": "a b"})
    submitted(sandbox_url, key, options={**OPTIONS, "region": ""}, name="other")

    assert [params.get("tags") for params in asked] == [[{"key": "team", "value": "a b"}], None]


@pytest.mark.parametrize(
    ("wanted", "folder"),
    [
        ("s3://of-the-client/results/of/today/", "results/of/today/bifrost/"),
        ("s3://of-the-client/results", "results/bifrost/"),
        ("s3://of-the-client", "bifrost/"),
        ("s3://of-the-client/", "bifrost/"),
    ],
)
def test_without_a_bucket_of_the_credentials_a_job_lies_beneath_what_its_client_names(
    sandbox_url: str, key: str, aws, wanted: str, folder: str
):
    arn = submitted(sandbox_url, key, options={"role_arn": bedrock.ROLE}, output_uri=wanted)

    job = aws.jobs.get_model_invocation_job(jobIdentifier=arn)
    source = job["inputDataConfig"]["s3InputDataConfig"]["s3Uri"]
    target = job["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"]
    assert source == f"s3://of-the-client/{folder}ourjob.jsonl"
    assert target == f"s3://of-the-client/{folder}ourjob/"


def test_a_credential_with_a_bucket_keeps_its_jobs_there(sandbox_url: str, key: str, aws):
    arn = submitted(sandbox_url, key, options=OPTIONS, output_uri="s3://of-the-client/results")

    job = aws.jobs.get_model_invocation_job(jobIdentifier=arn)
    target = job["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"]
    assert target == "s3://batches/team/bifrost/ourjob/"


def test_few_records_are_answered_there_too(sandbox_url: str, key: str, aws):
    place = submitted(sandbox_url, key, 2, output_uri="s3://of-the-client/results")

    assert place == "s3://of-the-client/results/bifrost/ourjob/direct/"
    folder = "results/bifrost/ourjob/direct/"
    found = aws.storage.list_objects_v2(Bucket="of-the-client", Prefix=folder)
    assert found["KeyCount"] == 3


def test_a_job_that_has_no_bucket_at_all_is_refused(sandbox_url: str, key: str):
    with pytest.raises(UpstreamError, match="'bucket'") as caught:
        submitted(sandbox_url, key, options={"role_arn": bedrock.ROLE})

    assert (caught.value.permanent, caught.value.code) == (True, "missing_option")
