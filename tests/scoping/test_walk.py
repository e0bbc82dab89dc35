"""What is another workspace's is what never was: in status, headers, body and the work that it makes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from gateway.s3 import own, window
from gateway.s3.address import address_of
from gateway.s3.operations import all_headers, asked
from gateway.urls import urlpatterns
from tests.scoping.estate import Estate, owned_models
from tests.scoping.samples import SURFACES, Sample

SAMPLES = [sample for samples in SURFACES.values() for sample in samples]
# What is made new for whoever asks, and when.
NEW = re.compile(
    r"\b(?:file[-_]|batch_|msgbatch_)?[0-9a-z]{12}\b|[\w-]{43,}|\d{4}-\d\d-\d\dT[\d:.]+Z|\b\d{10}\b"
)
LITERALS = re.compile(r"""'(?:[^']|'')*'|"s\d+_x\d+"|\b\d+\b""")
# The body is compared itself, without what is new in it.
UNTOLD = {"date", "last-modified", "content-length"}


@dataclass
class Seen:
    """All that a request lets its sender see, and the statements that it took."""

    status: int
    headers: dict[str, str]
    body: str
    statements: list[str]


class Walker:
    """Sends requests with a key of another workspace, and takes back what they change."""

    def __init__(self, client: Client, key: str, estate: Estate) -> None:
        self.client = client
        self.key = key
        self.estate = estate
        self.rows = estate.rows()
        self.words = estate.words()

    def walk(self, sample: Sample, names: dict[str, str]) -> Seen:
        """What is to be the same whatever is named: nothing in it tells that from another of its kind."""
        with transaction.atomic():
            seen = self.ask(sample.naming(names))
            if any(not one.startswith("SELECT") for one in seen.statements):
                assert self.estate.rows() == self.rows
            transaction.set_rollback(True)
        assert seen.status == sample.status, (names, seen.body)
        told = f"{seen.headers} {seen.body}"
        named = f"{names} {sample.path}"
        assert [word for word in self.words if word in told and word not in named] == []
        return plain(seen, names)

    def ask(self, sample: Sample) -> Seen:
        headers = {"x-bf-vk": self.key, "x-request-id": "the-same", **sample.headers}
        with CaptureQueriesContext(connection) as queries:
            answer = self.client.generic(
                sample.method, sample.path, sample.body, sample.content_type, headers=headers
            )
            chunks = answer.streaming_content if answer.streaming else [answer.content]
            body = b"".join(chunks).decode()
        statements = [LITERALS.sub("?", query["sql"]) for query in queries.captured_queries]
        told = {name.lower(): text for name, text in answer.items() if name.lower() not in UNTOLD}
        return Seen(answer.status_code, told, body, statements)


def named(constants: dict[str, str], sample: Sample, estate: Estate) -> Iterator[tuple[Any, Any]]:
    """What its braces may stand for: each thing that is theirs, beside what never was."""
    kinds = sample.kinds()
    choices = [estate.kinds[kind] for kind in kinds]
    for number in range(max(map(len, choices), default=1)):
        taken = [choice[number % len(choice)] for choice in choices]
        pair = zip(*taken, strict=True) if taken else ((), ())
        theirs, absent = (constants | dict(zip(kinds, one, strict=True)) for one in pair)
        yield theirs, absent


def plain(seen: Seen, names: dict[str, str]) -> Seen:
    """With nothing in it that tells one request from another of the same kind."""
    words = sorted(
        {one for text in names.values() for one in (text, quote(text, safe=""))}, key=len
    )

    def blank(text: str) -> str:
        for word in reversed(words):
            text = text.replace(word, "ASKED")
        return NEW.sub("NEW", text)

    headers = {name: blank(text) for name, text in seen.headers.items()}
    return Seen(seen.status, headers, blank(seen.body), seen.statements)


def test_every_route_and_method_has_a_sample():
    names = dict.fromkeys(("row", "name", "mine"), "0" * 12)
    names |= dict.fromkeys(("bucket", "their_bucket", "key", "object", "token"), "any")
    names |= dict.fromkeys(
        ("place", "upload", "part", "file_page", "batch_page", "job_page"), "any"
    )
    walked = set()
    for sample in SAMPLES:
        path = sample.naming(names).path.partition("?")[0]
        walked.add((resolve(path, "gateway.urls").route, sample.method.lower()))

    # Whatever answers a GET answers a HEAD, without the body.
    routes = {
        (str(route.pattern), method)
        for route in urlpatterns
        for method in route.callback.actions.keys() - {"head"}
    }

    assert routes - walked == set(), "add samples for these to tests/scoping/samples.py"


@pytest.mark.parametrize(("store", "provider"), [(own, "openai"), (window, "bedrock")])
def test_every_operation_of_s3_has_a_sample(store: Any, provider: str):
    walked = set()
    for sample in SURFACES["s3"]:
        if sample.headers.get("x-model-provider", "bedrock") == provider:
            request = RequestFactory().generic(sample.method, sample.path, headers=sample.headers)
            walked.add(asked(request, address_of(request), all_headers(request)).name)

    assert set(store.OPERATIONS) - walked == set()


def test_the_others_own_a_row_of_every_model(estate: Estate):
    models = {model.__name__ for model, _ in owned_models()}

    assert {"File", "Batch", "Job", "UploadPart", "Credential"} < models
    assert models == {name for name, _ in estate.rows()}


@pytest.mark.parametrize("samples", SURFACES.values(), ids=SURFACES)
def test_what_is_theirs_is_what_never_was(
    subtests: pytest.Subtests,
    client: Client,
    key: str,
    estate: Estate,
    constants: dict[str, str],
    aws: Any,
    samples: list[Sample],
):
    contents = estate.bytes(aws)
    walker = Walker(client, key, estate)

    for sample in samples:
        with subtests.test(msg=str(sample)):
            for theirs, absent in named(constants, sample, estate):
                assert walker.walk(sample, theirs) == walker.walk(sample, absent), theirs

    assert estate.bytes(aws) == contents
