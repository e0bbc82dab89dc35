"""Files that lie in a client's S3 bucket, through OpenAI's SDK."""

from collections.abc import Callable, Iterator
from typing import Any

import openai as sdk
import pytest
import requests
from openai import OpenAI

from files.models import File
from files.storage import store
from tests.openai.buckets import AT_BEDROCK, lies_in, listed, place, refused, upload
from tests.openai.conftest import Views
from tests.sandbox.records import chats, jsonl


def test_a_file_lies_where_its_client_says(inside: OpenAI, s3):
    content = jsonl(chats(2))
    where = place(region="us-west-2", prefix="bifrost-batch-output")

    file = upload(inside, content, "batch_input.jsonl", **where)

    (key,) = lies_in(s3)
    assert key == f"bifrost-batch-output/{file.id}/batch_input.jsonl"
    found = s3.get_object(Bucket="of-a-client", Key=key)
    assert (found["Body"].read(), found["ContentType"]) == (content, "application/octet-stream")
    assert (file.filename, file.bytes, file.purpose) == ("batch_input.jsonl", len(content), "batch")
    row = File.objects.get()
    assert row.region == "us-west-2"
    with pytest.raises(FileNotFoundError):
        next(store().stream(row.path))


def test_later_calls_need_only_the_id(inside: OpenAI, s3):
    file = upload(inside, b"content", **place(prefix="in"))

    assert inside.files.retrieve(file.id, extra_query=AT_BEDROCK) == file
    assert inside.files.content(file.id, extra_query=AT_BEDROCK).read() == b"content"
    assert file in list(inside.files.list(extra_query=AT_BEDROCK))
    assert inside.files.delete(file.id, extra_query=AT_BEDROCK).deleted
    assert lies_in(s3) == []
    refused(sdk.NotFoundError, inside.files.content, file.id, extra_query=AT_BEDROCK)


def test_calls_may_name_place_and_provider_anywhere(inside: OpenAI, s3):
    where = place(prefix="in", region="us-west-2")
    file = upload(inside, b"content", **where)

    assert inside.files.retrieve(file.id, extra_query=where) == file
    assert inside.files.content(file.id, extra_query=where).read() == b"content"
    assert inside.files.delete(file.id, extra_body=AT_BEDROCK).deleted


def fields(**more: str) -> list[tuple[str, str]]:
    named = {"purpose": "batch", "provider": "bedrock", **more}
    return list(named.items())


@pytest.mark.parametrize("first", ["file", "fields"])
def test_the_file_may_come_before_what_is_said_of_it(views: Views, s3, first: str):
    said = fields(**{"storage_config[s3][bucket]": "of-a-client"})
    content = ("file", "in.jsonl", b"content")
    parts = [content, *said] if first == "file" else [*said, content]

    status, file = views.upload(*parts)

    assert status == 200
    assert lies_in(s3) == [f"{file['id']}/in.jsonl"]


def test_the_credentials_own_bucket_is_the_usual_one(inside: OpenAI, s3, options):
    options(bucket="own", prefix="/team/a/")

    file = upload(inside, **AT_BEDROCK)
    other = upload(inside, **place(bucket="own", prefix="b"))
    third = upload(inside, **place(bucket="of-a-client"))

    assert sorted(lies_in(s3, "own")) == sorted(
        [f"team/a/{file.id}/in.jsonl", f"b/{other.id}/in.jsonl"]
    )
    assert lies_in(s3) == [f"{third.id}/in.jsonl"]
    found = inside.files.list(
        extra_query={**AT_BEDROCK, "storage_config": {"s3": {"region": "eu-west-1"}}}
    )
    assert list(found) == [file]


def test_without_any_bucket_it_says_which_field_is_missing(inside: OpenAI, s3):
    error = refused(sdk.BadRequestError, upload, inside, **AT_BEDROCK)

    assert error.param == "storage_config.s3.bucket"
    assert error.code == "missing_required_parameter"
    assert "bucket" in error.body["message"]
    assert not File.objects.exists()


@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini", None])
def test_places_are_for_bedrock_alone(inside: OpenAI, s3, provider: str | None):
    where = place()
    where["provider"] = provider
    for call in (
        lambda: upload(inside, **where),
        lambda: list(inside.files.list(extra_query=where)),
        lambda: inside.files.retrieve("file-abcdefghijkl", extra_query=where),
    ):
        error = refused(sdk.BadRequestError, call)
        assert error.param == "storage_config"
        assert "'bedrock'" in error.body["message"]


@pytest.mark.parametrize(
    ("where", "param"),
    [
        ({"bucket": "no/name"}, "storage_config.s3.bucket"),
        ({"bucket": "arn:aws:s3:eu-west-1:000000000000:accesspoint/x"}, "storage_config.s3.bucket"),
        ({"region": "evil.example.com/"}, "storage_config.s3.region"),
        ({"prefix": "x" * 513}, "storage_config.s3.prefix"),
        ({"acl": "public-read"}, "storage_config.s3.acl"),
    ],
)
def test_a_place_that_is_none_is_refused_by_name(inside: OpenAI, s3, where: dict, param: str):
    error = refused(sdk.BadRequestError, upload, inside, **place(**where))

    assert error.param == param
    assert not File.objects.exists()


def test_other_stores_than_s3_are_refused_by_name(inside: OpenAI, s3):
    where = {**AT_BEDROCK, "storage_config": {"gcs": {"bucket": "x"}}}

    assert (
        refused(sdk.BadRequestError, upload, inside, **where).param == "storage_config.gcs.bucket"
    )


def test_a_name_too_long_for_s3_is_refused(inside: OpenAI, s3):
    long = "ü" * 500 + ".jsonl"

    error = refused(sdk.BadRequestError, upload, inside, b"", long, **place(prefix="x" * 50))

    assert error.param == "file"


def test_two_providers_in_one_call_are_refused(inside: OpenAI, s3):
    given: Any = {"extra_body": AT_BEDROCK, "extra_query": {"provider": "openai"}}

    error = refused(
        sdk.BadRequestError, inside.files.create, file=("a.jsonl", b""), purpose="batch", **given
    )

    assert error.param == "provider"


def test_a_bucket_that_is_not_there_is_named(inside: OpenAI, s3):
    for call in (
        lambda: upload(inside, **place("missing-bucket")),
        lambda: listed(inside, bucket="missing-bucket"),
    ):
        error = refused(sdk.NotFoundError, call)
        assert error.code == "no_such_bucket"
        assert "missing-bucket" in error.body["message"]
    error = refused(sdk.NotFoundError, inside.files.delete, "s3://missing-bucket/x")
    assert error.code == "no_such_key"
    assert not File.objects.exists()


def test_an_account_that_may_not_is_told_what_to_allow(inside: OpenAI, s3, options):
    options(access_key_id="sandbox-invalid")

    for call in (
        lambda: upload(inside, **place()),
        lambda: listed(inside),
        lambda: inside.files.retrieve("s3://of-a-client/x"),
    ):
        error = refused(sdk.PermissionDeniedError, call)
        assert error.code == "bucket_access_denied"
        assert "s3:PutObject" in error.body["message"]
        assert "sandbox-invalid" not in error.body["message"]
    assert not File.objects.exists()


@pytest.fixture
def fault(sandbox_url: str) -> Iterator[Callable[..., None]]:
    faults = f"{sandbox_url}/_sandbox/faults"

    def order(**fault: Any) -> None:
        requests.request("POST", faults, json={"provider": "s3", **fault}, timeout=5)

    yield order
    requests.request("DELETE", faults, timeout=5)


def test_a_store_that_is_down_may_be_tried_again(inside: OpenAI, s3, fault):
    fault(operation="objects.put", status=403, times=1)
    refused(sdk.PermissionDeniedError, upload, inside, **place())

    file = upload(inside, b"content", **place())
    fault(operation="objects.head", status=500, times=None)
    error = refused(sdk.InternalServerError, inside.files.delete, file.id)

    assert (error.status_code, error.code) == (503, "bucket_unavailable")
    assert inside.files.retrieve(file.id) == file
