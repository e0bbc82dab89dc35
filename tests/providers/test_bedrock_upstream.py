"""What is Bedrock's own among the upstreams: objects in S3, roles, manifests, AWS's own settings."""

import io
import json
from contextlib import nullcontext

import pytest

from providers.base import Account
from providers.bedrock import account
from providers.bedrock.upstream import BedrockUpstream
from tests.providers.conftest import SECRET
from tests.providers.steps import Client, ReadOnly, opened, refused
from tests.providers.vendors import Vendor
from tests.sandbox import bedrock

pytestmark = pytest.mark.parametrize("vendor", ["bedrock"], indirect=True)


def test_a_job_lies_where_the_credential_says_and_carries_our_name(client: Client, aws):
    state = client.submit("job7")

    job = aws.jobs.get_model_invocation_job(jobIdentifier=state.upstream_id)
    assert (job["jobName"], job["clientRequestToken"]) == ("bifrost-job7", "bifrost-job7")
    assert (job["roleArn"], job["modelInvocationType"]) == (bedrock.ROLE, "InvokeModel")
    output = job["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"]
    assert output == "s3://batches/team/a/bifrost/job7/"
    found = aws.storage.list_objects_v2(Bucket="batches", Prefix="team/a/bifrost/")["Contents"]
    assert "team/a/bifrost/job0.jsonl" in [each["Key"] for each in found]


def test_how_records_call_their_model_is_the_jobs(client: Client, aws):
    content = opened(bedrock.jsonl(bedrock.lines(bedrock.converse())))
    request = client.job(records=1, invocation="Converse")
    input_id = client.upstream.upload(request, content)

    state = client.ended(client.upstream.submit(request, input_id, content).upstream_id)

    assert (state.completed, state.failed) == (1, 0)


def test_a_large_input_is_sent_in_parts_as_it_is_read(client: Client, calls, aws):
    content = client.vendor.content("job0", 1, "x" * 20_000_000)
    reader = ReadOnly(content)
    reader.seek(0, io.SEEK_END)

    client.upstream.upload(client.job(), lambda: nullcontext(reader))

    assert reader.reads >= 3
    assert len(calls("objects.put")) == 3
    found = aws.storage.get_object(Bucket="batches", Key="team/a/bifrost/job0.jsonl")
    assert found["Body"].read() == content


def test_what_others_wrote_beside_the_results_is_none_of_ours(client: Client, aws):
    state = client.ended(client.submit().upstream_id)
    folder = "team/a/bifrost/job0/"
    for stray in ("x.jsonl.out", "aaaabbbbcccc/x.jsonl.out", "manifest.json.out"):
        aws.storage.put_object(Bucket="batches", Key=folder + stray, Body=b'{"recordId":"no"}')

    assert sorted(client.results(state)) == ["job0-r0", "job0-r1", "job0-r2"]


def test_tokens_are_counted_by_the_manifest(client: Client):
    usage = client.ended(client.submit().upstream_id).usage

    assert usage["input_tokens"] > 0
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_a_job_that_had_no_time_for_all_keeps_what_it_did(client: Client):
    state = client.submit(records=10, text="[sandbox:batch=expire]")

    state = client.ended(state.upstream_id)

    assert (state.raw, state.ended) == ("PartiallyCompleted", "expired")
    assert (state.total, state.completed) == (10, 5)
    assert len(client.results(state)) == 5


def test_a_job_that_failed_says_why(client: Client):
    content = b"no json\n"
    input_id = client.upload(content)

    state = client.ended(client.start("job0", input_id).upstream_id)

    assert (state.ended, state.files) == ("failed", {})
    assert "Line 1" in state.problems[0].message
    assert b"".join(client.upstream.results(state.files)) == b""


def test_submitting_twice_makes_one_job(client: Client, aws):
    input_id = client.upload()

    states = {client.start("job0", input_id).upstream_id for _ in range(2)}

    assert len(states) == 1
    assert len(aws.jobs.list_model_invocation_jobs()["invocationJobSummaries"]) == 1


def test_a_store_that_is_not_there_is_unreachable(vendor: Vendor, impatient):
    error = refused(Client.of(vendor, SECRET, "http://127.0.0.1:9").upload)

    assert (error.permanent, error.code) == (False, "unreachable")


@pytest.mark.parametrize("option", ["bucket", "role_arn"])
def test_an_option_that_is_missing_is_named(vendor: Vendor, sandbox_url: str, option: str):
    client = Client.of(vendor, SECRET, sandbox_url, **{option: ""})

    error = refused(client.submit)

    assert (error.permanent, error.code) == (True, "missing_option")
    assert repr(option) in error.message


def test_an_option_that_is_unknown_is_named(vendor: Vendor, sandbox_url: str):
    error = refused(lambda: Client.of(vendor, SECRET, sandbox_url, bukkit="x"))

    assert (error.permanent, error.code) == (True, "invalid_option")
    assert "bukkit" in error.message


def test_the_environment_of_aws_serves_where_the_credential_is_silent(
    monkeypatch: pytest.MonkeyPatch, vendor: Vendor, sandbox_url: str
):
    given = vendor.options("a key of the environment")
    for name, value in {
        "AWS_ACCESS_KEY_ID": given["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL_S3": f"{sandbox_url}/s3",
        "AWS_ENDPOINT_URL_BEDROCK": f"{sandbox_url}/bedrock",
    }.items():
        monkeypatch.setenv(name, value)
    options = {name: given[name] for name in ("bucket", "role_arn", "minimum_records")}
    account.session_of.cache_clear()
    account.client_of.cache_clear()

    client = Client(vendor, BedrockUpstream(Account("account", "", "", options)))
    state = client.ended(client.submit().upstream_id)

    account.client_of.cache_clear()
    account.session_of.cache_clear()
    assert len(client.results(state)) == 3


@pytest.mark.parametrize(
    ("status", "name", "permanent"),
    [
        (400, "ServiceQuotaExceededException", False),
        (429, "ThrottlingException", False),
        (400, "ValidationException", True),
        (403, "AccessDeniedException", True),
    ],
)
def test_what_aws_says_is_told_without_the_secret(server, status, name, permanent):
    body = json.dumps({"message": f"No, {SECRET}."}).encode()
    server.say(status, body, **{"x-amzn-ErrorType": name})

    error = refused(server.client(SECRET).start, "job0", "s3://batches/x")

    assert (error.permanent, error.code) == (permanent, f"http_{status}")
    assert error.message == f"Bedrock answered {status} {name}: No, ***."
    assert len(server.requests) == 1


def test_keys_are_in_no_representation(client: Client):
    assert SECRET not in repr(client.upstream.account)
    found = account.Connection("s3", "", "", "", "AKIA", SECRET, 1, 1)
    assert SECRET not in repr(found)


@pytest.mark.parametrize("key", ["in/questions.jsonl", "bifrost/job0/direct/x.jsonl.out", "x"])
def test_what_is_not_ours_is_not_removed(client: Client, aws, key: str):
    aws.storage.put_object(Bucket="batches", Key=key, Body=b"theirs")

    error = refused(client.upstream.discard, f"s3://batches/{key}")

    assert (error.permanent, error.code) == (True, "not_ours")
    assert aws.storage.get_object(Bucket="batches", Key=key)["Body"].read() == b"theirs"


def test_what_was_sent_ahead_is_gone_afterwards(client: Client, aws):
    input_id = client.upload()

    client.upstream.discard(input_id)

    assert "Contents" not in aws.storage.list_objects_v2(Bucket="batches")
