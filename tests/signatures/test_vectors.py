"""The examples that AWS publishes of its signatures.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

import hashlib
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import RequestFactory

from gateway.s3.chunked import Unchunked
from gateway.signatures.chunks import ChunkSignatures, Seed
from gateway.signatures.fourth import read_header, read_query
from gateway.signatures.message import Message
from gateway.surface import RequestError
from tests.signatures.signing import EMPTY, STREAMED

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SCOPE = f"Credential={KEY}/20130524/us-east-1/s3/aws4_request"
HOST = "examplebucket.s3.amazonaws.com"
CONTENT = b"a" * 65 * 1024


def checked(method: str, url: str, names: str, signature: str, **headers: str) -> Seed:
    """What is left of a request in whose header is that signature."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    given = {"host": urlsplit(url).netloc, "x-amz-date": "20130524T000000Z"} | given
    authorization = f"AWS4-HMAC-SHA256 {SCOPE},SignedHeaders={names},Signature={signature}"
    request = RequestFactory().generic(
        method, "/", headers={**given, "authorization": authorization}
    )
    payload = given["x-amz-content-sha256"]
    return read_header(request, "s3").check(SECRET, message(method, url, given, payload))


def message(method: str, url: str, headers: dict[str, str], payload: str) -> Message:
    parts = urlsplit(url)
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    return Message(method, (parts.path,), tuple, query, headers, lambda presigned: payload)


@pytest.mark.parametrize(
    ("method", "url", "signature", "headers"),
    [
        (
            "GET",
            f"https://{HOST}/test.txt",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            {"range": "bytes=0-9"},
        ),
        (
            "GET",
            f"https://{HOST}/?lifecycle",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            {},
        ),
        (
            "GET",
            f"https://{HOST}/?max-keys=2&prefix=J",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            {},
        ),
        (
            "PUT",
            f"https://{HOST}/test%24file.text",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            {
                "date": "Fri, 24 May 2013 00:00:00 GMT",
                "x_amz_storage_class": "REDUCED_REDUNDANCY",
                "x_amz_content_sha256": hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
            },
        ),
    ],
)
def test_headers(method: str, url: str, signature: str, headers: dict[str, str]):
    given = {"x_amz_content_sha256": EMPTY, **headers}
    names = ";".join(sorted(name.replace("_", "-") for name in (*given, "host", "x-amz-date")))

    checked(method, url, names, signature, **given)

    with pytest.raises(RequestError, match="signature is not"):
        checked(method, url.replace(HOST, f"x{HOST}"), names, signature, **given)


def test_a_url():
    url = (
        f"https://{HOST}/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        f"&X-Amz-Credential={KEY}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )

    claim = read_query(RequestFactory().get(url).GET, "s3")

    assert (claim.access_key_id, claim.lifetime) == (KEY, timedelta(days=1))
    claim.check(SECRET, message("GET", url, {"host": HOST}, "UNSIGNED-PAYLOAD"))


def chunks(signatures: list[str]) -> bytes:
    body = b""
    for chunk, signature in zip((CONTENT[:65536], CONTENT[65536:], b""), signatures, strict=True):
        body += f"{len(chunk):x};chunk-signature={signature}\r\n".encode() + chunk
        body += b"\r\n" if chunk else b""
    return body


def unchunked(body: bytes, seed: Seed) -> Unchunked:
    pieces = (body[at : at + 1000] for at in range(0, len(body), 1000))
    return Unchunked(pieces, ChunkSignatures(seed))


def seed(signature: str, payload: str, **more: str) -> Seed:
    headers = {
        "content_encoding": "aws-chunked",
        "x_amz_content_sha256": payload,
        "x_amz_decoded_content_length": "66560",
        "x_amz_storage_class": "REDUCED_REDUNDANCY",
        **more,
    }
    names = ";".join(sorted(name.replace("_", "-") for name in (*headers, "host", "x-amz-date")))
    url = "https://s3.amazonaws.com/examplebucket/chunkObject.txt"
    return checked("PUT", url, names, signature, **headers)


def test_chunks():
    first = seed(
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        STREAMED,
        content_length="66824",
    )
    body = chunks(
        [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ]
    )

    assert b"".join(unchunked(body + b"\r\n", first)) == CONTENT


def test_chunks_with_a_trailer():
    first = seed(
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        f"{STREAMED}-TRAILER",
        x_amz_trailer="x-amz-checksum-crc32c",
    )
    body = chunks(
        [
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        ]
    )
    signed = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
    body += b"x-amz-checksum-crc32c:sOO8/Q==\n\r\nx-amz-trailer-signature:" + signed.encode()

    taken = unchunked(body + b"\r\n\r\n", first)

    assert b"".join(taken) == CONTENT
    assert taken.trailers == {"x-amz-checksum-crc32c": "sOO8/Q=="}
