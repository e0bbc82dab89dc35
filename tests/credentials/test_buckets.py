"""Which S3 buckets the clients of a workspace may name, on every way that leads to one."""

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from files.buckets import BucketDeniedError, NoBucketNamedError, bucket_of
from providers.models import Credential, VirtualKey, Workspace
from tests.bedrock.client import boto as bedrock_client
from tests.s3.client import REGION
from tests.s3.client import boto as s3_client

pytestmark = pytest.mark.django_db

LISTED, UNLISTED, MISSING, SHARED = "listed", "unlisted", "missing", "operators-own"
ROLE = "arn:aws:iam::123456789012:role/batches"


@pytest.fixture(scope="module")
def aws():
    """What AWS itself knows."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for bucket in (LISTED, UNLISTED, SHARED):
        where = {"LocationConstraint": REGION}
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        client.put_object(Bucket=bucket, Key="k", Body=b'{"recordId":"1","modelInput":{}}\n')
    yield client
    client.close()
    moto.stop()


@pytest.fixture
def team(db) -> Workspace:
    return Workspace.objects.create(name="team", buckets=[LISTED])


@pytest.fixture(autouse=True)
def keys(settings):
    settings.AUTH = "keys"


@pytest.fixture
def shared(aws) -> Credential:
    credential = Credential(provider="bedrock", name="shared")
    credential.options = {
        "region": REGION,
        "bucket": SHARED,
        "access_key_id": "test",
        "endpoint_url_s3": aws.meta.endpoint_url,
        "role_arn": ROLE,
    }
    credential.secret = "test"
    credential.save()
    return credential


@pytest.fixture
def key(team: Workspace) -> str:
    made = VirtualKey(workspace=team, name="laptop")
    text = made.renew().key
    made.save()
    return text


@pytest.fixture
def s3(shared, key, s3_server):
    client = s3_client(s3_server)
    client.meta.events.register_first(
        "before-send",
        lambda request, **event: request.headers.__setitem__("x-bf-vk", key),
    )
    return client


def refusal(call, **given) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as caught:
        call(**given)
    answer = caught.value.response
    said = answer["Error"]
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status, said["Code"], said.get("Message", "").replace(given.get("Bucket", "\0"), "B")


def test_the_listed_and_those_of_its_own_credentials_are_a_workspaces_to_name(team, shared):
    assert bucket_of(team, LISTED).name == LISTED
    for name in (UNLISTED, MISSING, SHARED):
        with pytest.raises(BucketDeniedError, match="ask the operator to list it"):
            bucket_of(team, name)

    shared.pk, shared.workspace, shared.name = "own000000000", team, "own"
    shared.options = {**shared.options, "bucket": "of-the-team"}
    shared.enabled = False
    shared.save(force_insert=True)
    assert bucket_of(team, "of-the-team").name == "of-the-team"
    with pytest.raises(BucketDeniedError):
        bucket_of(Workspace.objects.create(name="others"), "of-the-team")


def test_a_shared_credentials_bucket_is_nobodys_unless_it_is_listed(team, shared):
    with pytest.raises(NoBucketNamedError):
        bucket_of(team)

    team.buckets = [SHARED]
    team.save()
    assert bucket_of(team).name == SHARED


def test_where_any_key_does_any_bucket_does(team, shared, settings):
    settings.AUTH = "open"

    assert bucket_of(team).name == SHARED
    assert bucket_of(team, UNLISTED).name == UNLISTED


READS = {
    "get_object": {"Key": "k"},
    "head_object": {"Key": "k"},
    "list_objects_v2": {},
    "list_objects": {},
    "head_bucket": {},
    "get_bucket_location": {},
    "put_object": {"Key": "new", "Body": b"x"},
    "delete_object": {"Key": "k"},
    "delete_objects": {"Delete": {"Objects": [{"Key": "k"}]}},
    "create_multipart_upload": {"Key": "new"},
    "list_multipart_uploads": {},
    "create_bucket": {"CreateBucketConfiguration": {"LocationConstraint": REGION}},
    "upload_part": {"Key": "k", "PartNumber": 1, "UploadId": "u", "Body": b"x"},
    "list_parts": {"Key": "k", "UploadId": "u"},
    "abort_multipart_upload": {"Key": "k", "UploadId": "u"},
    "get_object_tagging": {"Key": "k"},
}


@pytest.mark.parametrize("operation", READS)
def test_s3_refuses_others_whether_or_not_they_exist(s3, aws, operation: str):
    call = getattr(s3, operation)

    answers = {
        refusal(call, Bucket=name, **READS[operation]) for name in (UNLISTED, MISSING, SHARED)
    }

    ((status, code, _),) = answers
    # boto3 has no more than the status of a HEAD.
    assert (status, code) in [(403, "AccessDenied"), (403, "403")]
    assert aws.get_object(Bucket=UNLISTED, Key="k")["ContentLength"]
    assert len(aws.list_objects_v2(Bucket=UNLISTED)["Contents"]) == 1
    assert MISSING not in {one["Name"] for one in aws.list_buckets()["Buckets"]}


def test_nothing_is_copied_out_of_one(s3):
    source = {"Bucket": UNLISTED, "Key": "k"}

    assert refusal(s3.copy_object, Bucket=LISTED, Key="x", CopySource=source)[1] == "AccessDenied"
    upload = s3.create_multipart_upload(Bucket=LISTED, Key="x")["UploadId"]
    part = {"Key": "x", "UploadId": upload, "PartNumber": 1, "CopySource": source}
    assert refusal(s3.upload_part_copy, Bucket=LISTED, **part)[1] == "AccessDenied"


def test_the_listed_are_listed_and_used(s3):
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == [LISTED]
    assert s3.get_object(Bucket=LISTED, Key="k")["ContentLength"] > 0


def test_openais_clients_are_refused_alike(client, shared, key):
    headers = {"authorization": f"Bearer {key}"}
    told = [
        client.get(f"/openai/files/s3://{name}/k", headers=headers) for name in (UNLISTED, MISSING)
    ]
    assert [answer.status_code for answer in told] == [403, 403]
    assert told[0].json() == {"error": {**told[0].json()["error"], "code": "bucket_access_denied"}}
    assert told[0].content.replace(b"unlisted", b"missing") == told[1].content

    listed = {"provider": "bedrock", "storage_config[s3][bucket]": UNLISTED}
    assert client.get("/openai/files", listed, headers=headers).status_code == 403
    unnamed = client.get(
        "/openai/files", {**listed, "storage_config[s3][bucket]": ""}, headers=headers
    )
    assert unnamed.status_code == 400
    assert client.get(f"/openai/files/s3://{LISTED}/k", headers=headers).status_code == 200


def create(client, input_uri: str, output_uri: str, role: str = ROLE):
    return client.create_model_invocation_job(
        jobName="job",
        roleArn=role,
        modelId="anthropic.claude-3-5-sonnet-20241022-v2:0",
        inputDataConfig={"s3InputDataConfig": {"s3Uri": input_uri}},
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": output_uri}},
    )


def test_jobs_read_and_write_the_listed_alone(client, shared, key):
    jobs = bedrock_client(client)
    jobs.meta.events.register_first(
        "before-send", lambda request, **event: request.headers.__setitem__("x-bf-vk", key)
    )

    for places in (
        (f"s3://{UNLISTED}/k", f"s3://{LISTED}/"),
        (f"s3://{LISTED}/k", f"s3://{UNLISTED}/"),
    ):
        with pytest.raises(ClientError) as caught:
            create(jobs, *places)
        assert caught.value.response["Error"]["Code"] == "AccessDeniedException"

    assert create(jobs, f"s3://{LISTED}/k", f"s3://{LISTED}/")["jobArn"]


def test_a_batch_keeps_the_right_that_it_had(team, shared):
    team.buckets = []

    assert bucket_of(team, LISTED, granted=True).name == LISTED
