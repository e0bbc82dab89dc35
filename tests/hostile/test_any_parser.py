"""Whatever a parser reads: what it means, or an error of ours, and never anything else."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from batches.models import Batch
from files.models import File
from gateway.anthropic import wire as anthropic
from gateway.bedrock import asked as bedrock
from gateway.bedrock import wire as jobs
from gateway.body import BrokenOffError
from gateway.fields import Fields, decoded
from gateway.genai import operations
from gateway.genai import wire as genai
from gateway.openai import wire as openai
from gateway.s3 import conditions, listing, wire
from gateway.s3.address import Address, checked
from gateway.s3.chunked import LONGEST_TRAILERS, Unchunked
from gateway.s3.operations import operation
from gateway.s3.refusals import S3Error
from gateway.surface import RequestError
from gateway.upload import MOST_FIELD_BYTES, MOST_FIELDS, receive
from tests.hostile.routes import STRANGE, json_values
from tests.openai.conftest import form

pytestmark = pytest.mark.once
MANY = settings(max_examples=40)
texts = st.sampled_from(STRANGE) | st.text(max_size=40)
places = st.lists(st.integers(0, 10**6), max_size=8)


def cut(body: bytes, places: Iterable[int]) -> list[bytes]:
    ends = sorted(place % (len(body) + 1) for place in places)
    return [body[a:b] for a, b in pairwise([0, *ends, len(body)]) if a < b]


def refusal_of(read: Callable[[], Any]) -> RequestError | None:
    """The error, if it is one of ours. Others are raised."""
    try:
        read()
    except RequestError as error:
        return error
    return None


def spoilt(right: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """With a few bytes taken away, and others in their place."""
    instead = st.binary(max_size=3) | st.sampled_from(
        [b"\r\n", b"--", b"\0", b"-", b"f" * 20, b"<"]
    )
    return st.builds(
        lambda body, at, size, new: (
            body[: at % (len(body) + 1)] + new + body[at % (len(body) + 1) + size :]
        ),
        right,
        st.integers(0, 10**6),
        st.integers(0, 9),
        instead,
    )


class Kept:
    """Stands where a file is written."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, chunk: bytes) -> None:
        self.content += chunk


parts = st.lists(
    st.tuples(st.sampled_from(["purpose", "a", "b", "file"]), st.text("ab\r\n-x", max_size=20)),
    max_size=4,
    unique_by=lambda part: part[0],
)


def upload(body: bytes, content_type: str) -> HttpRequest:
    return RequestFactory().generic("POST", "/", body, content_type)


@pytest.mark.django_db
@MANY
@given(parts, st.binary(max_size=200))
def test_a_form_is_read_as_it_was_written(some: list, content: bytes):
    fields = [part for part in some if part[0] != "file"]
    kept = Kept()

    found = receive(upload(*form(*fields, ("file", "in.jsonl", content))), kept)

    assert (kept.content, found.fields, found.filename) == (content, dict(fields), "in.jsonl")


@pytest.mark.django_db
@MANY
@given(spoilt(parts.map(lambda some: form(*some, ("file", "in.jsonl", b"{}\n" * 9))[0])), texts)
def test_any_form(body: bytes, boundary: str):
    for kind in ("multipart/form-data; boundary=a-boundary-of-our-own", f"multipart/{boundary}"):
        try:
            found = receive(upload(body, kind), Kept())
        except (RequestError, BrokenOffError):
            continue
        assert len(found.fields) <= MOST_FIELDS
        assert all(len(text) <= MOST_FIELD_BYTES for text in found.fields.values())


def in_chunks(pieces: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in pieces if one) + b"0\r\n\r\n"


@MANY
@given(st.lists(st.binary(max_size=50), max_size=5), places)
def test_chunks_of_amazons_are_taken_apart(pieces: list[bytes], places: list[int]):
    assert b"".join(Unchunked(iter(cut(in_chunks(pieces), places)))) == b"".join(pieces)


@MANY
@given(spoilt(st.lists(st.binary(max_size=50), max_size=5).map(in_chunks)), places)
def test_any_chunks_of_amazons(body: bytes, places: list[int]):
    read = Unchunked(iter(cut(body, places)))
    try:
        assert sum(map(len, read)) <= len(body)
    except S3Error:
        return
    assert sum(map(len, read.trailers)) <= LONGEST_TRAILERS


documents = st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=9)).map(
    lambda keys: (
        "<Delete>"
        + "".join(f"<Object><Key>{wire._text(key)}</Key></Object>" for key in keys)
        + "</Delete>"
    ).encode()
)


@MANY
@given(spoilt(documents) | st.binary(max_size=50) | st.builds(str.encode, st.text(max_size=50)))
def test_any_document(body: bytes):
    for name in ("DeleteObjects", "CompleteMultipartUpload", "CreateBucket"):
        refusal = refusal_of(partial(wire.read_body, operation(name), body))
        assert refusal is None or refusal.code == "MalformedXML"


BOMB = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    "document",
    [
        f'<!DOCTYPE a [<!ENTITY a0 "ha">{BOMB}]><Delete>&a9;</Delete>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Delete>&x;</Delete>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><Delete/>',
        "<!DOCTYPE Delete><Delete/>",
        "<Delete>&x;</Delete>",
        "<Delete>" + "<Object>" * 10**6,
        "<Delete>" + "<Object>" * 40_000 + "</Object>" * 40_000 + "</Delete>",
        "<Delete><Object/>" + "<Object/>" * 10**6 + "</Delete>",
        "<Delete " + " ".join(f"a{n}=''" for n in range(10**5)),
    ],
    ids=lambda document: document[:40],
)
def test_documents_that_grow_or_never_end(document: str):
    for body in (document.encode(), document.encode("utf-8-sig")):
        with pytest.raises(S3Error, match="not well-formed"):
            wire.read_body(operation("DeleteObjects"), body)
    with pytest.raises(S3Error):
        wire.read_body(operation("DeleteObjects"), document.encode("utf-16"))


@MANY
@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_json(body: bytes):
    refusal = refusal_of(lambda: decoded(body, dict))
    if refusal is None:
        assert decoded(body, dict) == json.loads(body)
    else:
        assert refusal.code in ("invalid_json", "duplicate_key")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 10**6,
        b'{"a":' * 10**5,
        b'{"a":' * 10**5 + b"1" + b"}" * 10**5,
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\0"}',
        b'{"a":%b}' % (b"1" * 5000),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_json_that_is_too_deep_or_none(body: bytes):
    with pytest.raises(RequestError, match="no JSON object"):
        decoded(body, dict)


@MANY
@given(texts, st.integers(0, 2**62))
def test_any_range(text: str, size: int):
    for read in (conditions.span_of, conditions.copied_span):
        refusal = refusal_of(partial(read, text, size))
        if refusal is None:
            span = read(text, size)
            assert span is None or 0 <= span.start < span.end <= size
        else:
            assert refusal.code in ("InvalidRange", "InvalidArgument")
    assert all('"' not in tag for tag in conditions.tags(text))


@MANY
@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_a_range_is_what_it_says(start: int, last: int):
    span = conditions.span_of(f"bytes={start}-{last}", 10**16)

    assert span == ((start, last + 1) if start <= last else None)


@MANY
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
def test_a_place_in_a_list_is_found_again(name: str):
    assert listing._read_token(listing._write_token(name)) == name


@MANY
@given(st.datetimes(timezones=st.just(UTC)), st.from_regex(r"[0-9a-z]{12}", fullmatch=True))
def test_a_place_among_batches_is_found_again(at: datetime, pk: str):
    page = genai.write_page("files", [], File(pk=pk, created_at=at))
    found = genai.read_token(page["nextPageToken"], File)

    assert (found.pk, found.created_at) == (pk, at)
    if at.year >= 1000:
        assert bedrock._where(bedrock.write_where(bedrock.Where(at, pk))) == (at, pk)


READERS: dict[str, Callable[[str], Any]] = {
    "token of S3": listing._read_token,
    "token of Google": lambda text: genai.read_token(text, Batch),
    "token of Bedrock": bedrock._where,
    "id of OpenAI": lambda text: openai.read_id(text, "File"),
    "id of Anthropic": lambda text: anthropic.read_id(text, "File"),
    "id of Bedrock": jobs.read_id,
    "name of Google": genai.read_given_name,
    "model of Google": operations.read_model,
    "key of S3": lambda text: checked(Address("b", text)),
    "bucket of S3": lambda text: checked(Address(text, "k")),
    "betas": anthropic.read_betas,
    "list of jobs": lambda text: bedrock.read_list(
        dict.fromkeys(["nameContains", "submitTimeAfter", "submitTimeBefore"], text), statuses=()
    ),
    "page of Anthropic": lambda text: anthropic.read_cursor(Fields({"page": text, "limit": "1"})),
    "limit": lambda text: Fields({"limit": text}).whole("limit", 0, 100),
    "commands": lambda text: genai.read_commands({"x-goog-upload-command": text}),
    "offset": lambda text: genai.read_offset({"x-goog-upload-offset": text}),
    "start of an upload": lambda text: genai.read_file(
        {"file": {"name": text, "displayName": text, "mimeType": text, "sizeBytes": text}}, {}
    ),
}


@pytest.mark.parametrize("reader", READERS)
@MANY
@given(texts)
def test_any_text(reader: str, text: str):
    refusal = refusal_of(lambda: READERS[reader](text))

    assert refusal is None or (refusal.status in (400, 404) and refusal.message)
