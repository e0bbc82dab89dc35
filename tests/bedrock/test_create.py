"""Jobs as boto3 creates them: what is understood, what is refused, and which file is read."""

import re
from typing import Any

import pytest

from batches.models import Batch
from files import services as files
from providers.models import Credential, Workspace
from tests.bedrock.asking import MODELS, SOURCE, TARGET, asked, questions, refusal, row
from tests.bedrock.client import REGION, ROLE
from tests.sandbox.records import jsonl, line

ARN = re.compile(r"arn:aws:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:model-invocation-job/[a-z0-9]{12}")
LONG = "x" * 2000


@pytest.fixture
def file(put):
    return put(questions("openai", "one"))


def tags(**named: str) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in named.items()]


def test_it_works(jobs, file):
    more = tags(endpoint="/v1/chat/completions", source="docs") + tags(file_id=f"file-{file.id}")
    arn = jobs("openai").create_model_invocation_job(
        **asked(
            tags=more,
            clientRequestToken="token-1",
            modelInvocationType="Converse",
            timeoutDurationInHours=72,
        )
    )["jobArn"]

    assert ARN.fullmatch(arn)
    assert arn.startswith(f"arn:aws:bedrock:{REGION}:123456789012:")
    batch = row(arn)
    assert (batch.surface, batch.provider, batch.status) == ("bedrock", "openai", "validating")
    assert (batch.input_file_id, batch.endpoint) == (file.id, "/v1/chat/completions")
    assert (batch.name, batch.model_override) == ("openai-job", MODELS["openai"])
    assert (batch.input_uri, batch.output_uri, batch.role_arn) == (SOURCE, TARGET, ROLE)
    assert (batch.invocation, batch.timeout_hours) == ("Converse", 72)
    assert (batch.expires_at - batch.created_at).total_seconds() == 72 * 3600
    assert batch.tags == {
        "endpoint": "/v1/chat/completions",
        "source": "docs",
        "file_id": f"file-{file.id}",
    }


@pytest.mark.parametrize("provider", MODELS)
def test_the_header_names_the_provider(jobs, file, provider: str):
    more = tags(file_id=file.id)
    arn = jobs(provider).create_model_invocation_job(**asked(provider, tags=more))["jobArn"]
    assert row(arn).provider == provider


def test_the_usual_provider_is_bedrock(jobs, file):
    arn = jobs().create_model_invocation_job(**asked(tags=tags(file_id=file.id)))["jobArn"]
    assert row(arn).provider == "bedrock"


def test_a_provider_that_is_none_is_refused(jobs, file):
    client = jobs("acme")
    calls: dict[Any, dict[str, Any]] = {
        client.create_model_invocation_job: asked(),
        client.list_model_invocation_jobs: {},
        client.get_model_invocation_job: {"jobIdentifier": "abcdefghijkl"},
        client.stop_model_invocation_job: {"jobIdentifier": "abcdefghijkl"},
    }
    for call, arguments in calls.items():
        error = refusal(call, **arguments)
        assert isinstance(error, client.exceptions.ValidationException)
        assert "acme" in str(error)
        assert "'gemini'" in str(error)


def test_a_provider_without_credential_is_refused(jobs, file, credentials):
    Credential.objects.filter(provider="gemini").update(enabled=False)
    error = refusal(jobs("gemini").create_model_invocation_job, **asked("gemini"))
    assert error.response["Error"]["Code"] == "ValidationException"
    assert "No credential for provider 'gemini'" in str(error)


@pytest.mark.parametrize("role", ["", "not-required-for-openai", "arn:aws:iam::1:role/x"])
def test_any_role_does(jobs, file, role: str):
    client = jobs("openai")
    arn = client.create_model_invocation_job(**asked(roleArn=role))["jobArn"]
    assert ":000000000000:" in arn
    assert client.get_model_invocation_job(jobIdentifier=arn)["roleArn"] == role


def test_no_role_does(client, credentials, file):
    """As Node's client sends it, which does not insist."""
    body = asked(roleArn=None)
    headers = {"authorization": "Bearer sk-any", "x-model-provider": "openai"}
    answer = client.post("/bedrock/model-invocation-job", body, "application/json", headers=headers)
    assert answer.status_code == 200
    assert ARN.fullmatch(answer.json()["jobArn"])
    assert ":us-east-1:000000000000:" in answer.json()["jobArn"]


@pytest.mark.parametrize(
    "form",
    ["{}", "file-{}", "file_{}", "files/{}", "in/file-{}", "arn:aws:s3:::x/file-{}"],
)
def test_the_key_may_be_an_id_in_any_form(jobs, put, form: str):
    file = put(questions("openai", "one"), key="elsewhere")
    source = f"s3://openai-files/{form.format(file.id)}"
    for provider in ("openai", "bedrock"):
        arn = jobs(provider).create_model_invocation_job(**asked(provider, source))["jobArn"]
        assert row(arn).input_file == file


def test_a_file_of_another_surface_does(jobs, workspace):
    with files.writing(workspace) as writer:
        writer.write(questions("openai", "one"))
    file = files.publish(writer.file, purpose="user_data", filename="x", surface="anthropic")

    arn = jobs("openai").create_model_invocation_job(**asked(source=f"s3://x/file-{file.id}"))
    assert row(arn["jobArn"]).input_file == file


def test_a_tag_names_the_file_before_the_address_does(jobs, put, file):
    other = put(questions("openai", "two"), key="other")
    arn = jobs("openai").create_model_invocation_job(**asked(tags=tags(file_id=other.id)))["jobArn"]
    assert row(arn).input_file == other


def test_a_name_is_of_one_bucket(jobs, put):
    here = put(questions("openai", "one"), bucket="here")
    there = put(questions("openai", "one"), bucket="there")
    for file, bucket in ((here, "here"), (there, "there")):
        source = f"s3://{bucket}/in/questions.jsonl"
        arn = jobs("openai").create_model_invocation_job(**asked(source=source))["jobArn"]
        assert row(arn).input_file == file


def test_a_name_goes_before_an_id(jobs, put, file):
    named = put(questions("openai", "one"), key=file.id)
    arn = jobs("openai").create_model_invocation_job(**asked(source=f"s3://any/{file.id}"))[
        "jobArn"
    ]
    assert row(arn).input_file == named


@pytest.mark.parametrize("key", ["a//b.jsonl", "./a/../b", "größe 1+2%41.jsonl", "/lead"])
def test_keys_are_taken_as_they_are(jobs, put, key: str):
    file = put(questions("openai", "one"), key=key)
    arn = jobs("openai").create_model_invocation_job(**asked(source=f"s3://any/{key}"))["jobArn"]
    assert row(arn).input_file == file


@pytest.mark.parametrize("provider", ["openai", "bedrock"])
@pytest.mark.parametrize("source", ["s3://any/in/none.jsonl", "s3://any/file-abcdefghijkl"])
def test_a_file_that_is_not_there(jobs, file, provider: str, source: str):
    client = jobs(provider)
    error = refusal(client.create_model_invocation_job, **asked(provider, source))
    assert isinstance(error, client.exceptions.ResourceNotFoundException)
    assert source in str(error)
    assert not Batch.objects.exists()


def test_a_tag_that_names_no_file(jobs, file):
    more = tags(file_id="file-abcdefghijkl")
    error = refusal(jobs("openai").create_model_invocation_job, **asked(tags=more))
    assert error.response["Error"]["Code"] == "ResourceNotFoundException"
    assert "'file-abcdefghijkl'" in str(error)


def test_the_file_of_another_workspace_is_not_there(jobs, file):
    file.workspace = Workspace.objects.create(name="other")
    file.save()
    for source in (SOURCE, f"s3://any/{file.id}"):
        error = refusal(jobs("openai").create_model_invocation_job, **asked(source=source))
        assert error.response["Error"]["Code"] == "ResourceNotFoundException"


EMBEDDING = {"model": "text-embedding-3-small", "input": "Hello"}


@pytest.mark.parametrize(
    ("content", "tag", "endpoint"),
    [
        (jsonl([line("a", EMBEDDING, url="/v1/embeddings")]), None, "/v1/embeddings"),
        (jsonl([line("a", {"model": "x"}, url="/v1/responses")]), None, "/v1/responses"),
        (questions("openai", "one"), "/v1/responses", "/v1/responses"),
        (questions("anthropic", "one"), None, "/v1/chat/completions"),
        # What has no url is for what it asks.
        (jsonl([{"recordId": "a", "modelInput": {"inputText": "x"}}]), "/v1/chat/completions",
         "/v1/embeddings"),
        (b"{\n", None, "/v1/chat/completions"),
        (b"{\n", "/v1/embeddings", "/v1/embeddings"),
    ],
)  # fmt: skip
def test_the_endpoint_is_that_of_the_records(jobs, put, content, tag, endpoint):
    put(content)
    more = tags(endpoint=tag) if tag else None
    arn = jobs("openai").create_model_invocation_job(**asked(tags=more))["jobArn"]
    assert row(arn).endpoint == endpoint


WRONG = [
    ({"jobName": "a b"}, "jobName"),
    ({"jobName": "-a"}, "jobName"),
    ({"jobName": "x" * 64}, "jobName"),
    ({"modelId": "x" * 256}, "modelId"),
    ({"roleArn": "x" * 2049}, "roleArn"),
    ({"clientRequestToken": "a b"}, "clientRequestToken"),
    ({"clientRequestToken": "-a"}, "clientRequestToken"),
    ({"clientRequestToken": "a" * 257}, "clientRequestToken"),
    ({"modelInvocationType": "Chat"}, "modelInvocationType"),
    ({"timeoutDurationInHours": 23}, "timeoutDurationInHours"),
    ({"timeoutDurationInHours": 169}, "timeoutDurationInHours"),
    ({"tags": tags(endpoint="/v1/models")}, "endpoint"),
    ({"tags": tags(a="1") + tags(a="2")}, "'a'"),
    ({"tags": [{"key": "a" * 129, "value": ""}]}, "tags[0]"),
    ({"tags": [{"key": "a", "value": "v" * 257}]}, "tags[0]"),
    ({"tags": [{"key": "a", "value": "#"}]}, "tags[0]"),
    ({"tags": [{"key": "aws:a", "value": ""}]}, "tags[0]"),
    ({"tags": [{"key": f"k{n}", "value": ""} for n in range(201)]}, "tags"),
    ({"vpcConfig": {"subnetIds": ["s"], "securityGroupIds": ["g"]}}, "vpcConfig"),
]


@pytest.mark.parametrize(("wrong", "named"), WRONG)
def test_what_is_wrong_is_named(jobs, file, wrong: dict, named: str):
    client = jobs("openai", parameter_validation=False)
    error = refusal(client.create_model_invocation_job, **asked(**wrong))
    assert isinstance(error, client.exceptions.ValidationException)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert named in error.response["Error"]["Message"]
    assert not Batch.objects.exists()


SOURCES = [
    ({"s3Uri": "any/in/questions.jsonl"}, "s3Uri"),
    ({"s3Uri": "https://any/in/questions.jsonl"}, "s3Uri"),
    ({"s3Uri": "s3:///questions.jsonl"}, "s3Uri"),
    ({"s3Uri": f"s3://any/{LONG}"}, "s3Uri"),
    ({"s3Uri": "s3://any/in/"}, "folder"),
    ({"s3Uri": "s3://any"}, "folder"),
    ({"s3Uri": SOURCE, "s3InputFormat": "CSV"}, "s3InputFormat"),
    ({"s3Uri": SOURCE, "s3BucketOwner": "123456789012"}, "inputDataConfig.s3InputDataConfig.s3B"),
]
TARGETS = [
    ({"s3Uri": "nowhere"}, "outputDataConfig.s3OutputDataConfig.s3Uri"),
    ({"s3Uri": "s3://bifrost-files/out/"}, "bifrost-files"),
    ({"s3Uri": TARGET, "s3BucketOwner": "123456789012"}, "s3OutputDataConfig.s3BucketOwner"),
    ({"s3Uri": TARGET, "s3EncryptionKeyId": "alias/key"}, "s3EncryptionKeyId"),
]


@pytest.mark.parametrize(
    ("name", "member", "config", "named"),
    [
        *(("inputDataConfig", "s3InputDataConfig", *one) for one in SOURCES),
        *(("outputDataConfig", "s3OutputDataConfig", *one) for one in TARGETS),
    ],
)
def test_a_place_that_cannot_be(jobs, file, name, member, config, named):
    wrong = {name: {member: config}}
    error = refusal(jobs("openai").create_model_invocation_job, **asked(**wrong))
    assert error.response["Error"]["Code"] == "ValidationException"
    assert named in error.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "jobName"),
        (b"[]", "JSON object"),
        (b"{", "JSON object"),
        (asked(priority=1), "priority"),
        (asked(jobName=None), "jobName"),
        (asked(jobName=7), "jobName"),
        (asked(modelId=None), "modelId"),
        (asked(modelId=""), "modelId"),
        (asked(inputDataConfig=None), "inputDataConfig"),
        (asked(inputDataConfig=[]), "inputDataConfig"),
        (asked(inputDataConfig={"s3InputDataConfig": {}}), "s3Uri"),
        (asked(inputDataConfig={"other": {}}), "s3InputDataConfig"),
        (asked(outputDataConfig=None), "outputDataConfig"),
        (asked(roleArn=7), "roleArn"),
        (asked(tags={"a": "b"}), "tags"),
        (asked(tags=["a"]), "tags[0]"),
        (asked(tags=[{"key": "a"}]), "tags[0].value"),
        (asked(tags=[{"key": "a", "value": "b", "more": 1}]), "tags[0].more"),
        (asked(timeoutDurationInHours="soon"), "timeoutDurationInHours"),
        (asked(jobName="a\0"), "U+0000"),
    ],
)
def test_what_no_sdk_would_send_is_named_too(client, credentials, file, body, named: str):
    headers = {"authorization": "Bearer sk-any", "x-model-provider": "openai"}
    answer = client.post("/bedrock/model-invocation-job", body, "application/json", headers=headers)
    assert answer.status_code == 400
    assert answer["x-amzn-errortype"] == answer.json()["__type"] == "ValidationException"
    assert named in answer.json()["message"]
