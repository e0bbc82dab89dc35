"""Whether an account works: one call, and what is wrong in a code that has words."""

import json
from contextlib import closing
from socket import create_server

import pytest

from providers.base import UpstreamError
from providers.sandbox.accounts import REFUSED_KEY
from providers.services import SANDBOX_PATHS
from providers.verdicts import WORDS
from tests.providers.conftest import SECRET, Server
from tests.providers.steps import Client, refused
from tests.providers.vendors import VENDORS, Vendor


def test_a_right_key_works(client: Client, control):
    before = sum(control("GET", "calls")["counts"].values())

    assert client.upstream.check() == []

    # One call of the provider's, and of AWS one more to the bucket.
    calls = sum(control("GET", "calls")["counts"].values()) - before
    assert calls == (2 if client.vendor.name == "bedrock" else 1)


def test_a_wrong_key_is_said_to_be_one(vendor: Vendor, sandbox_url: str, impatient):
    options = {"access_key_id": REFUSED_KEY} if vendor.name == "bedrock" else {}
    url = sandbox_url + SANDBOX_PATHS[vendor.name]

    error = refused(Client.of(vendor, REFUSED_KEY, url, **options).upstream.check)

    assert error.code == "http_401"


def test_a_host_that_cannot_be_reached_is_asked_once(vendor: Vendor):
    with closing(create_server(("127.0.0.1", 0))) as nobody:
        port = nobody.getsockname()[1]

    error = refused(Client.of(vendor, SECRET, f"http://127.0.0.1:{port}").upstream.check)

    assert error.code == "unreachable"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server: Server, status: int):
    server.say(status, location=f"{server.url}/elsewhere", x_amz_bucket_region="elsewhere.test")

    error = refused(server.client().upstream.check)

    assert error.code == f"http_{status}"
    assert [path for _, path, _ in server.requests if "elsewhere" in path] == []
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "body"), [(403, b"{}"), (404, b"{}"), (429, b"{}"), (200, b"<html>"), (200, b"[]")]
)
def test_what_else_is_wrong_has_words(server: Server, status: int, body: bytes):
    server.say(status, body)

    assert refused(server.client().upstream.check).code in WORDS
    assert len(server.requests) == 1


def test_a_provider_that_is_down_is_not_asked_again(server: Server):
    server.say(503)

    assert not refused(server.client().upstream.check).permanent
    assert len(server.requests) == 1


def test_what_answers_but_is_another_api_is_told(server: Server):
    server.say(200, json.dumps({server.vendor.listing: "none"}).encode())

    assert refused(server.client().upstream.check).code == "malformed_answer"


bedrock = pytest.mark.parametrize("vendor", ["bedrock"], indirect=True)


@bedrock
def test_what_bedrock_lacks_is_named(client: Client, sandbox_url: str):
    bare = Client.of(VENDORS["bedrock"], SECRET, sandbox_url, bucket="", role_arn="")

    lacking = bare.upstream.check()

    assert len(lacking) == 2
    assert "'bucket'" in lacking[0]
    assert "'role_arn'" in lacking[1]


@bedrock
@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "may not use the bucket"), (404, "there is no bucket"), (400, "region of the bucket")],
)
def test_a_bucket_that_cannot_be_used_is_named(server: Server, status: int, words: str):
    server.say(200, b'{"invocationJobSummaries":[]}')
    server.say(status, b"")

    error = refused(server.client(bucket="of-the-team").upstream.check)

    assert words in error.message
    assert "'of-the-team'" in error.message


@bedrock
def test_a_bucket_in_another_region_is_told(server: Server):
    server.say(200, b'{"invocationJobSummaries":[]}')
    server.say(200, b"", x_amz_bucket_region="ap-south-1")

    assert "ap-south-1" in server.client().upstream.check()[0]


@bedrock
def test_an_error_of_the_options_is_one_of_the_check(server: Server):
    with pytest.raises(UpstreamError, match="options"):
        server.client(bukket="x")
