"""OpenAI's lines through Bedrock, and Bedrock's own: jobs, S3, and what is asked directly."""

import itertools
import json

import pytest
from openai.types.chat import ChatCompletion

from batches.models import Batch, Job
from providers.models import Credential
from tests.batches.conftest import line, live, results, revive
from tests.sandbox import bedrock

ENOUGH = 100
CONVERSE = "us.meta.llama3-3-70b-instruct-v1:0"
CLAUDE = "anthropic.claude-3-5-sonnet-20241022-v2:0"
NOVA = "amazon.nova-lite-v1:0"
GPT_OSS = "openai.gpt-oss-120b-1:0"
_keys = itertools.count()


@pytest.fixture
def key() -> str:
    return f"AKIA{next(_keys)}"


@pytest.fixture
def provider() -> str:
    return "bedrock"


@pytest.fixture
def credential(sandbox, workspace, key) -> Credential:
    options = {"access_key_id": key, "bucket": "batches", "role_arn": bedrock.ROLE}
    credential = Credential(provider="bedrock", name="sandbox", options=options)
    credential.secret = "secret"
    credential.base_url = sandbox.url
    credential.save()
    return credential


@pytest.fixture
def aws(sandbox, key):
    with bedrock.connected(sandbox.url, key) as clients:
        yield clients


@pytest.fixture
def ask(make):
    """Makes a batch of lines for a model."""

    def create(lines: list[dict], model: str = CONVERSE) -> Batch:
        for one in lines:
            one["body"]["model"] = model
        return make.from_bytes("".join(json.dumps(one) + "\n" for one in lines).encode())

    return create


def jobs_of(aws) -> list[dict]:
    return aws.jobs.list_model_invocation_jobs()["invocationJobSummaries"]


@pytest.mark.parametrize(
    ("model", "invocation"),
    [
        (CONVERSE, "Converse"),
        (CLAUDE, "InvokeModel"),
        (NOVA, "InvokeModel"),
        (GPT_OSS, "InvokeModel"),
    ],
)
def test_it_works(ask, aws, model, invocation):
    batch = live(ask([line(number) for number in range(ENOUGH)], model))

    output, errors = results(batch)
    assert (batch.status, errors) == (Batch.Status.COMPLETED, [])
    assert [one["custom_id"] for one in output] == [f"c-{number}" for number in range(ENOUGH)]
    for number, one in enumerate(output):
        answer = ChatCompletion.model_validate(one["response"]["body"])
        assert f"answer to: {number}" in answer.choices[0].message.content
    (job,) = jobs_of(aws)
    assert (job["modelInvocationType"], job["modelId"]) == (invocation, model)
    assert job["jobName"] == f"bifrost-{batch.jobs.get().id}"


def test_lines_of_bedrocks_own_go_as_they_are(make, aws):
    lines = bedrock.lines(*(bedrock.converse(f"Number {n}") for n in range(ENOUGH)))
    batch = live(make.from_bytes(bedrock.jsonl(lines), model_override=CONVERSE))

    output, errors = results(batch)
    assert (batch.status, errors) == (Batch.Status.COMPLETED, [])
    assert [one["recordId"] for one in output] == [f"r{n}" for n in range(ENOUGH)]
    assert [one["modelInput"] for one in output] == [one["modelInput"] for one in lines]
    assert jobs_of(aws)[0]["modelInvocationType"] == "Converse"


def test_a_job_works_where_and_as_whom_its_client_wants(make, credential, aws):
    """Also where the credential has neither a bucket nor a role."""
    credential.options = {"access_key_id": credential.options["access_key_id"]}
    credential.save()
    lines = bedrock.lines(*(bedrock.messages(f"Number {n}") for n in range(ENOUGH)))
    role = "arn:aws:iam::210987654321:role/of-the-client"
    wanted = {"output_uri": "s3://of-a-client/results", "role_arn": role, "tags": {"team": "a"}}

    batch = live(make.from_bytes(bedrock.jsonl(lines), model_override=CLAUDE, **wanted))

    assert batch.status == Batch.Status.COMPLETED
    (job,) = jobs_of(aws)
    assert job["roleArn"] == role
    folder = f"s3://of-a-client/results/bifrost/{batch.jobs.get().id}"
    assert job["inputDataConfig"]["s3InputDataConfig"]["s3Uri"] == f"{folder}.jsonl"
    assert job["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"] == f"{folder}/"
    assert batch.errors is None


def test_each_model_has_a_job_of_its_own(make, aws):
    lines = [line(number) for number in range(2 * ENOUGH)]
    for number, one in enumerate(lines):
        one["body"]["model"] = (CLAUDE, CONVERSE)[number % 2]
    batch = live(make.from_bytes("".join(json.dumps(one) + "\n" for one in lines).encode()))

    output, _ = results(batch)
    assert [one["custom_id"] for one in output] == [f"c-{n}" for n in range(2 * ENOUGH)]
    assert {job["modelId"]: job["modelInvocationType"] for job in jobs_of(aws)} == {
        CLAUDE: "InvokeModel",
        CONVERSE: "Converse",
    }


def test_a_model_of_few_records_is_asked_directly_beside_one_of_many(make, aws, sandbox):
    lines = [line(number) for number in range(ENOUGH + 2)]
    for number, one in enumerate(lines):
        one["body"]["model"] = NOVA if number in (3, 70) else CLAUDE
    batch = live(make.from_bytes("".join(json.dumps(one) + "\n" for one in lines).encode()))

    output, _ = results(batch)
    assert [one["custom_id"] for one in output] == [f"c-{n}" for n in range(ENOUGH + 2)]
    assert (len(jobs_of(aws)), sandbox.count("models.invoke")) == (1, 2)
    used = [one["response"]["body"]["usage"]["total_tokens"] for one in output]
    assert batch.usage["total_tokens"] == sum(used)


def test_records_that_fail_and_records_without_words_fail_alone(ask):
    lines = [line(number) for number in range(ENOUGH + 1)]
    lines[3]["body"]["messages"][0]["content"] = "[sandbox:status=429]"
    lines[5]["body"]["n"] = 3

    batch = live(ask(lines))

    output, errors = results(batch)
    assert [one["custom_id"] for one in errors] == ["c-3", "c-5"]
    assert (batch.completed, batch.failed, batch.refused) == (ENOUGH - 1, 2, 1)
    assert len(output) == ENOUGH - 1


def test_what_was_not_answered_in_time_has_expired(ask):
    lines = [line(number) for number in range(ENOUGH)]
    lines[0]["body"]["messages"][0]["content"] = "[sandbox:batch=expire]"

    batch = live(ask(lines))

    output, errors = results(batch)
    assert batch.status == Batch.Status.EXPIRED
    assert (len(output), len(errors)) == (ENOUGH // 2, ENOUGH // 2)
    assert {one["error"]["code"] for one in errors} == {"batch_expired"}


def test_a_lost_answer_makes_no_second_job(ask, sandbox, aws):
    sandbox.fault(operation="batches.create", drop="after")

    batch = live(ask([line(number) for number in range(ENOUGH)]))

    assert batch.status == Batch.Status.COMPLETED
    assert len(jobs_of(aws)) == 1


def test_a_job_that_aws_refuses_fails_the_batch_in_its_words(ask, aws):
    batch = live(ask([line(number) for number in range(ENOUGH)], "gpt-5-mini"))

    assert batch.status == Batch.Status.FAILED
    assert "model identifier is invalid" in batch.errors[0]["message"]
    assert jobs_of(aws) == []
    assert Job.objects.get(batch=batch).status == Job.Status.DROPPED


@pytest.mark.parametrize("model", [CONVERSE, CLAUDE, NOVA, GPT_OSS])
def test_few_records_are_asked_directly(ask, aws, model):
    batch = live(ask([line(number) for number in range(2)], model))

    output, errors = results(batch)
    assert (batch.status, errors) == (Batch.Status.COMPLETED, [])
    assert [one["custom_id"] for one in output] == ["c-0", "c-1"]
    for one in output:
        assert ChatCompletion.model_validate(one["response"]["body"]).choices[0].message.content
    assert jobs_of(aws) == []


def test_few_records_wait_for_a_model_that_is_busy(ask, sandbox):
    batch = ask([line(number) for number in range(2)])
    sandbox.fault(operation="models.converse", status=429, times=None)
    with pytest.raises(AssertionError, match="429"):
        live(batch, seconds=3)
    assert batch.jobs.get().status == Job.Status.PLANNED

    sandbox.control("DELETE", "faults")
    revive()

    assert live(batch).status == Batch.Status.COMPLETED


def test_embeddings_are_asked_directly_too(make):
    body = {"model": "amazon.titan-embed-text-v2:0", "input": "Hello"}
    lines = [line(n, url="/v1/embeddings", body=body) for n in range(2)]
    content = "".join(json.dumps(one) + "\n" for one in lines).encode()

    batch = live(make.from_bytes(content, endpoint="/v1/embeddings"))

    output, errors = results(batch)
    assert errors == []
    assert len(output[0]["response"]["body"]["data"][0]["embedding"]) == 1024
