"""Creates: what is refused and how it is named, repeats, keys and versions."""

import json
from typing import Any

import anthropic as sdk
import pytest
from anthropic import Anthropic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batches.models import Batch
from files import services as files
from files.models import File
from gateway.anthropic import views, wire
from gateway.inline import Limits
from providers.models import Credential, VirtualKey, Workspace
from tests.anthropic.asking import Raw, ask, lived, request, requests

GOOD = request("good")
AGAIN = {"x-stainless-retry-count": "1"}
OLD = {"x_api_key": "any-key", "anthropic_version": "2023-06-01"}
NEW = {"authorization": "Bearer any-key", "anthropic_version": "2026-10-21"}
MANY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def content(batch: Batch) -> bytes:
    return b"".join(files.stream(batch.input_file))


def test_requests_are_kept_as_they_were_written(raw: Raw):
    written = (
        b'{ "params": {"max_tokens": 1e1,\r\n\t"max_tokens": 10, "a":"\\u00e9"}, "custom_id": "%s"}'
    )
    elements = [written % name for name in (b"a", b"b")]

    answer = raw.create(b'{"requests": [%b , %b]}' % tuple(elements))

    assert answer.status == 200, answer.content
    batch = Batch.objects.get()
    kept = b"".join(one.replace(b"\r\n", b"  ") + b"\n" for one in elements)
    assert content(batch) == kept
    assert (batch.input_file.purpose, batch.input_file.surface) == ("batch", "anthropic")
    assert (batch.total, batch.endpoint) == (2, "/v1/chat/completions")


def changed(**changes: object) -> dict[str, Any]:
    return {name: value for name, value in {**GOOD, **changes}.items() if value is not ...}


WRONG = [
    (changed(custom_id=...), "requests.1.custom_id"),
    (changed(custom_id=7), "requests.1.custom_id"),
    (changed(custom_id=""), "requests.1.custom_id"),
    (changed(custom_id="a b"), "requests.1.custom_id"),
    (changed(custom_id="ü"), "requests.1.custom_id"),
    (changed(custom_id="x" * 65), "requests.1.custom_id"),
    (changed(custom_id="good"), "requests.1.custom_id"),
    (changed(params=...), "requests.1.params"),
    (changed(params=[]), "requests.1.params"),
    (changed(params="{}"), "requests.1.params"),
    (changed(custom_id="b", foo=1), "requests.1.foo"),
    ({}, "requests.1.custom_id"),
    (7, "requests.1"),
    (None, "requests.1"),
    ([GOOD], "requests.1"),
]


@pytest.mark.parametrize(("wrong", "path"), WRONG)
def test_one_wrong_request_among_many_is_named(alone: Anthropic, wrong: Any, path: str):
    others = [request(f"c{n}") for n in range(500)]
    with pytest.raises(sdk.BadRequestError) as caught:
        alone.beta.messages.batches.create(requests=[GOOD, wrong, *others])

    assert caught.value.type == "invalid_request_error"
    assert caught.value.api_message.startswith(f"{path}: ")
    assert caught.value.request_id
    assert not Batch.objects.exists()
    assert not File.objects.exists()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "requests"),
        (b"{}", "requests"),
        (b'{"requests": null}', "requests"),
        (b'{"requests": []}', "requests"),
        (b'{"requests": {}}', "requests"),
        (b'{"requests": "x"}', "requests"),
        (b'{"requests": [{"custom_id": "a", "params": {}}], "metadata": {}}', "metadata"),
        (b'{"input_file_id": "file_000000000000"}', "requests"),
        (b'{"requests": [{"custom_id": "a", "params": {}}', "no JSON"),
        (b'{"requests": [{"custom_id": "a", "params": {]}', "requests.0"),
        (b"[]", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 9999, "no JSON"),
    ],
)
def test_a_body_that_cannot_be(raw: Raw, body: bytes, named: str):
    answer = raw.create(body)
    assert (answer.status, answer.error["type"]) == (400, "invalid_request_error")
    assert named in answer.error["message"]
    assert not File.objects.exists()


@MANY
@given(st.dictionaries(st.sampled_from(["requests", "a", ""]), anything) | anything)
def test_no_body_makes_the_server_fail(raw: Raw, body: object):
    answer = raw.create(body)
    assert answer.status in (400, 413)
    assert answer.error["type"] in ("invalid_request_error", "request_too_large")


def test_the_limits_are_the_vendors(alone: Anthropic, monkeypatch):
    assert views.INLINE.requests == 100_000
    assert views.INLINE.bytes >= 256_000_000
    monkeypatch.setattr(views, "INLINE", Limits(bytes=10_000, requests=3))
    create = alone.beta.messages.batches.create

    assert create(requests=requests(*"abc")).request_counts.processing == 3
    with pytest.raises(sdk.BadRequestError, match="more than 3 requests"):
        create(requests=requests(*"abcd"))
    with pytest.raises(sdk.RequestTooLargeError, match="larger than 10000 bytes") as caught:
        create(requests=requests("a" * 10_000))
    assert caught.value.body["error"]["type"] == "request_too_large"
    assert File.objects.count() == 1


def test_what_is_in_a_request_is_judged_by_the_provider(inside: Anthropic):
    wrong: Any = {"custom_id": "wrong", "params": {**ask(), "temperature": "warm"}}
    batch = inside.beta.messages.batches.create(requests=[GOOD, wrong])

    lived(inside, batch)

    told = {one.custom_id: one.result for one in inside.beta.messages.batches.results(batch.id)}
    assert told["good"].type == "succeeded"
    assert "temperature" in told["wrong"].error.error.message


@pytest.mark.parametrize("beta", sorted(wire.GENERAL_BY_NOW))
def test_betas_of_before_are_taken(alone: Anthropic, beta: str):
    assert alone.beta.messages.batches.create(requests=[GOOD], betas=[beta]).id


def test_a_beta_that_is_not_sent_on_is_refused(alone: Anthropic):
    with pytest.raises(sdk.BadRequestError, match="'output-300k-2026-03-24' cannot be chosen"):
        alone.beta.messages.batches.create(
            requests=[GOOD], betas=["message-batches-2024-09-24", "output-300k-2026-03-24"]
        )


def test_a_provider_without_an_account_is_refused(alone: Anthropic):
    Credential.objects.filter(provider="anthropic").update(enabled=False)
    with pytest.raises(sdk.BadRequestError, match="No credential for provider 'anthropic'"):
        alone.beta.messages.batches.create(requests=[GOOD])
    assert not File.objects.exists()


def test_a_create_that_the_sdk_repeats_makes_one_batch(alone: Anthropic):
    create = alone.beta.messages.batches.create
    first = create(requests=[GOOD])

    assert create(requests=[GOOD], extra_headers=AGAIN).id == first.id
    assert File.objects.count() == 1
    assert create(requests=[GOOD]).id != first.id
    assert create(requests=[request("other")], extra_headers=AGAIN).id != first.id
    other = alone.with_options(api_key="other").beta.messages.batches
    assert other.create(requests=[GOOD], extra_headers=AGAIN).id != first.id
    assert File.objects.count() == Batch.objects.count() == 4


def test_an_idempotency_key_makes_one_batch(alone: Anthropic):
    create = alone.beta.messages.batches.create
    key = {"idempotency-key": "k"}
    first = create(requests=[GOOD], extra_headers=key)

    assert create(requests=[GOOD], extra_headers=key).id == first.id
    with pytest.raises(sdk.BadRequestError, match="Idempotency-Key was used before"):
        create(requests=[request("other")], extra_headers=key)
    assert File.objects.count() == Batch.objects.count() == 1


@pytest.mark.parametrize("headers", [OLD, NEW, {"x_api_key": "k"}, {"x_bf_vk": "k"}])
@pytest.mark.parametrize("query", ["", "?beta=true"])
def test_both_lines_and_neither_say_who_asks(raw: Raw, headers: dict, query: str):
    made = raw.call("POST", f"/v1/messages/batches{query}", {"requests": [GOOD]}, **headers)
    assert made.status == 200, made.content
    listed = raw.call("GET", f"/v1/messages/batches{query}", **headers)
    assert [one["id"] for one in listed.json["data"]] == [made.json["id"]]
    assert made.headers["request-id"] != listed.headers["request-id"]


def test_a_key_must_be_sent_and_be_known(connect, accounts, settings, workspace: Workspace):
    settings.AUTH = "keys"
    key = VirtualKey(workspace=workspace, name="k")
    known = key.renew().key
    key.save()

    assert connect(api_key=known).beta.messages.batches.list().data == []
    with pytest.raises(sdk.AuthenticationError) as caught:
        connect(api_key="unknown").beta.messages.batches.list()
    assert caught.value.type == "authentication_error"
    assert caught.value.body["request_id"] == caught.value.request_id


def test_a_request_without_a_key(raw: Raw):
    answer = raw.call("GET", "/v1/files", accept="*/*")
    assert (answer.status, answer.error["type"]) == (401, "authentication_error")


def test_nothing_crosses_workspaces(connect, accounts, settings, workspace: Workspace):
    settings.AUTH = "keys"
    clients = []
    for owner in (workspace, Workspace.objects.create(name="other")):
        key = VirtualKey(workspace=owner, name="k")
        clients.append(connect(api_key=key.renew().key))
        key.save()
    mine, other = clients
    batch = mine.beta.messages.batches.create(requests=[GOOD])
    file = mine.beta.files.upload(file=("a", b"x"))

    for call in (
        lambda: other.beta.messages.batches.retrieve(batch.id),
        lambda: other.beta.messages.batches.cancel(batch.id),
        lambda: other.beta.messages.batches.delete(batch.id),
        lambda: other.beta.messages.batches.list(after_id=batch.id),
        lambda: other.get(f"/v1/messages/batches/{batch.id}/results", cast_to=object),
        lambda: other.beta.files.retrieve_metadata(file.id),
        lambda: other.beta.files.download(file.id),
        lambda: other.beta.files.delete(file.id),
    ):
        with pytest.raises(sdk.NotFoundError):
            call()
    assert other.beta.messages.batches.list().data == []
    assert other.beta.files.list(ids=[file.id]).data == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "", 404),
        ("GET", "/", 404),
        ("POST", "/v1/messages", 404),
        ("GET", "/v1/v1/files", 404),
        ("PUT", "/v1/files", 405),
        ("POST", "/v1/messages/batches/msgbatch_000000000000/cancel", 404),
        ("POST", "/v1/messages/batches?beta=maybe", 400),
        ("GET", "/v1/messages/batches/msgbatch_000000000000?limit=3", 400),
    ],
)
def test_what_there_is_not(raw: Raw, method: str, path: str, status: int):
    answer = raw.call(method, path)
    assert answer.status == status
    assert answer.error["type"] == ("not_found_error" if status == 404 else "invalid_request_error")


def test_a_failure_of_ours_tells_nothing(raw: Raw, monkeypatch):
    def fail(*args: object, **more: object) -> None:
        raise ValueError("secret")

    monkeypatch.setattr(wire, "write_list", fail)
    answer = raw.get("/v1/messages/batches")
    assert (answer.status, answer.error["type"]) == (500, "api_error")
    assert "secret" not in json.dumps(answer.json)
