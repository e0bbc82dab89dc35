"""Other people's roles at AWS are not to be had by naming their ARN."""

import pytest
from botocore.exceptions import ClientError

from batches.models import Batch
from providers.models import Credential, VirtualKey, Workspace
from providers.services import default_workspace
from tests.admin import make
from tests.bedrock.client import boto

pytestmark = pytest.mark.django_db

OWN = "arn:aws:iam::000000000000:role/own"
LISTED = "arn:aws:iam::000000000000:role/listed"
OTHER = "arn:aws:iam::999999999999:role/of-others"


@pytest.fixture
def workspace() -> Workspace:
    return default_workspace()


@pytest.fixture
def key(workspace, settings) -> str:
    settings.AUTH = "keys"
    made = VirtualKey(workspace=workspace, name="laptop")
    text = made.renew().key
    made.save()
    return text


@pytest.fixture
def bedrock(workspace) -> Credential:
    options = {"role_arn": OWN, "roles": [LISTED], "bucket": "jobs"}
    return make.credential(provider="bedrock", options=options, workspace=workspace)


def created(client, key: str, role: str, *, provider: str = "bedrock") -> Batch:
    jobs = boto(client, provider)
    jobs.meta.events.register_first(
        "before-send", lambda request, **event: request.headers.__setitem__("x-bf-vk", key)
    )
    file = make.file(b'{"recordId":"1","modelInput":{}}\n', workspace=default_workspace())
    arn = jobs.create_model_invocation_job(
        jobName="job",
        roleArn=role,
        modelId="anthropic.claude-3-5-sonnet-20241022-v2:0",
        inputDataConfig={"s3InputDataConfig": {"s3Uri": "s3://jobs/in.jsonl"}},
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://jobs/out/"}},
        tags=[{"key": "file_id", "value": file.pk}],
    )["jobArn"]
    return Batch.objects.get(pk=arn.rpartition("/")[2])


@pytest.mark.parametrize("role", [OWN, LISTED])
def test_the_credentials_own_and_the_listed_are_taken(client, key, bedrock, role: str):
    assert created(client, key, role).role == role


def test_any_other_is_refused_by_name(client, key, bedrock):
    with pytest.raises(ClientError) as caught:
        created(client, key, OTHER)

    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert answer["Error"]["Code"] == "AccessDeniedException"
    assert OTHER in answer["Error"]["Message"]
    assert not Batch.objects.exists()


def test_openais_clients_are_told_the_same(client, key, bedrock):
    file = make.file(b'{"recordId":"1","modelInput":{}}\n', workspace=default_workspace())
    body = {
        "input_file_id": f"file-{file.pk}",
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
        "provider": "bedrock",
        "role_arn": OTHER,
    }

    answer = client.post(
        "/openai/batches",
        body,
        content_type="application/json",
        headers={"authorization": f"Bearer {key}"},
    )

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "role_not_allowed"
    assert OTHER in answer.json()["error"]["message"]


def test_what_is_no_arn_is_ignored(client, key, bedrock):
    assert created(client, key, "not-required-for-openai").role == ""


def test_where_the_provider_is_another_nothing_is_asked_of_the_role(client, key, bedrock):
    make.credential("other", provider="openai", workspace=default_workspace())

    assert created(client, key, OTHER, provider="openai").role == ""


def test_where_any_key_does_any_role_does(client, settings, bedrock):
    settings.AUTH = "open"

    assert created(client, "any", OTHER).role == OTHER


@pytest.mark.parametrize("roles", [None, OTHER, {OTHER: 1}, 7], ids=str)
def test_what_is_no_list_of_roles_allows_none(settings, roles: object):
    settings.AUTH = "keys"

    assert not Credential(options={"roles": roles}).allows_role(OTHER)
