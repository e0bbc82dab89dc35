"""What is refused is refused in XML, with the vendor's code, and nothing is ignored in silence."""

from typing import Any
from xml.etree import ElementTree

import pytest
from botocore import UNSIGNED

from gateway.s3.refusals import CODES
from tests.s3.client import Raw, Server, boto
from tests.s3.test_objects import refused

OWN = {"x_model_provider": "openai"}


def said(answer: Raw) -> dict[str, str]:
    """What the XML says."""
    assert answer.headers["content-type"] == "application/xml"
    root = ElementTree.fromstring(answer.body)
    assert root.tag == "Error"
    return {element.tag: element.text or "" for element in root}


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_status_and_a_sentence(code: str):
    status, sentence = CODES[code]

    assert status == 304 or 400 <= status < 600
    assert sentence


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/b/none", 404, "NoSuchKey"),
        ("GET", "/b?acl", 501, "NotImplemented"),
        ("GET", "/b?policy", 501, "NotImplemented"),
        ("GET", "/b?versions", 501, "NotImplemented"),
        ("PUT", "/b?lifecycle", 501, "NotImplemented"),
        ("PUT", "/b/k?tagging", 501, "NotImplemented"),
        ("PUT", "/b/k?acl", 501, "NotImplemented"),
        ("POST", "/b/k?select&select-type=2", 405, "MethodNotAllowed"),
        ("POST", "/b", 405, "MethodNotAllowed"),
        ("POST", "/b/k", 405, "MethodNotAllowed"),
        ("PATCH", "/b/k", 405, "MethodNotAllowed"),
        ("DELETE", "", 405, "MethodNotAllowed"),
        ("GET", "/b/k?versionId=1", 400, "InvalidArgument"),
        ("GET", "/b/k?partNumber=x", 400, "InvalidArgument"),
        ("GET", "/b?max-keys=many", 400, "InvalidArgument"),
        ("GET", "/b/k%00", 400, "InvalidURI"),
        ("GET", f"/{'b' * 256}/k", 400, "InvalidBucketName"),
        ("PUT", "/a%0d%0ab", 400, "InvalidBucketName"),
        ("GET", "/b/k?response-content-type=a%0d%0ab", 400, "InvalidArgument"),
        ("GET", "/b/k?response-cache-control=%00", 400, "InvalidArgument"),
        ("PUT", "/b/k?x-amz-meta-a=%0a", 400, "InvalidArgument"),
        ("PUT", "/b/k?x-amz-meta-%0a=b", 400, "InvalidArgument"),
        ("PUT", "/b/k?content-type=%7f", 400, "InvalidArgument"),
        ("PUT", "/bifrost-files/k", 403, "AccessDenied"),
        ("POST", "/bifrost-files/k?uploads", 403, "AccessDenied"),
        ("GET", "/b/k?uploadId=none", 404, "NoSuchUpload"),
    ],
)
def test_what_is_refused_says_why(server: Server, method: str, path: str, status: int, code: str):
    answer = server.raw(method, path, **OWN)

    fields = said(answer)
    assert (answer.status, fields["Code"]) == (status, code)
    assert fields["Message"]
    assert fields["Resource"].startswith("/bedrock/files")
    assert answer.headers["x-amz-request-id"] == fields["RequestId"]


@pytest.mark.parametrize(
    "header",
    [
        "x-amz-server-side-encryption",
        "x-amz-tagging",
        "x-amz-object-lock-mode",
        "x-amz-website-redirect-location",
        "x-amz-expected-bucket-owner",
        "x-amz-grant-read",
        "x-amz-write-offset-bytes",
        "x-amz-nonsense",
    ],
)
def test_what_a_header_asks_for_in_vain_is_refused(server: Server, header: str):
    answer = server.raw("PUT", "/b/k", b"x", **OWN, **{header.replace("-", "_"): "1"})

    assert (answer.status, said(answer)["Header"]) == (501, header)


@pytest.mark.parametrize(
    ("header", "value"), [("x-amz-storage-class", "GLACIER"), ("x-amz-acl", "public-read")]
)
def test_what_cannot_be_is_refused(server: Server, header: str, value: str):
    answer = server.raw("PUT", "/b/k", b"x", **OWN, **{header.replace("-", "_"): value})

    fields = said(answer)
    assert (fields["Code"], fields["ArgumentName"]) == ("InvalidArgument", header)


def test_what_tools_say_without_need_is_taken(server: Server):
    answer = server.raw(
        "PUT",
        "/b/k?x-id=PutObject",
        b"x",
        **OWN,
        x_amz_acl="private",
        x_amz_storage_class="STANDARD",
        x_amz_user_agent="aws-sdk-js/3",
        x_amz_request_payer="requester",
        amz_sdk_request="attempt=1; max=3",
    )

    assert answer.status == 200


@pytest.mark.parametrize(
    ("path", "methods"),
    [("", "GET"), ("/b", "DELETE, GET, HEAD, POST, PUT"), ("/b/k", "DELETE, GET, HEAD, POST, PUT")],
)
def test_what_knows_no_such_method_says_which_it_knows(server: Server, path: str, methods: str):
    answer = server.raw("OPTIONS", path, **OWN)

    assert (answer.status, said(answer)["Code"]) == (405, "MethodNotAllowed")
    assert answer.headers["allow"] == methods


def test_a_head_is_refused_without_a_body(server: Server):
    answer = server.raw("HEAD", "/b/none", **OWN)

    assert (answer.status, answer.body) == (404, b"")
    assert "content-type" not in answer.headers


def test_who_has_no_key_is_denied(server: Server):
    answer = server.raw("PUT", "/b/k", b"x", **OWN, authorization="")

    assert (answer.status, said(answer)["Code"]) == (403, "AccessDenied")
    assert "www-authenticate" not in answer.headers


def test_who_has_a_wrong_key_is_told(own: Any, settings):
    settings.AUTH = "keys"

    assert refused(own.get_object, Bucket="b", Key="k") == (403, "InvalidAccessKeyId")


def test_who_signs_nothing_is_denied(server: Server):
    unsigned = boto(server, "openai", signature_version=UNSIGNED)

    assert refused(unsigned.list_buckets) == (403, "AccessDenied")


def test_a_provider_that_is_not_there_is_named(server: Server):
    answer = server.raw("GET", "/b", x_model_provider="nobody")

    assert (answer.status, said(answer)["Code"]) == (400, "InvalidArgument")
    assert "nobody" in said(answer)["Message"]


def test_without_a_credential_for_bedrock_there_is_no_window(server: Server):
    answer = server.raw("GET", "/b")

    assert (answer.status, said(answer)["Code"]) == (400, "InvalidRequest")
    assert "credential" in said(answer)["Message"]


@pytest.mark.parametrize(
    "body",
    [
        b"no xml",
        b"<Delete>",
        b"<Delete></Delete>",
        b"<Delete><Object><Unknown>1</Unknown></Object></Delete>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><Delete><Object><Key>&a;</Key></Object></Delete>',
        '<?xml version="1.0" encoding="utf-16"?><Delete/>'.encode("utf-16"),
        b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1001 + b"</Delete>",
    ],
)
def test_xml_that_is_none_is_refused(server: Server, body: bytes):
    answer = server.raw("POST", "/b?delete", body, **OWN)

    assert (answer.status, said(answer)["Code"]) == (400, "MalformedXML")


def test_xml_is_not_read_beyond_a_bound(server: Server, settings):
    settings.MAX_JSON_BYTES = 100

    answer = server.raw("POST", "/b?delete", b"<Delete>" + b" " * 100, **OWN)

    assert said(answer)["Code"] == "MaxMessageLengthExceeded"


def test_metadata_has_a_bound(own: Any):
    metadata = {"a": "x" * 2048}

    assert refused(own.put_object, Bucket="b", Key="k", Body=b"", Metadata=metadata) == (
        400,
        "MetadataTooLarge",
    )


def test_an_answer_says_what_the_log_calls_it(server: Server):
    answer = server.raw("GET", "/b", **OWN, x_request_id="named-by-the-caller")

    assert answer.headers["x-amz-request-id"] == "named-by-the-caller"


def test_a_host_that_is_not_ours_is_refused_in_xml(server: Server):
    answer = server.raw("GET", "/b", **OWN, host="elsewhere.example")

    assert (answer.status, said(answer)["Code"]) == (400, "InvalidRequest")
    assert "BIFROST_ALLOWED_HOSTS" in said(answer)["Message"]


def test_the_sdk_raises_what_it_has_a_name_for(own: Any):
    with pytest.raises(own.exceptions.NoSuchKey):
        own.get_object(Bucket="b", Key="none")
    with pytest.raises(own.exceptions.NoSuchUpload):
        own.abort_multipart_upload(Bucket="b", Key="k", UploadId="none")


def test_nothing_has_tags(own: Any):
    own.put_object(Bucket="b", Key="k", Body=b"")

    assert own.get_object_tagging(Bucket="b", Key="k")["TagSet"] == []
    assert refused(own.get_object_tagging, Bucket="b", Key="none") == (404, "NoSuchKey")
