"""Bodies in every form that a client of S3 sends them, and the checksums that come with them."""

import hashlib
import io
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any
from zlib import crc32

import pytest
from awscrt.checksums import crc32c, crc64nvme

from files.models import File
from gateway.s3 import checksums
from gateway.s3.chunked import Unchunked
from gateway.s3.refusals import S3Error
from tests.s3.client import ENDPOINT, Raw, Server, boto

CONTENT = b'{"custom_id":"a"}\r\n\r\n0\r\n' * 3
SIGNATURE = "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
CHECKSUMS = {
    "crc32": crc32(CONTENT).to_bytes(4, "big"),
    "crc32c": crc32c(CONTENT).to_bytes(4, "big"),
    "crc64nvme": crc64nvme(CONTENT).to_bytes(8, "big"),
    "md5": hashlib.md5(CONTENT).digest(),
    "sha1": hashlib.sha1(CONTENT).digest(),
    "sha256": hashlib.sha256(CONTENT).digest(),
    "sha512": hashlib.sha512(CONTENT).digest(),
}


def base64(digest: bytes) -> str:
    return b64encode(digest).decode()


def chunked(content: bytes, *, size: int = 20, signed: bool = False, trailer: str = "") -> bytes:
    """In AWS's chunks."""
    mark = f";chunk-signature={SIGNATURE}" if signed else ""
    body = b""
    for at in range(0, len(content), size):
        chunk = content[at : at + size]
        body += f"{len(chunk):x}{mark}\r\n".encode() + chunk + b"\r\n"
    return body + f"0{mark}\r\n{trailer}\r\n".encode()


@pytest.fixture
def put(server: Server) -> Callable[..., Raw]:
    return lambda body, **headers: server.raw(
        "PUT", "/b/k", body, x_model_provider="openai", **headers
    )


@pytest.fixture
def got(own: Any) -> Callable[[], bytes | None]:
    """What lies there now."""

    def get() -> bytes | None:
        listed = own.list_objects_v2(Bucket="b").get("Contents")
        return own.get_object(Bucket="b", Key="k")["Body"].read() if listed else None

    return get


def code(answer: Raw) -> str:
    return answer.body.partition(b"<Code>")[2].partition(b"<")[0].decode()


def test_a_put_is_answered_without_a_body(put):
    answer = put(CONTENT)

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["etag"].startswith('"file-')


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_chunks_of_any_size_are_taken_apart(put, got, size: int):
    assert put(chunked(CONTENT, size=size), x_amz_content_sha256=UNSIGNED).status == 200
    assert got() == CONTENT


@pytest.mark.parametrize("pieces", [1, 3, 17])
def test_chunks_may_be_cut_anywhere_on_their_way(put, got, pieces: int):
    body = chunked(CONTENT, trailer=f"x-amz-checksum-crc32:{base64(CHECKSUMS['crc32'])}\r\n")
    cut = (body[at : at + pieces] for at in range(0, len(body), pieces))

    answer = put(
        cut,
        transfer_encoding="chunked",
        content_encoding="aws-chunked",
        x_amz_content_sha256=UNSIGNED,
        x_amz_trailer="x-amz-checksum-crc32",
        x_amz_decoded_content_length=str(len(CONTENT)),
    )

    assert answer.status == 200
    assert answer.headers["x-amz-checksum-crc32"] == base64(CHECKSUMS["crc32"])
    assert got() == CONTENT


def test_chunks_may_be_signed(put, got):
    body = chunked(CONTENT, signed=True)

    assert put(body, x_amz_content_sha256=SIGNED).status == 200
    assert got() == CONTENT


@pytest.mark.parametrize("end", ["\r\n", "\n\r\n"])
def test_chunks_may_be_signed_with_a_signed_trailer(put, got, end: str):
    """The vendor's own example ends a trailer like the second."""
    trailer = f"x-amz-checksum-crc32c:{base64(CHECKSUMS['crc32c'])}{end}"
    trailer += f"x-amz-trailer-signature:{SIGNATURE}\r\n"

    answer = put(
        chunked(CONTENT, signed=True, trailer=trailer),
        x_amz_content_sha256=f"{SIGNED}-TRAILER",
        x_amz_trailer="x-amz-checksum-crc32c",
    )

    assert answer.status == 200
    assert got() == CONTENT


def test_a_client_that_signs_nothing_tells_by_the_encoding(put, got, own: Any):
    assert put(chunked(CONTENT), content_encoding="aws-chunked,gzip").status == 200
    assert got() == CONTENT
    assert own.head_object(Bucket="b", Key="k")["ContentEncoding"] == "gzip"


def test_an_empty_body_in_chunks_is_empty(put, got):
    assert put(chunked(b""), x_amz_content_sha256=UNSIGNED).status == 200
    assert got() == b""


def test_a_body_may_come_without_a_length(put, got):
    assert put(iter([CONTENT[:10], CONTENT[10:]]), transfer_encoding="chunked").status == 200
    assert got() == CONTENT


def test_a_body_comes_from_boto3_as_it_would_over_tls(server: Server, got):
    """In chunks of both kinds, with the checksum behind it."""
    over_tls = boto(server, "openai", endpoint=ENDPOINT.replace("http:", "https:"))

    put = over_tls.put_object(Bucket="b", Key="k", Body=io.BytesIO(CONTENT))

    assert got() == CONTENT
    assert put["ChecksumCRC32"] == base64(CHECKSUMS["crc32"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (chunked(CONTENT)[:-40], "IncompleteBody"),
        (chunked(CONTENT).replace(b"14\r\n", b"13\r\n", 1), "InvalidRequest"),
        (b"x" + chunked(CONTENT), "InvalidRequest"),
        (b"5" * 2000, "InvalidRequest"),
        (b"", "IncompleteBody"),
        (chunked(CONTENT, trailer="x-amz-checksum-crc32:AAAAAA==\r\n"), "BadDigest"),
        (chunked(CONTENT, trailer="x-amz-checksum-crc32:AAAA\r\n"), "InvalidRequest"),
        (chunked(CONTENT), "MalformedTrailerError"),
        (chunked(CONTENT, trailer="nonsense\r\n"), "MalformedTrailerError"),
        (chunked(CONTENT, trailer="a:" + "b" * 20_000), "MalformedTrailerError"),
    ],
)
def test_chunks_that_are_wrong_leave_nothing(put, got, body: bytes, said: str):
    answer = put(body, x_amz_content_sha256=UNSIGNED, x_amz_trailer="x-amz-checksum-crc32")

    assert (answer.status, code(answer)) == (400, said)
    assert got() is None
    assert not File.objects.exists()


@pytest.mark.parametrize("name", CHECKSUMS)
def test_a_checksum_is_compared_and_told_again(put, got, own: Any, name: str):
    header = f"x_amz_checksum_{name}"
    right = base64(CHECKSUMS[name])

    assert code(put(CONTENT[:-1], **{header: right})) == "BadDigest"
    assert code(put(CONTENT, **{header: right[1:]})) == "InvalidRequest"
    assert got() is None
    answer = put(CONTENT, **{header: right})

    assert answer.status == 200
    assert answer.headers[f"x-amz-checksum-{name}"] == right
    head = own.head_object(Bucket="b", Key="k", ChecksumMode="ENABLED")
    assert (head[f"Checksum{name.upper()}"], head["ChecksumType"]) == (right, "FULL_OBJECT")
    assert f"Checksum{name.upper()}" not in own.head_object(Bucket="b", Key="k")


@pytest.mark.parametrize("name", CHECKSUMS)
def test_a_checksum_may_come_behind_the_body(put, got, name: str):
    trailer = f"x-amz-checksum-{name}:{base64(CHECKSUMS[name])}\r\n"

    answer = put(
        chunked(CONTENT, trailer=trailer),
        x_amz_content_sha256=UNSIGNED,
        x_amz_trailer=f"x-amz-checksum-{name}",
    )

    assert answer.status == 200
    assert got() == CONTENT


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"content_md5": base64(bytes(16))}, "BadDigest"),
        ({"content_md5": "nonsense"}, "InvalidDigest"),
        ({"x_amz_content_sha256": "0" * 64}, "XAmzContentSHA256Mismatch"),
        ({"content_length": "999"}, "IncompleteBody"),
        ({"x_amz_sdk_checksum_algorithm": "CRC32"}, "InvalidRequest"),
        ({"x_amz_trailer": "x-amz-checksum-crc32"}, "InvalidRequest"),
        (
            {"x_amz_checksum_crc32": "AAAAAA==", "x_amz_checksum_sha1": base64(bytes(20))},
            "InvalidRequest",
        ),
    ],
)
def test_what_is_not_as_it_was_promised_leaves_nothing(put, got, headers: dict, said: str):
    answer = put(CONTENT, **headers)

    assert (answer.status, code(answer)) == (400, said)
    assert got() is None
    assert not File.objects.exists()


def test_what_is_as_it_was_promised_is_kept(put, got):
    answer = put(
        CONTENT,
        content_md5=base64(CHECKSUMS["md5"]),
        x_amz_content_sha256=hashlib.sha256(CONTENT).hexdigest(),
        content_length=str(len(CONTENT)),
    )

    assert answer.status == 200
    assert got() == CONTENT


def test_a_body_needs_a_length_or_chunks(server: Server):
    answer = server.raw("PUT", "/b/k", iter(()), x_model_provider="openai")

    assert (answer.status, code(answer)) == (411, "MissingContentLength")


def test_what_is_too_large_is_refused_before_it_comes(put, settings):
    settings.MAX_FILE_BYTES = 10

    def never() -> Iterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    answer = put(never(), content_length="11", expect="100-continue")

    assert (answer.status, code(answer)) == (400, "EntityTooLarge")


def test_what_is_too_large_is_refused_when_it_has_come(put, got, settings):
    settings.MAX_FILE_BYTES = 10

    assert code(put(iter([b"x" * 11]), transfer_encoding="chunked")) == "EntityTooLarge"
    assert got() is None


def test_a_clients_bucket_gets_nothing_that_is_wrong(window: Any, bucket: str, server: Server):
    answer = server.raw("PUT", f"/{bucket}/k", CONTENT, content_md5=base64(bytes(16)))
    large = server.raw(
        "PUT",
        f"/{bucket}/large",
        iter([b"x" * 2**20] * 9 + [b"y"]),
        transfer_encoding="chunked",
        x_amz_checksum_crc32="AAAAAA==",
    )

    assert (code(answer), code(large)) == ("BadDigest", "BadDigest")
    assert window.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert "Uploads" not in window.list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize("name", ["crc32", "crc32c", "crc64nvme"])
def test_the_checksum_of_a_whole_is_told_from_its_parts(name: str):
    pieces = [CONTENT[:1], CONTENT[1:1], CONTENT[1:40], CONTENT[40:]]
    parts = []
    for piece in pieces:
        digest = checksums.ALGORITHMS[name]()
        digest.update(piece)
        parts.append(checksums.Part(checksums.encoded(digest.digest()), len(piece)))

    assert checksums.of_whole(name, parts) == base64(CHECKSUMS[name])


def test_nothing_of_a_body_is_held():
    def endless() -> Iterator[bytes]:
        yield b"ffffffffff\r\n"
        while True:
            yield b"x" * 1000

    body = iter(Unchunked(endless()))

    assert all(len(next(body)) <= 2000 for _ in range(1000))


def test_a_size_that_never_ends_is_refused():
    with pytest.raises(S3Error):
        next(iter(Unchunked(iter([b"1"] * 10_000))))
