"""S3's own tools against a whole installation, as their users run them."""

import os
import random
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from boto3.s3.transfer import TransferConfig
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from tests.s3.test_objects import refused
from tests.stack import ROOT, Stack

CONTENT = random.Random(1).randbytes(20 * 2**20 + 5)
SCENARIO = Path(__file__).with_name("scenario.py")
OLDER = ROOT / ".venv-older" / "bin" / "python"
KEYS = {
    "AWS_ACCESS_KEY_ID": "any",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_DEFAULT_REGION": "us-west-2",
}


def client_of(stack: Stack, provider: str, **config: Any) -> Any:
    """boto3's client, set up as the guide says."""
    made: Any = boto3.client(
        "s3",
        endpoint_url=f"{stack.url}/bedrock/files",
        region_name="us-west-2",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}, **config),
    )

    def name_provider(request: AWSPreparedRequest, **_: Any) -> None:
        if provider:
            request.headers["x-model-provider"] = provider

    made.meta.events.register("before-send", name_provider)
    return made


@pytest.fixture(params=["openai", ""], ids=["own", "window"])
def s3(stack: Stack, request: pytest.FixtureRequest) -> Any:
    with_threads = client_of(stack, request.param)
    yield with_threads
    with_threads.close()


@pytest.fixture
def own(stack: Stack) -> Any:
    client = client_of(stack, "openai")
    yield client
    client.close()


def test_a_large_file_goes_up_and_comes_down_in_parallel(s3: Any, tmp_path: Path):
    (tmp_path / "up").write_bytes(CONTENT)
    several = TransferConfig(max_concurrency=4)

    s3.upload_file(str(tmp_path / "up"), "large-files", "in/large.jsonl", Config=several)
    s3.download_file("large-files", "in/large.jsonl", str(tmp_path / "down"), Config=several)

    assert (tmp_path / "down").read_bytes() == CONTENT


def test_of_many_puts_at_once_one_stays(s3: Any):
    def put(number: int) -> str:
        return s3.put_object(Bucket="crowded", Key="k", Body=b"x" * number)["ETag"]

    with ThreadPoolExecutor(8) as pool:
        tags = list(pool.map(put, range(1, 33)))

    assert len(set(tags)) == 32
    (left,) = s3.list_objects_v2(Bucket="crowded")["Contents"]
    assert len(s3.get_object(Bucket="crowded", Key="k")["Body"].read()) == left["Size"]


@pytest.mark.parametrize(
    ("line", "provider"), [("newest", "gemini"), ("newest", "bedrock"), ("older", "anthropic")]
)
def test_both_lines_of_the_sdk_do_the_same(stack: Stack, line: str, provider: str):
    python = {"newest": Path(sys.executable), "older": OLDER}[line]
    if not python.exists() and os.environ.get("CI") != "true":
        pytest.skip("the older SDK is not installed: `make test` does it")

    done = subprocess.run(
        [python, SCENARIO, f"{stack.url}/bedrock/files", provider],
        env={**os.environ, **KEYS},
        capture_output=True,
        text=True,
        timeout=90,
    )

    assert done.returncode == 0, done.stderr[-4000:]
    assert (line == "older") == done.stdout.startswith("1.35.")


@pytest.mark.parametrize("key", ["a//b", "./a/../b", "/lead", "größe + ?&=#%", "a\tb", "z" * 1024])
def test_the_server_leaves_keys_as_they_are(own: Any, key: str):
    own.put_object(Bucket="odd-keys", Key=key, Body=key.encode())

    assert own.get_object(Bucket="odd-keys", Key=key)["Body"].read() == key.encode()
    assert key in [one["Key"] for one in own.list_objects_v2(Bucket="odd-keys")["Contents"]]


def test_others_use_urls_without_keys(own: Any):
    at = {"Bucket": "shared", "Key": "größe +.txt"}

    put = own.generate_presigned_url("put_object", at)
    get = own.generate_presigned_url("get_object", at)

    headers = {"x-model-provider": "openai"}
    answer = requests.put(put, data=CONTENT, headers=headers, timeout=30)
    assert (answer.status_code, answer.content) == (200, b"")
    got = requests.get(get, headers={**headers, "range": "bytes=5-1000004"}, timeout=30)
    assert (got.status_code, got.content) == (206, CONTENT[5:1_000_005])
    assert got.headers["content-range"] == f"bytes 5-1000004/{len(CONTENT)}"


def sent(stack: Stack, *head: str) -> tuple[socket.socket, bytes]:
    """A connection on which a head was sent, and how the answer begins."""
    address = urlsplit(stack.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=10)
    lines = (*head, f"host: {address.netloc}", "content-length: 5", "expect: 100-continue")
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
    return connection, connection.recv(65536)


def test_a_client_that_asks_first_is_told_to_go_on(stack: Stack, own: Any):
    connection, said = sent(
        stack,
        "PUT /bedrock/files/asked/k HTTP/1.1",
        "authorization: Bearer any",
        "x-model-provider: openai",
    )

    with connection:
        assert said.startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b"hello")
        assert b" 200 OK" in connection.recv(65536)
    assert own.get_object(Bucket="asked", Key="k")["Body"].read() == b"hello"


def test_a_client_that_asks_first_is_refused_before_it_sends(stack: Stack):
    connection, said = sent(stack, "PUT /bedrock/files/asked/refused HTTP/1.1")

    with connection:
        assert said.startswith(b"HTTP/1.1 403")
        assert b"100 Continue" not in said


def test_an_answer_without_a_body_has_none(stack: Stack, own: Any):
    """Else the next answer on the connection would begin with it."""
    tag = own.put_object(Bucket="quiet", Key="k", Body=b"x")["ETag"]
    headers = {"authorization": "Bearer any", "x-model-provider": "openai"}
    url = f"{stack.url}/bedrock/files/quiet/k"

    with requests.Session() as session:
        session.headers.update(headers)
        for _ in range(2):
            unchanged = session.get(url, headers={"if-none-match": tag}, timeout=10)
            assert (unchanged.status_code, unchanged.content) == (304, b"")
            assert session.head(f"{url}/none", timeout=10).status_code == 404
            assert session.head(url, timeout=10).headers["content-length"] == "1"
            assert session.delete(f"{url}/none", timeout=10).status_code == 204
            assert session.get(url, timeout=10).content == b"x"


def test_a_bucket_before_the_host_reaches_the_server(stack: Stack, own: Any):
    own.put_object(Bucket="before-the-host", Key="k", Body=b"x")
    headers = {
        "authorization": "Bearer any",
        "x-model-provider": "openai",
        "host": "before-the-host.localhost",
    }

    answer = requests.get(f"{stack.url}/bedrock/files/k", headers=headers, timeout=10)

    assert (answer.status_code, answer.content) == (200, b"x")


def test_what_a_store_does_not_do_is_no_reason_to_try_again(stack: Stack):
    """The sandbox's S3 lists no parts."""
    window = client_of(stack, "bedrock")
    at = {"Bucket": "parts", "Key": "k"}
    upload = window.create_multipart_upload(**at)["UploadId"]

    assert refused(window.list_parts, **at, UploadId=upload) == (501, "NotImplemented")
    window.abort_multipart_upload(**at, UploadId=upload)
    window.close()


@pytest.fixture(scope="session")
def aws() -> str:
    found = shutil.which("aws")
    if found is None:
        pytest.skip("the AWS CLI is not installed, so that it could sync")
    return found


def test_the_command_line_keeps_folders_the_same(stack: Stack, aws: str, tmp_path: Path):
    """It names no provider, and so its bucket is one at AWS, which here is the sandbox."""
    up, down = tmp_path / "up", tmp_path / "down"
    files = {"a.txt": b"a", "in/größe +.txt": CONTENT[:1000], "in/deep/large.bin": CONTENT}
    for name, content in files.items():
        (up / name).parent.mkdir(parents=True, exist_ok=True)
        (up / name).write_bytes(content)
    bucket = f"s3://synced-{os.getpid()}/folder"

    def run(*words: str) -> str:
        done = subprocess.run(
            [aws, "--endpoint-url", f"{stack.url}/bedrock/files", "s3", *words],
            env={**os.environ, **KEYS},
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("sync", str(up), bucket)
    again = run("sync", str(up), bucket)
    run("sync", bucket, str(down))
    (up / "a.txt").unlink()
    run("sync", "--delete", str(up), bucket)
    run("cp", f"{bucket}/in/deep/large.bin", f"{bucket}/copy.bin")

    assert again == ""
    came = {str(path.relative_to(down)): path.read_bytes() for path in down.rglob("*.*")}
    assert came == files
    listed = run("ls", "--recursive", f"{bucket}/")
    names = [line.split(maxsplit=3)[3] for line in listed.splitlines()]
    assert names == ["folder/copy.bin", "folder/in/deep/large.bin", "folder/in/größe +.txt"]
    run("rm", "--recursive", bucket)
