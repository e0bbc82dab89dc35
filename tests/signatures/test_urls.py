"""URLs that were signed for others."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.s3.client import ENDPOINT, Raw, Server, boto
from tests.signatures.signing import Signer, sha256
from tests.signatures.test_refusals import MINUTE, code

URL = f"{ENDPOINT}/b/k"


@pytest.fixture
def ask(server: Server) -> Callable[..., Raw]:
    """With the URL alone."""

    def send(url: str, method: str = "GET", body: bytes = b"", **headers: str) -> Raw:
        path = url.removeprefix(ENDPOINT)
        own = {"authorization": "", "x_model_provider": "openai", **headers}
        return server.raw(method, path, body, **own)

    return send


def test_it_is_good_for_what_it_was_signed_for(ask, signer: Signer):
    put, get = signer.url("PUT", URL), signer.url("GET", URL)

    assert ask(put, "PUT", b"content").status == 200
    assert ask(get).body == b"content"
    for method, url in (("GET", put), ("PUT", get), ("HEAD", get), ("DELETE", get)):
        assert ask(url, method).status == 403
    assert code(ask(get.replace("/b/k", "/b/l"))) == (403, "SignatureDoesNotMatch")
    assert code(ask(f"{get}&versionId=1")) == (403, "SignatureDoesNotMatch")
    assert code(ask(get.replace("Expires=60", "Expires=61"))) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("earlier", "expires", "expected"),
    [
        (timedelta(minutes=59), 3600, (404, "NoSuchKey")),
        (timedelta(days=6), 604800, (404, "NoSuchKey")),
        (-14 * MINUTE, 60, (404, "NoSuchKey")),
        (timedelta(minutes=61), 3600, (403, "AccessDenied")),
        (timedelta(days=8), 604800, (403, "AccessDenied")),
        (-16 * MINUTE, 60, (403, "AccessDenied")),
        (timedelta(0), 604801, (400, "AuthorizationQueryParametersError")),
        (timedelta(0), 0, (400, "AuthorizationQueryParametersError")),
        (timedelta(0), -1, (400, "AuthorizationQueryParametersError")),
        (timedelta(0), "soon", (400, "AuthorizationQueryParametersError")),
        (timedelta(0), "", (400, "AuthorizationQueryParametersError")),
    ],
)
def test_it_ends(ask, signer: Signer, earlier: timedelta, expires: object, expected: Any):
    url = signer.but(at=signer.at - earlier).url("GET", URL, expires=expires)

    assert code(ask(url)) == expected


def test_one_that_has_ended_says_so(ask, signer: Signer):
    answer = ask(signer.but(at=signer.at - 2 * MINUTE).url("GET", URL))

    assert b"<Message>Request has expired" in answer.body


@pytest.mark.parametrize(
    "name", ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"]
)
def test_it_says_all_there_is_to_say(ask, signer: Signer, name: str):
    url = signer.url("GET", URL).replace(f"X-Amz-{name}=", f"X-Amz-{name}X=")

    expected = {
        (400, "AuthorizationQueryParametersError"),
        # Without both marks it is no such URL.
        (403, "AccessDenied"),
    }
    assert code(ask(url)) in expected


def test_one_for_another_service_is_malformed(ask, signer: Signer):
    url = signer.but(service="bedrock").url("GET", URL)

    assert code(ask(url)) == (400, "AuthorizationQueryParametersError")


def test_headers_of_amazons_own_cannot_be_added(ask, signer: Signer):
    put = signer.url("PUT", URL)

    assert code(ask(put, "PUT", b"x", x_amz_meta_a="1")) == (403, "AccessDenied")
    assert code(ask(put, "PUT", b"x", x_amz_copy_source="other/k")) == (403, "AccessDenied")


def test_a_hash_of_the_body_may_be_signed_with_it(ask, signer: Signer):
    """In the URL or in a header, which is not among those that are signed and does not have to be."""
    in_url = f"{URL}?X-Amz-Content-Sha256={sha256(b'mine')}"
    url = signer.url("PUT", in_url, payload=sha256(b"mine"))
    assert code(ask(url, "PUT", b"else")) == (400, "XAmzContentSHA256Mismatch")
    assert ask(url, "PUT", b"mine").status == 200

    unsigned = signer.url("PUT", URL)
    assert ask(unsigned, "PUT", b"x", x_amz_content_sha256="UNSIGNED-PAYLOAD").status == 200
    refused = ask(unsigned, "PUT", b"x", x_amz_content_sha256=sha256(b"x"))
    assert code(refused) == (403, "SignatureDoesNotMatch")


def older(server: Server, pair: dict[str, str], **given: Any) -> str:
    client = boto(server, "openai", signature_version="s3", **pair)
    url: str = client.generate_presigned_url("put_object", **given)
    return url


def test_the_older_version_is_as_good(ask, server: Server, pair: dict[str, str]):
    given = {"Bucket": "b", "Key": "k", "ContentType": "text/mine", "Metadata": {"a": "1"}}
    url = older(server, pair, Params=given)

    assert ask(url, "PUT", b"x").status == 200
    assert ask(url, "PUT", b"x", content_type="text/mine").status == 200
    for wrong in ({"content_type": "text/other"}, {"x_amz_meta_a": "2"}, {"x_amz_meta_b": "1"}):
        assert code(ask(url, "PUT", b"x", **wrong)) == (403, "SignatureDoesNotMatch")
    assert code(ask(url)) == (403, "SignatureDoesNotMatch")
    assert code(ask(url.replace("/b/k", "/b/l"), "PUT")) == (403, "SignatureDoesNotMatch")
    unknown = url.replace(pair["key"], "BFKAUNKNOWN")
    assert code(ask(unknown, "PUT")) == (403, "InvalidAccessKeyId")
    later = str(int(time.time()) + 10**6)
    changed = f"{url.partition('Expires=')[0]}Expires={later}"
    assert code(ask(changed, "PUT")) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("expires", "expected"),
    [
        ("1175139620", (403, "AccessDenied")),
        ("", (400, "AuthorizationQueryParametersError")),
        ("soon", (400, "AuthorizationQueryParametersError")),
        ("9" * 30, (400, "AuthorizationQueryParametersError")),
    ],
)
def test_the_older_version_ends_too(ask, pair: dict[str, str], expires: str, expected: Any):
    url = f"{URL}?AWSAccessKeyId={pair['key']}&Signature=a&Expires={expires}"

    assert code(ask(url)) == expected


def test_the_older_version_has_a_clock_too(ask, pair: dict[str, str], server: Server):
    authorization = f"AWS {pair['key']}:signature"
    late = {"authorization": authorization, "date": "Fri, 24 May 2013 00:00:00 GMT"}

    assert code(ask(URL, **late)) == (403, "RequestTimeTooSkewed")
    own = {"authorization": authorization, "x_amz_date": late["date"]}
    assert code(ask(URL, **own)) == (403, "RequestTimeTooSkewed")
