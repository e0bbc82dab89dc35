"""Bodies whose chunks are signed one after another."""

from collections.abc import Callable
from typing import Any

import pytest
from awscrt.checksums import crc32c

from providers.models import Credential, Workspace
from tests.s3.client import ENDPOINT, Raw, Server
from tests.s3.test_bodies import base64
from tests.signatures.signing import STREAMED, Signer, seed_of
from tests.signatures.test_refusals import code

CHUNKS = [b"a" * 70_000, b"b" * 10, b"c"]
CONTENT = b"".join(CHUNKS)
TRAILER = f"x-amz-checksum-crc32c:{base64(crc32c(CONTENT).to_bytes(4, 'big'))}"


@pytest.fixture
def put(server: Server, signer: Signer) -> Callable[..., Raw]:
    """A body after a change, in the pieces in which a server hands it on."""

    def send(change: Callable[[bytes], bytes] = lambda body: body, trailer: str = "") -> Raw:
        headers = signer.headers(
            "PUT",
            f"{ENDPOINT}/b/k",
            payload=f"{STREAMED}-TRAILER" if trailer else STREAMED,
            x_amz_decoded_content_length=str(len(CONTENT)),
            **({"x_amz_trailer": "x-amz-checksum-crc32c"} if trailer else {}),
        )
        body = change(signer.chunked(CHUNKS, seed_of(headers), trailer))
        given = {name.replace("-", "_"): value for name, value in headers.items()}
        pieces = (body[at : at + 1000] for at in range(0, len(body), 1000))
        coding = {"content_encoding": "aws-chunked", "transfer_encoding": "chunked"}
        return server.raw("PUT", "/b/k", pieces, x_model_provider="openai", **coding, **given)

    return send


@pytest.mark.parametrize("trailer", ["", TRAILER])
def test_they_come_in(put, s3: Any, trailer: str):
    assert put(trailer=trailer).status == 200
    assert s3.get_object(Bucket="b", Key="k")["Body"].read() == CONTENT


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "another byte": lambda body: body.replace(b"b" * 10, b"b" * 9 + b"x"),
    "another end": lambda body: body.replace(b"\r\nc\r\n", b"\r\nx\r\n"),
    "no signature": lambda body: body.replace(b";chunk-signature=", b";x=", 1),
    "a signature of letters": lambda body: body.replace(b"signature=", b"signature=\xff", 1),
    "in another order": lambda body: _swapped(body),
    "one left out": lambda body: _without_second(body),
    "the end is unsigned": lambda body: body[: body.rindex(b"0;")] + b"0\r\n\r\n",
}


def _parts(body: bytes) -> list[bytes]:
    """The three chunks and what follows."""
    second, third, last = (body.index(mark) for mark in (b"\r\na;", b"\r\n1;", b"\r\n0;"))
    return [
        body[: second + 2],
        body[second + 2 : third + 2],
        body[third + 2 : last + 2],
        body[last + 2 :],
    ]


def _swapped(body: bytes) -> bytes:
    first, second, third, last = _parts(body)
    return first + third + second + last


def _without_second(body: bytes) -> bytes:
    first, _, third, last = _parts(body)
    return first + third + last


@pytest.mark.parametrize("trailer", ["", TRAILER])
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_changed_is_refused_and_leaves_nothing(put, s3: Any, change: str, trailer: str):
    assert code(put(CHANGES[change], trailer)) == (403, "SignatureDoesNotMatch")
    assert "Contents" not in s3.list_objects_v2(Bucket="b")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"checksum-crc32c:", b"checksum-crc32c:A", (403, "SignatureDoesNotMatch")),
        (b"trailer-signature:", b"trailer-signature:0", (403, "SignatureDoesNotMatch")),
        (b"x-amz-trailer-signature:", b"x-amz-other:", (403, "SignatureDoesNotMatch")),
        (b"x-amz-trailer-", b"x-amz-meta-a:1\r\nx-amz-trailer-", (403, "SignatureDoesNotMatch")),
        (f"{TRAILER}\r\n".encode(), b"", (400, "MalformedTrailerError")),
    ],
)
def test_a_trailer_is_signed_too(put, s3: Any, old: bytes, new: bytes, expected: Any):
    assert code(put(lambda body: body.replace(old, new), TRAILER)) == expected
    assert "Contents" not in s3.list_objects_v2(Bucket="b")


@pytest.mark.parametrize("tail", [b"", b"x" * 9 * 2**20])
def test_nothing_of_it_reaches_a_bucket_at_aws(
    server: Server, signer: Signer, credential: Credential, aws: Any, bucket: str, tail: bytes
):
    """Be it sent on at once, or in parts as it comes."""
    Workspace.objects.update(buckets=[bucket])
    headers = signer.headers("PUT", f"{ENDPOINT}/{bucket}/k", payload=STREAMED)
    right = signer.chunked([*CHUNKS, *filter(None, [tail])], seed_of(headers))
    given = {name.replace("-", "_"): value for name, value in headers.items()}

    wrong = server.raw("PUT", f"/{bucket}/k", right.replace(b"a", b"b", 1), **given)

    assert code(wrong) == (403, "SignatureDoesNotMatch")
    assert "Contents" not in aws.list_objects_v2(Bucket=bucket)
    assert "Uploads" not in aws.list_multipart_uploads(Bucket=bucket)
    assert server.raw("PUT", f"/{bucket}/k", right, **given).status == 200
    assert aws.head_object(Bucket=bucket, Key="k")["ContentLength"] == len(CONTENT + tail)


def test_a_body_cannot_be_cut_short(put, s3: Any):
    assert code(put(lambda body: body[: body.index(b"\r\n0;") + 2])) == (400, "IncompleteBody")
    assert "Contents" not in s3.list_objects_v2(Bucket="b")


def test_a_part_is_signed_in_chunks_too(server: Server, signer: Signer, s3: Any):
    upload = s3.create_multipart_upload(Bucket="b", Key="k")["UploadId"]
    path = f"/b/k?partNumber=1&uploadId={upload}"
    headers = signer.headers("PUT", f"{ENDPOINT}{path}", payload=STREAMED)
    right = signer.chunked(CHUNKS, seed_of(headers))
    given = {name.replace("-", "_"): value for name, value in headers.items()}

    wrong = server.raw(
        "PUT", path, right.replace(b"bb", b"bx", 1), x_model_provider="openai", **given
    )

    assert code(wrong) == (403, "SignatureDoesNotMatch")
    assert "Parts" not in s3.list_parts(Bucket="b", Key="k", UploadId=upload)
    assert server.raw("PUT", path, right, x_model_provider="openai", **given).status == 200
