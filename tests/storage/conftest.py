"""Both stores: a folder, and a bucket at a server that speaks S3."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from files.buckets import Bucket
from files.object_store import ObjectStore
from files.storage import FolderStore, Store
from providers.models import Workspace
from providers.services import default_workspace
from tests.storage.bucket_files import made

BUCKET = "bifrost-tests"
KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
}
_names = count()


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def s3(s3_url: str) -> Any:
    """A client of the S3 server, on which the bucket is there."""
    client = boto3.client(
        "s3",
        endpoint_url=s3_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="eu-west-1",
    )
    where = {"LocationConstraint": "eu-west-1"}
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    return client


def object_store(url: str, *, bucket: str = BUCKET, location: str = "some/prefix") -> ObjectStore:
    return ObjectStore(
        bucket_name=bucket,
        location=location,
        endpoint_url=url,
        addressing_style="path",
        access_key="test",
        secret_key="test",
        region_name="eu-west-1",
        client_config=Config(retries={"total_max_attempts": 1}, connect_timeout=1),
    )


@pytest.fixture
def prefix() -> str:
    return f"some/prefix-{next(_names)}"


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, prefix: str) -> Store:
    if request.param == "folder":
        return FolderStore(location=tmp_path / "files")
    request.getfixturevalue("s3")
    return object_store(request.getfixturevalue("s3_url"), location=prefix)


@pytest.fixture
def bucket_store(s3: object, s3_url: str, prefix: str) -> ObjectStore:
    return object_store(s3_url, location=prefix)


@pytest.fixture
def workspace(db) -> Workspace:
    return default_workspace()


@pytest.fixture
def bucket(workspace: Workspace, s3, s3_url: str) -> Bucket:
    name = f"with-files-{next(_names)}"
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    return Bucket(made(s3_url), name)
