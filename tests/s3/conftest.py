"""What the tests of this surface share: clients of both stores, without a server."""

import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from providers.models import Credential, Workspace
from providers.services import default_workspace
from tests.s3.client import REGION, Server, boto

_names = count()


@pytest.fixture
def workspace(db: None) -> Workspace:
    return default_workspace()


@pytest.fixture
def server(workspace: Workspace, inside_one_transaction: None) -> Server:
    return Server()


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """Of a server that plays AWS's S3."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture(scope="session")
def aws(s3_url: str) -> Iterator[Any]:
    """A client of that server itself, as others use it."""
    client = boto3.client(
        "s3",
        endpoint_url=s3_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name=REGION,
    )
    yield client
    client.close()


@pytest.fixture
def bucket() -> str:
    """A name that no other test has."""
    return f"bucket-{os.getpid()}-{next(_names)}"


@pytest.fixture
def credential(workspace: Workspace, s3_url: str, aws: Any, bucket: str) -> Credential:
    """A bucket at that server, and the account to reach it."""
    aws.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    options = {
        "region": REGION,
        "access_key_id": "test",
        "endpoint_url_s3": s3_url,
        "bucket": "the-operators-own",
    }
    made = Credential(provider="bedrock", name=bucket, options=options)
    made.secret = "test"
    made.save()
    return made


@pytest.fixture(scope="session")
def clients() -> dict[str, Any]:
    """By the provider that they name. Making one takes longer than most tests."""
    return {provider: boto(Server(), provider) for provider in ("", "openai")}


@pytest.fixture
def own(server: Server, clients: dict[str, Any]) -> Any:
    """A client of the gateway's own store."""
    return clients["openai"]


@pytest.fixture
def window(server: Server, clients: dict[str, Any], credential: Credential) -> Any:
    """A client of a bucket at AWS, through the gateway."""
    return clients[""]


@pytest.fixture(params=["own", "window"])
def s3(request: pytest.FixtureRequest, db: None) -> Any:
    """A client of each."""
    return request.getfixturevalue(request.param)
