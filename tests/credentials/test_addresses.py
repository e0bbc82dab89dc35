"""Where a credential may send its secret."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from batches.models import Job
from batches.services import jobs
from files.buckets import Bucket, BucketUnavailableError
from providers.addresses import refusal_of
from providers.base import UpstreamError
from providers.models import Credential
from tests.admin import make
from tests.test_environment import load_settings

pytestmark = pytest.mark.django_db

NO_ADDRESS = [
    "ftp://api.openai.com/v1",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "//api.openai.com",
    "api.openai.com",
    "https://",
    "https://key:word@api.openai.com/v1",
    "https://evil.test@api.openai.com",
    "https://api.openai.com/v1?x=1",
    "https://api.openai.com/v1#x",
    "https://api.openai.com\\.evil.test/v1",
    "https://evil.test\\.openai.com/v1",
    "https://api.openai.com/v1\n",
    "https://api.openai.com/\tv1",
    "https://api.openai.com/\0",
    "https://api.openai.com/a b",
    "https://ap\u0131.openai.com",
    "https://api.openai.\u212aom",
    "https://api.openai.com:port/",
]


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_what_is_no_plain_url_is_refused_wherever_it_leads(settings, address: str):
    settings.UPSTREAM_HOSTS = ["*"]

    assert "no plain http or https URL" in refusal_of(address)


@pytest.mark.parametrize(
    ("allowed", "address", "may"),
    [
        ("api.openai.com", "https://api.openai.com/v1", True),
        ("api.openai.com", "http://API.OpenAI.com/v1", True),
        ("api.openai.com", "https://api.openai.com:443", True),
        ("api.openai.com", "https://api.openai.com:8443", False),
        ("api.openai.com", "https://api.openai.com.evil.test", False),
        ("api.openai.com", "https://evilapi.openai.com", False),
        ("api.openai.com", "https://apixopenai.com", False),
        ("proxy.test:8443", "https://proxy.test:8443/v1", True),
        ("proxy.test:8443", "https://proxy.test/v1", False),
        ("*.example.com", "https://a.b.example.com", True),
        ("*.example.com", "https://example.com", False),
        ("*.example.com", "https://badexample.com", False),
        ("s3.*.amazonaws.com", "https://s3.eu-central-1.amazonaws.com", True),
        ("s3.*.amazonaws.com", "https://s3.evil.elb.amazonaws.com", False),
        ("*", "http://10.0.0.1:9000/x", True),
        ("[::1]:9000", "http://[::1]:9000/x", True),
        ("127.0.0.1:9000", "http://127.0.0.1:9001", False),
        ("api.openai.com", "http://169.254.169.254/latest", False),
        ("api.openai.com", "https://api.openai.com:99999", False),
    ],
)
def test_a_host_is_allowed_by_name_and_port(settings, allowed: str, address: str, may: bool):
    settings.UPSTREAM_HOSTS = [allowed]

    assert (refusal_of(address) == "") == may


def hosts_of(tmp_path, **variables: str) -> list[str]:
    code = "from bifrost import settings; import json; print(json.dumps(settings.UPSTREAM_HOSTS))"
    found = load_settings(tmp_path, program=code, **variables)
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def test_in_production_only_the_vendors_and_what_the_environment_names_are_allowed(tmp_path):
    assert "*" in hosts_of(tmp_path)

    hosts = hosts_of(
        tmp_path,
        BIFROST_AUTH="keys",
        OPENAI_BASE_URL="http://proxy.test:8000/v1",
        BIFROST_SANDBOX_URL="http://127.0.0.1:8090",
        AWS_ENDPOINT_URL_S3="https://s3.example.com",
    )
    assert {"api.openai.com", "api.anthropic.com", "s3.*.amazonaws.com"} <= set(hosts)
    assert {"proxy.test:8000", "127.0.0.1:8090", "s3.example.com:443"} <= set(hosts)
    assert "*" not in hosts


def test_a_list_stands_for_the_vendors(tmp_path):
    hosts = hosts_of(tmp_path, BIFROST_AUTH="keys", BIFROST_UPSTREAM_HOSTS="a.test, *.b.test:81")
    assert hosts[:2] == ["a.test", "*.b.test:81"]
    assert "s3.*.amazonaws.com" not in hosts


def form(**fields: object) -> dict[str, object]:
    usual = {"name": "n", "provider": "openai", "options": "{}", "enabled": "on", "weight": "1"}
    return {**usual, "base_url": "", "workspace": "", "new_secret": "", **fields}


@pytest.mark.parametrize(
    "fields",
    [
        {"base_url": "https://elsewhere.test/v1"},
        {"provider": "bedrock", "options": '{"endpoint_url_s3": "https://elsewhere.test"}'},
    ],
    ids=["base URL", "option"],
)
def test_the_admin_says_what_to_set(admin_client: Client, settings, fields):
    settings.UPSTREAM_HOSTS = ["api.openai.com"]

    answer = admin_client.post(reverse("admin:providers_credential_add"), form(**fields))

    assert "add elsewhere.test to BIFROST_UPSTREAM_HOSTS" in answer.content.decode()
    assert not Credential.objects.exists()


def test_what_is_no_longer_allowed_is_not_called(settings, server):
    provider = server.vendor.name
    credential = make.credential(provider=provider, base_url=f"{server.url}/v1", secret="sk-kept")
    job = make.job(make.batch(provider=provider), credential=credential)
    server.say(200)
    settings.UPSTREAM_HOSTS = ["api.openai.com"]

    with pytest.raises(UpstreamError, match="BIFROST_UPSTREAM_HOSTS") as caught:
        jobs.upstream_of(Job.objects.get(pk=job.pk))

    # It waits for an operator, who sees it on the batch.
    assert not caught.value.permanent
    assert caught.value.code == "address_denied"
    assert "sk-kept" not in str(caught.value)
    assert server.requests == []


def test_nor_is_the_bucket_of_a_client(settings):
    options = {"bucket": "b", "endpoint_url_s3": "http://10.0.0.1:9000"}
    credential = make.credential(provider="bedrock", options=options)
    settings.UPSTREAM_HOSTS = ["*.amazonaws.com"]

    with pytest.raises(BucketUnavailableError, match="ask the operator"):
        Bucket(credential)
