"""What is signed wrongly is refused, and each surface says why in its vendor's words."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from django.utils import timezone

from providers.models import VirtualKey
from providers.models.keys import KeyTexts
from tests.s3.client import ENDPOINT, Raw, Server, boto
from tests.signatures.signing import Signer, encoded

JOBS = "http://testserver/bedrock/model-invocation-jobs"
PROVIDER = {"x_model_provider": "openai"}
MINUTE = timedelta(minutes=1)
Sign = Callable[[Signer], Signer]

# How a request is signed, and what S3 and Bedrock call it.
WRONG: dict[str, tuple[Sign, tuple[int, str], tuple[int, str]]] = {
    "another secret": (
        lambda signer: signer.but(secret="another"),
        (403, "SignatureDoesNotMatch"),
        (403, "InvalidSignatureException"),
    ),
    "an unknown key": (
        lambda signer: signer.but(key="BFKAUNKNOWN"),
        (403, "InvalidAccessKeyId"),
        (403, "UnrecognizedClientException"),
    ),
    "too early": (
        lambda signer: signer.but(at=signer.at - 16 * MINUTE),
        (403, "RequestTimeTooSkewed"),
        (403, "InvalidSignatureException"),
    ),
    "in the future": (
        lambda signer: signer.but(at=signer.at + 16 * MINUTE),
        (403, "RequestTimeTooSkewed"),
        (403, "InvalidSignatureException"),
    ),
    "another service": (
        lambda signer: signer.but(service="sts"),
        (400, "AuthorizationHeaderMalformed"),
        (400, "IncompleteSignatureException"),
    ),
    "another end": (
        lambda signer: signer.but(end="aws5_request"),
        (400, "AuthorizationHeaderMalformed"),
        (400, "IncompleteSignatureException"),
    ),
    "another date": (
        lambda signer: signer.but(scope_date="20130524"),
        (400, "AuthorizationHeaderMalformed"),
        (400, "IncompleteSignatureException"),
    ),
}


def code(answer: Raw) -> tuple[int, str]:
    said = answer.body.partition(b"<Code>")[2].partition(b"<")[0].decode()
    return answer.status, said


@pytest.fixture
def ask(server: Server) -> Callable[..., Raw]:
    """A request for S3 with these headers and no others."""

    def send(
        headers: dict[str, str], method: str = "GET", path: str = "/b", body: bytes = b""
    ) -> Raw:
        given = {name.replace("-", "_"): value for name, value in headers.items()}
        return server.raw(method, path, body, **{"authorization": "", **PROVIDER, **given})

    return send


def jobs(client: Client, headers: dict[str, str]) -> tuple[int, str]:
    answer = client.get("/bedrock/model-invocation-jobs", headers={"host": "testserver", **headers})
    return answer.status_code, answer.headers.get("x-amzn-errortype", "")


def test_what_is_signed_rightly_comes_in(ask, client: Client, signer: Signer):
    assert ask(signer.headers("GET", f"{ENDPOINT}/b")).status == 200
    assert jobs(client, signer.but(service="bedrock").headers("GET", JOBS)) == (200, "")


@pytest.mark.parametrize("minutes", [-14, 14])
def test_clocks_may_differ_a_little(ask, signer: Signer, minutes: int):
    signer = signer.but(at=signer.at + minutes * MINUTE)
    assert ask(signer.headers("GET", f"{ENDPOINT}/b")).status == 200


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_signed_wrongly_does_not(ask, client: Client, signer: Signer, wrong: str):
    change, in_s3, in_bedrock = WRONG[wrong]

    assert code(ask(change(signer).headers("GET", f"{ENDPOINT}/b"))) == in_s3
    headers = change(signer.but(service="bedrock")).headers("GET", JOBS)
    assert jobs(client, headers) == in_bedrock


def test_a_signature_for_one_service_is_none_for_the_other(ask, client: Client, signer: Signer):
    bedrock = signer.but(service="bedrock")
    headers = bedrock.headers("GET", f"{ENDPOINT}/b")

    assert code(ask(headers)) == (400, "AuthorizationHeaderMalformed")
    assert jobs(client, signer.headers("GET", JOBS)) == (400, "IncompleteSignatureException")


def test_a_secret_that_no_encryption_key_opens_is_the_servers_fault(
    ask, client: Client, signer: Signer, settings: Any
):
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    assert code(ask(signer.headers("GET", f"{ENDPOINT}/b"))) == (503, "ServiceUnavailable")
    status, _ = jobs(client, signer.but(service="bedrock").headers("GET", JOBS))
    assert status == 503


@pytest.mark.parametrize("end", ["revoked", "expired", "deleted"])
def test_a_key_that_ended_opens_nothing(
    ask, client: Client, signer: Signer, key: tuple[VirtualKey, KeyTexts], end: str
):
    made, _ = key
    made.revoked_at = timezone.now() if end == "revoked" else None
    made.expires_at = timezone.now() - MINUTE if end == "expired" else None
    made.save()
    if end == "deleted":
        made.delete()

    assert code(ask(signer.headers("GET", f"{ENDPOINT}/b"))) == (403, "InvalidAccessKeyId")
    headers = signer.but(service="bedrock").headers("GET", JOBS)
    assert jobs(client, headers) == (403, "UnrecognizedClientException")


def test_who_only_knows_the_access_key_id_uses_up_nothing(
    ask, signer: Signer, key: tuple[VirtualKey, KeyTexts]
):
    made, _ = key
    VirtualKey.objects.filter(pk=made.pk).update(requests_per_minute=1)
    right = signer.headers("GET", f"{ENDPOINT}/b")

    for _ in range(3):
        ask(signer.but(secret="another").headers("GET", f"{ENDPOINT}/b"))
    assert VirtualKey.objects.get(pk=made.pk).last_used_at is None
    assert ask(right).status == 200
    assert VirtualKey.objects.get(pk=made.pk).last_used_at


def test_the_key_itself_is_no_access_key_id(ask, signer: Signer, texts: KeyTexts):
    headers = signer.but(key=texts.key).headers("GET", f"{ENDPOINT}/b")

    assert code(ask(headers)) == (403, "InvalidAccessKeyId")


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 ",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request",
        "AWS4-HMAC-SHA256 Credential=a/20130524/r/s3/aws4_request, SignedHeaders=host, Signature=ä",
        "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 ,,,=,=",
        "AWS",
        "AWS key",
        "AWS :signature",
        "AWS key:signature",
    ],
)
def test_a_header_that_is_no_signature_is_malformed(ask, keys, authorization: str):
    assert code(ask({"authorization": authorization})) == (400, "AuthorizationHeaderMalformed")


@pytest.mark.parametrize("date", ["", "now", "20261332T000000Z", "Fri, 99 May 2013 00:00:00 GMT"])
def test_a_time_that_is_none_is_malformed(ask, signer: Signer, date: str):
    headers = signer.headers("GET", f"{ENDPOINT}/b") | {"x-amz-date": date}

    assert code(ask(headers)) == (400, "AuthorizationHeaderMalformed")


def test_who_signs_nothing_has_no_key(ask, client: Client, workspace: Any, keys: None):
    assert code(ask({})) == (403, "AccessDenied")
    assert jobs(client, {}) == (403, "MissingAuthenticationTokenException")
    assert jobs(client, {"authorization": "AWS a:b"}) == (
        403,
        "MissingAuthenticationTokenException",
    )
    assert client.get("/openai/files", headers={"authorization": "AWS a:b"}).status_code == 401


@pytest.mark.parametrize("name", ["host", "x-amz-content-sha256", "x-amz-date", "x-amz-meta-a"])
def test_headers_of_amazons_own_have_to_be_signed(ask, signer: Signer, name: str):
    url = f"{ENDPOINT}/b/k"
    headers = signer.headers("PUT", url, b"x", x_amz_meta_a="1", leave_out=[name])

    answer = ask(headers, "PUT", "/b/k", b"x")

    assert code(answer) == (403, "AccessDenied")
    assert name in answer.body.decode()


@pytest.mark.parametrize(
    ("method", "path", "changed"),
    [
        ("PUT", "/b", {}),
        ("GET", "/c", {}),
        ("GET", "/b?list-type=2", {}),
        ("GET", "/b", {"host": "other.localhost"}),
        ("GET", "/b", {"x-amz-user-agent": "other"}),
    ],
)
def test_what_was_signed_cannot_be_changed(ask, signer: Signer, method: str, path: str, changed):
    headers = signer.headers("GET", f"{ENDPOINT}/b", x_amz_user_agent="mine") | changed

    assert code(ask(headers, method, path)) == (403, "SignatureDoesNotMatch")


def test_a_body_is_the_one_that_was_signed(ask, server: Server, signer: Signer, s3: Any):
    headers = signer.headers("PUT", f"{ENDPOINT}/b/k", b"mine")

    assert code(ask(headers, "PUT", "/b/k", b"else")) == (400, "XAmzContentSHA256Mismatch")
    assert "Contents" not in s3.list_objects_v2(Bucket="b")
    assert ask(headers, "PUT", "/b/k", b"mine").status == 200


@pytest.mark.parametrize("with_header", [True, False])
def test_the_body_of_a_job_is_the_one_that_was_signed(client: Client, signer: Signer, with_header):
    url = "http://testserver/bedrock/model-invocation-job"
    left_out = [] if with_header else ["x-amz-content-sha256"]
    headers = signer.but(service="bedrock").headers("POST", url, b'{"a":1}')
    if left_out:
        bare = signer.but(service="bedrock")
        headers = bare.headers("POST", url, b'{"a":1}', leave_out=left_out)
        del headers["x-amz-content-sha256"]
    path = "/bedrock/model-invocation-job"

    right = client.post(path, b'{"a":1}', "application/json", headers=headers)
    wrong = client.post(path, b'{"a":2}', "application/json", headers=headers)

    assert (right.status_code, right["x-amzn-errortype"]) == (400, "ValidationException")
    assert (wrong.status_code, wrong["x-amzn-errortype"]) == (403, "InvalidSignatureException")


def test_a_hash_of_the_body_has_to_be_there(ask, signer: Signer):
    url = f"{ENDPOINT}/b"
    for payload in ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "none"):
        headers = signer.headers("GET", url, payload=payload)
        assert code(ask(headers)) == (400, "InvalidArgument")
    headers = signer.headers("GET", url)
    del headers["x-amz-content-sha256"]
    assert code(ask(headers)) == (400, "InvalidRequest")


def test_bytes_may_be_left_unsigned(ask, signer: Signer):
    headers = signer.headers("PUT", f"{ENDPOINT}/b/k", payload="UNSIGNED-PAYLOAD")

    assert ask(headers, "PUT", "/b/k", b"any").status == 200


def test_boto3_leaves_them_unsigned_over_tls(server: Server, pair: dict[str, str]):
    over_tls = boto(server, "openai", endpoint=ENDPOINT.replace("http:", "https:"), **pair)

    assert over_tls.put_object(Bucket="b", Key="k", Body=io.BytesIO(b"x"))["ChecksumCRC32"]


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_bucket_before_the_host_is_signed(server: Server, pair: dict[str, str], version: str):
    own = boto(
        server,
        "openai",
        endpoint="http://localhost/bedrock/files",
        signature_version=version,
        s3={"addressing_style": "virtual"},
        **pair,
    )
    own.put_object(Bucket="before", Key="a/b c", Body=b"x")

    assert own.get_object(Bucket="before", Key="a/b c")["Body"].read() == b"x"
    assert own.list_objects_v2(Bucket="before")["KeyCount"] == 1


def test_a_time_may_be_in_the_words_of_mail(ask, signer: Signer):
    date = signer.at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = signer.headers("GET", f"{ENDPOINT}/b", date=date, leave_out=["x-amz-date"])
    del headers["x-amz-date"]

    assert ask(headers).status == 200


def test_the_address_that_clients_see_may_be_another(ask, signer: Signer, settings: Any):
    settings.SIGNED_URL = "https://Example.com:443/llm"
    seen = signer.headers("GET", "https://example.com/llm/bedrock/files/a%20b/k")
    arrived = signer.headers("GET", f"{ENDPOINT}/a%20b/k")

    proxied = ask(seen | {"host": "testserver"}, "GET", "/a%20b/k")
    assert code(proxied) == (404, "NoSuchKey")
    assert code(ask(arrived, "GET", "/a%20b/k")) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("way", ["/", ":/", ""])
def test_an_arn_may_be_written_in_each_way(client: Client, signer: Signer, way: str):
    """Clients encode it, and once more before they sign."""
    arn = "arn:aws:bedrock:us-west-2:000000000000:model-invocation-job/abcdefghijkl"
    path = f"/bedrock/model-invocation-job/{encoded(arn, way)}"
    headers = signer.but(service="bedrock").headers(
        "GET", f"http://testserver{path}", path=encoded(path, "/")
    )

    answer = client.get(path, headers=headers)

    assert answer["x-amzn-errortype"] == "ResourceNotFoundException"
