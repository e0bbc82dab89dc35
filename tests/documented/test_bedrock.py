"""Every snippet of the document "Bedrock SDK" about clients and files, and what must come of it."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.documented.bedrock import (
    BUCKETS,
    PROVIDERS,
    code_of,
    content,
    create,
    job,
    new_key,
    upload,
)
from tests.documented.conftest import MODELS, REGION, Boto
from tests.stack import Stack


@pytest.mark.usefixtures("account")
def test_default_bedrock_client(stack: Stack):
    """Bedrock SDK, Client Setup, Default Bedrock Client."""
    s3 = boto3.client("s3", region_name=REGION, endpoint_url=f"{stack.url}/bedrock/files")
    bedrock = boto3.client("bedrock", region_name=REGION, endpoint_url=f"{stack.url}/bedrock")

    key, _ = upload(s3, "bedrock")
    wanted = job("bedrock", f"s3://{BUCKETS['bedrock']}/{key}")
    arn = bedrock.create_model_invocation_job(**wanted)["jobArn"]

    assert bedrock.get_model_invocation_job(jobIdentifier=arn)["modelId"] == MODELS["bedrock"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_cross_provider_client_setup(boto: Boto, provider: str):
    """Bedrock SDK, Client Setup, Cross-Provider Client Setup: Bedrock, OpenAI, Gemini."""
    s3, bedrock = boto("s3", provider), boto("bedrock", provider)

    key, _ = upload(s3, provider)

    assert s3.head_object(Bucket=BUCKETS[provider], Key=key)["ContentLength"] > 0
    assert "invocationJobSummaries" in bedrock.list_model_invocation_jobs(maxResults=1)


def test_client_setup_for_anthropic(boto: Boto):
    """Bedrock SDK, Client Setup, Cross-Provider Client Setup: Anthropic."""
    bedrock = boto("bedrock", "anthropic")

    assert "invocationJobSummaries" in bedrock.list_model_invocation_jobs(maxResults=1)


def test_helper_function(boto: Boto):
    """Bedrock SDK, Client Setup, Helper Function for Provider-Specific Clients.

    Each client lists what was asked of its own provider.
    """
    arn = create(boto, "openai")

    def listed(provider: str) -> list[str]:
        response = boto("bedrock", provider).list_model_invocation_jobs(maxResults=10)
        return [one["jobArn"] for one in response["invocationJobSummaries"]]

    assert arn in listed("openai")
    assert arn not in listed("gemini")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_upload_a_file(boto: Boto, provider: str):
    """Bedrock SDK, Files API, Upload a File: Bedrock, OpenAI, Gemini."""
    s3, key = boto("s3", provider), new_key()

    response = s3.put_object(
        Bucket=BUCKETS[provider],
        Key=key,
        Body=content(provider),
        ContentType="application/jsonl",
    )

    file_id = response.get("ETag", "").strip('"')
    assert file_id.startswith("file-")
    assert s3.get_object(Bucket=BUCKETS[provider], Key=key)["Body"].read() == content(provider)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_list_files(boto: Boto, provider: str):
    """Bedrock SDK, Files API, List Files."""
    s3 = boto("s3", provider)
    key, _ = upload(s3, provider)

    response = s3.list_objects_v2(Bucket=BUCKETS[provider], Prefix="asked/")

    assert "Contents" in response
    listed = {one["Key"]: one for one in response["Contents"]}
    assert listed[key]["Size"] == len(content(provider))
    assert datetime.now(UTC) - listed[key]["LastModified"] < timedelta(minutes=5)
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKETS[provider], Prefix="nothing/")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_retrieve_file_metadata(boto: Boto, provider: str):
    """Bedrock SDK, Files API, Retrieve File Metadata."""
    s3 = boto("s3", provider)
    key, file_id = upload(s3, provider)

    response = s3.head_object(Bucket=BUCKETS[provider], Key=key, IfMatch=file_id)

    assert response["ContentLength"] == len(content(provider))
    assert response["ContentType"] == "application/jsonl"
    assert response["ETag"].strip('"') == file_id
    with pytest.raises(ClientError) as caught:
        s3.head_object(Bucket=BUCKETS[provider], Key=key, IfMatch="file-000000000000")
    assert code_of(caught.value) == "412"


@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_any_bucket_will_do_with_the_id_of_the_file(boto: Boto, provider: str):
    """Bedrock SDK, Files API: the comments on OpenAI and Gemini at metadata, deletion and download."""
    s3 = boto("s3", provider)
    _, file_id = upload(s3, provider)
    name = {"Bucket": "whatever", "Key": "whatever.jsonl", "IfMatch": file_id}

    assert s3.head_object(**name)["ETag"].strip('"') == file_id
    assert s3.get_object(**name)["Body"].read() == content(provider)
    s3.delete_object(**name)

    with pytest.raises(ClientError) as caught:
        s3.head_object(**name)
    assert code_of(caught.value) == "404"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_delete_a_file(boto: Boto, provider: str):
    """Bedrock SDK, Files API, Delete a File."""
    s3 = boto("s3", provider)
    key, file_id = upload(s3, provider)

    s3.delete_object(Bucket=BUCKETS[provider], Key=key, IfMatch=file_id)

    with pytest.raises(ClientError) as caught:
        s3.head_object(Bucket=BUCKETS[provider], Key=key)
    assert code_of(caught.value) == "404"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_download_file_content(boto: Boto, provider: str):
    """Bedrock SDK, Files API, Download File Content. What it has for Bedrock alone, all have."""
    s3 = boto("s3", provider)
    key, file_id = upload(s3, provider)

    response = s3.get_object(Bucket=BUCKETS[provider], Key=key, IfMatch=file_id)

    assert response["Body"].read().decode("utf-8") == content(provider).decode()
