"""Requests to every public route, made of likely and of unlikely pieces."""

import json
import re
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from gateway.urls import EVERY_METHOD, urlpatterns

IDS = [
    "000000000000",
    "file-000000000000",
    "batch_000000000000",
    "batches/000000000000",
    "arn:aws:bedrock:us-east-1:000000000000:model-invocation-job/000000000000",
    "s3://bucket/key",
]
# In place of the zeros, ids of what is there.
REAL_FILE, REAL_BATCH = "{file}", "{batch}"
STRANGE = [
    *("", ".", "..", "../..", "%00", "\0", "\r\nx-injected: 1", "\x7f", "\x01", "\u202eevil", "😀"),
    *("a" * 2000, "null", "-1", "0", "9" * 30, "1e999", "1,2", "NaN", "true", "*", '"', "'", "²"),
    *("2026-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "Infinity"),
    *("bytes=0-", "bytes=5-1", "bytes=0-1,3-4", "bytes=-99999999999999999999", "bytes=0-0"),
    *("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "aws-chunked", "gzip", "identity", "url", "0" * 64),
    *("openai", "bedrock", "start", "resumable", "upload, finalize", "query", "cancel", "media"),
    *("AAAA", "AAAAAA==", "b/k", "/b/k?versionId=null", "crc32", "CRC32", "x-amz-checksum-crc32"),
]
METHODS = [*EVERY_METHOD, "head", "options"]
_ANY = [
    *("accept", "authorization", "x-request-id", "x-model-provider", "expect", "content-encoding"),
    *("idempotency-key", "x-stainless-retry-count"),
]
HEADERS = {
    "openai": _ANY,
    "bifrost": _ANY,
    "anthropic": [*_ANY, "anthropic-beta"],
    "genai": [
        *(*_ANY, "x-goog-upload-command", "x-goog-upload-protocol", "x-goog-upload-offset"),
        *("x-goog-upload-header-content-length", "x-goog-upload-header-content-type"),
        "x-goog-upload-file-name",
    ],
    "bedrock": [
        *(*_ANY, "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"),
        *("content-md5", "cache-control", "content-disposition", "expires", "x-amz-meta-a"),
        *("x-amz-content-sha256", "x-amz-decoded-content-length", "x-amz-checksum-crc32"),
        *("x-amz-checksum-algorithm", "x-amz-copy-source", "x-amz-copy-source-range", "x-amz-date"),
        *(
            "x-amz-metadata-directive",
            "x-amz-storage-class",
            "x-amz-mp-object-size",
            "x-amz-trailer",
        ),
    ],
}
QUERIES = {
    "openai": [
        "limit",
        "after",
        "order",
        "purpose",
        "provider",
        "model",
        "storage_config[s3][bucket]",
    ],
    "bifrost": ["refused", "target", "endpoint"],
    "anthropic": ["limit", "after_id", "before_id", "page", "ids", "ids[]", "scope_id", "beta"],
    "genai": ["pageSize", "page_size", "pageToken", "alt", "$alt", "upload_id", "upload_protocol"],
    "bedrock": [
        *("maxResults", "nameContains", "statusEquals", "submitTimeAfter", "submitTimeBefore"),
        *("nextToken", "sortBy", "sortOrder"),
    ],
    "bedrock/files": [
        *(
            "list-type",
            "prefix",
            "delimiter",
            "max-keys",
            "marker",
            "continuation-token",
            "start-after",
        ),
        *("encoding-type", "uploads", "uploadId", "partNumber", "part-number-marker", "max-parts"),
        *(
            "key-marker",
            "upload-id-marker",
            "max-uploads",
            "delete",
            "versionId",
            "tagging",
            "location",
        ),
        *(
            "max-buckets",
            "response-content-type",
            "response-content-disposition",
            "response-expires",
        ),
        *(
            "response-cache-control",
            "response-content-encoding",
            "X-Amz-Credential",
            "X-Amz-Meta-A",
        ),
        *("x-amz-copy-source", "AWSAccessKeyId", "fetch-owner", "content-type"),
    ],
}
CONTENT_TYPES = [
    "application/json",
    "application/jsonl",
    "multipart/form-data; boundary=x",
    'multipart/form-data; boundary="',
    "application/x-www-form-urlencoded",
    "application/xml",
    "text/plain; charset=nonsense",
    "",
]
FIELDS = [
    *("input_file_id", "endpoint", "completion_window", "metadata", "requests", "batch", "file"),
    *("targets", "provider", "model"),
    *("jobName", "modelId", "roleArn", "inputDataConfig", "outputDataConfig", "tags", "custom_id"),
    *("params", "s3InputDataConfig", "s3OutputDataConfig", "s3Uri", "inputConfig", "fileName"),
    *("request", "displayName", "mimeType", "sizeBytes", "name", "key", "value", "anchor"),
]

texts = st.sampled_from(STRANGE) | st.sampled_from([*IDS, REAL_FILE, REAL_BATCH]) | st.text()
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS) | texts, inner, max_size=4)
    ),
    max_leaves=12,
)
_segment = st.sampled_from(
    [
        b'Content-Disposition: form-data; name="file"; filename="in.jsonl"\r\n\r\n{}',
        b'Content-Disposition: form-data; name="file"; filename="../\x01\x7f.jsonl"\r\n\r\n{}',
        b'Content-Disposition: form-data; name="purpose"\r\n\r\nbatch',
        b'Content-Disposition: form-data; name="expires_after[seconds]"\r\n\r\n9e9',
        b'Content-Disposition: form-data; name="\xff"\r\n\r\n\xff',
        b"Content-Disposition: form-data\r\n\r\nnameless",
        b"Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n--y--",
        b"\r\n\r\n",
        b"",
    ]
)
_xml = st.sampled_from(
    [
        b"<Delete><Object><Key>k</Key></Object></Delete>",
        b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1001 + b"</Delete>",
        b"<CompleteMultipartUpload><Part><PartNumber>1e9</PartNumber></Part></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>"
        b"</CompleteMultipartUpload>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a>&undefined;</a>",
        b"<a>" * 10_000,
        b"\xff\xfe<\0a\0/\0>\0",
    ]
)
bodies = (
    st.binary(max_size=50)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.lists(_segment, max_size=4).map(
        lambda parts: b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"
    )
    | _xml
    | st.sampled_from([b"0\r\n\r\n", b"-1\r\nx", b"fffffffffffffff\r\nx", b"2\r\n{}\r\n0\r\n\r\n"])
)


class Asked(NamedTuple):
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    content_type: str
    body: bytes

    def url(self, **names: str) -> str:
        path = quote(named(self.path, names))
        query = urlencode([(name, named(text, names)) for name, text in self.query])
        return f"{path}?{query}" if query else path


def named(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def as_sent(text: str) -> str:
    """What a server lets through of a header: it passes on what is not ASCII as nothing."""
    return text if text.isascii() and text.isprintable() else ""


@st.composite
def paths(draw: Any) -> tuple[str, list[str]]:
    """A path that one of the routes matches, most often with an id where it has one, and its methods."""
    route = draw(st.sampled_from(urlpatterns))
    pattern = re.compile(route.pattern._regex)
    path = draw(st.from_regex(pattern, fullmatch=True))
    found = pattern.fullmatch(path)
    spans = [found.span(name) for name in pattern.groupindex if name not in ("version", "verb")]
    for start, end in sorted(spans, reverse=True):
        if draw(st.integers(0, 3)):
            path = path[:start] + draw(texts) + path[end:]
    # The framework adds HEAD at the first call.
    return f"/{path}", sorted({*route.callback.actions} - {"head"})


@st.composite
def s3_paths(draw: Any) -> tuple[str, list[str]]:
    likely = ["", "/b", "/b/k", "/b/k", "/b/../k", "/bifrost-files/file-{file}"]
    key = draw(st.sampled_from(likely) | texts)
    return f"/bedrock/files{key}", ["get", "head", "put", "post", "delete"]


@st.composite
def asked(draw: Any) -> Asked:
    path, methods = draw(paths() | s3_paths())
    method = draw(st.sampled_from(methods * 5 + METHODS)).upper()
    surface = path.split("/")[1]
    known = QUERIES["bedrock/files" if path.startswith("/bedrock/files") else surface]
    query = draw(st.lists(st.tuples(st.sampled_from(known), texts), max_size=2))
    headers = draw(
        st.dictionaries(st.sampled_from(HEADERS[surface]), texts.map(as_sent), max_size=3)
    )
    headers = {"authorization": "Bearer any", "x-model-provider": "openai", **headers}
    return Asked(method, path, query, headers, draw(st.sampled_from(CONTENT_TYPES)), draw(bodies))
