"""Files that lie in a client's S3 bucket, through OpenAI's SDK."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import openai as sdk
import pytest
import requests
from openai import OpenAI
from openai.types import FileObject

from batches.models import Batch
from files.models import File
from files.storage import store
from providers.models import Workspace
from tests.openai.conftest import Views
from tests.sandbox import bedrock
from tests.sandbox.records import chats, jsonl

AT_BEDROCK: Any = {"provider": "bedrock"}
ACCOUNT = "AKIAOFACLIENT"


@pytest.fixture(scope="module")
def storage(sandbox_url: str) -> Iterator[Any]:
    with bedrock.connected(sandbox_url, ACCOUNT) as clients:
        yield clients.storage


@pytest.fixture
def s3(credentials, storage: Any) -> Iterator[Any]:
    """The account of this module's tests, which share AWS's clients: these take long to make."""
    credential = credentials["bedrock"]
    credential.secret = "secret"
    credential.options = {"access_key_id": ACCOUNT, "role_arn": bedrock.ROLE}
    credential.save()
    yield storage
    for bucket in ("of-a-client", "own"):
        for key in lies_in(storage, bucket):
            storage.delete_object(Bucket=bucket, Key=key)


@pytest.fixture
def options(credentials, s3: Any) -> Callable[..., None]:
    """Gives the credential more options."""

    def give(**more: Any) -> None:
        credentials["bedrock"].options |= more
        credentials["bedrock"].save()

    return give


def place(bucket: str = "of-a-client", **more: str) -> dict[str, Any]:
    return {**AT_BEDROCK, "storage_config": {"s3": {"bucket": bucket, **more}}}


def upload(
    client: OpenAI, content: bytes = b"{}\n", name: str = "in.jsonl", **body: Any
) -> FileObject:
    return client.files.create(file=(name, content), purpose="batch", extra_body=body)


def lies_in(s3: Any, bucket: str = "of-a-client") -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def listed(client: OpenAI, *, limit: int | None = None, **more: Any) -> list[FileObject]:
    return list(client.files.list(limit=limit or sdk.omit, extra_query=place(**more)))


def refused(
    kind: type[sdk.APIStatusError], call: Callable[..., Any], *given: Any, **named: Any
) -> Any:
    with pytest.raises(kind) as caught:
        call(*given, **named)
    return caught.value


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


ODD = ["dir/a b+c.jsonl", "a//b", "50%/%2F?&=#.jsonl", "k/content", "a/content/content"]


@pytest.mark.parametrize("key", ODD)
def test_what_others_put_there_is_a_file_too(inside: OpenAI, s3, key: str):
    s3.put_object(Bucket="of-a-client", Key=key, Body=b"of others")

    (file,) = listed(inside)

    assert file.id == f"s3://of-a-client/{key}"
    assert (file.bytes, file.purpose) == (9, "batch")
    assert file.filename == key.rpartition("/")[2]
    head = s3.head_object(Bucket="of-a-client", Key=key)
    assert file.created_at == int(head["LastModified"].timestamp())
    assert inside.files.retrieve(file.id, extra_query=AT_BEDROCK) == file
    assert inside.files.content(file.id, extra_query=AT_BEDROCK).read() == b"of others"
    assert not File.objects.exists()
    deleted = inside.files.delete(file.id, extra_query=AT_BEDROCK)
    assert (deleted.id, deleted.deleted) == (file.id, True)
    assert lies_in(s3) == []


def test_an_object_named_content_is_not_the_content_of_another(inside: OpenAI, s3):
    for key, body in (("k", b"one"), ("k/content", b"two")):
        s3.put_object(Bucket="of-a-client", Key=key, Body=body)

    file = inside.files.retrieve("s3://of-a-client/k/content")

    assert (file.id, file.bytes) == ("s3://of-a-client/k/content", 3)
    assert inside.files.content("s3://of-a-client/k").read() == b"one"
    assert inside.files.content("s3://of-a-client/k/content").read() == b"two"


# Words of the whole world only here: the transport of `inside` takes Latin ones.
@pytest.mark.parametrize("key", ["a b+c.jsonl", "dir/end/", "k/content", "ümläut/日本.jsonl"])
def test_older_sdks_leave_slashes_as_they_are(client, s3, inside, key: str):
    s3.put_object(Bucket="of-a-client", Key=key, Body=b"one")
    path = f"/openai/v1/files/s3://of-a-client/{quote(key)}"
    as_json = {"authorization": "Bearer any", "accept": "application/json"}

    assert client.get(path, headers=as_json).json()["id"] == f"s3://of-a-client/{key}"
    answer = client.get(f"{path}/content", headers={"authorization": "Bearer any"})
    assert b"".join(answer.streaming_content) == b"one"


@pytest.mark.parametrize(
    "file_id", ["s3://", "s3://x", "s3://of-a-client/", "s3:///x", "s3://a_/x"]
)
def test_a_name_that_is_none_is_not_found(inside: OpenAI, s3, file_id: str):
    refused(sdk.NotFoundError, inside.files.retrieve, file_id)


def test_ours_keep_their_ids_beside_others(inside: OpenAI, s3):
    ours = upload(inside, **place(prefix="in"))
    s3.put_object(Bucket="of-a-client", Key="in/z.jsonl", Body=b"")
    s3.put_object(Bucket="of-a-client", Key="input/z.jsonl", Body=b"")
    s3.put_object(Bucket="of-a-client", Key="z.jsonl", Body=b"")

    assert [file.id for file in listed(inside, prefix="in")] == [
        ours.id,
        "s3://of-a-client/in/z.jsonl",
    ]
    assert [file.id for file in listed(inside, prefix="/in/")] == [
        ours.id,
        "s3://of-a-client/in/z.jsonl",
    ]
    assert len(listed(inside)) == 4
    assert inside.files.retrieve(f"s3://of-a-client/in/{ours.id}/in.jsonl") == ours
    # Without a place it lists what Bifrost keeps.
    assert list(inside.files.list(extra_query=AT_BEDROCK)) == [ours]


def test_pages_follow_one_another_while_objects_come_and_go(inside: OpenAI, s3):
    for number in range(6):
        s3.put_object(Bucket="of-a-client", Key=f"in/{number}", Body=b"")
    where = place(prefix="in")
    page = inside.files.list(limit=2, extra_query=where)
    assert [file.filename for file in page.data] == ["0", "1"]
    assert (page.has_more, page.to_dict()["last_id"]) == (True, page.data[-1].id)

    s3.delete_object(Bucket="of-a-client", Key="in/1")
    s3.put_object(Bucket="of-a-client", Key="in/00", Body=b"")
    s3.delete_object(Bucket="of-a-client", Key="in/3")
    s3.put_object(Bucket="of-a-client", Key="in/4a", Body=b"")

    page = page.get_next_page()
    assert [file.filename for file in page.data] == ["2", "4"]
    page = page.get_next_page()
    assert [file.filename for file in page.data] == ["4a", "5"]
    assert page.has_more is False
    assert len(list(inside.files.list(limit=1, extra_query=where))) == 6


def test_pages_may_begin_behind_ours(inside: OpenAI, s3):
    ours = [upload(inside, **place(prefix="in")) for _ in range(3)]
    order = sorted(file.id for file in ours)

    found = [file.id for file in listed(inside, prefix="in", limit=1)]
    assert found == order

    inside.files.delete(order[0])
    page = inside.files.list(after=order[0], extra_query=place(prefix="in"))
    assert [file.id for file in page.data] == order[1:]


def test_a_page_behind_something_else_is_not_found(inside: OpenAI, s3):
    elsewhere = upload(inside)

    for after in (elsewhere.id, "s3://another/in/1", "file-abcdefghijkl", "nonsense"):
        refused(sdk.NotFoundError, inside.files.list, after=after, extra_query=place(prefix="in"))


def test_buckets_know_one_order_and_one_purpose(inside: OpenAI, s3):
    s3.put_object(Bucket="of-a-client", Key="x", Body=b"")

    assert len(list(inside.files.list(purpose="batch", extra_query=place()))) == 1
    assert refused(
        sdk.BadRequestError, inside.files.list, purpose="vision", extra_query=place()
    ).param == ("purpose")
    assert refused(
        sdk.BadRequestError, inside.files.list, order="desc", extra_query=place()
    ).param == ("order")


def test_jobs_of_others_in_a_shared_bucket_are_nobodys_to_see(inside: OpenAI, s3, options):
    options(bucket="own")
    s3.put_object(Bucket="own", Key="bifrost/a/b.jsonl.out", Body=b"secret")
    s3.put_object(Bucket="own", Key="z", Body=b"")

    assert [file.filename for file in listed(inside, bucket="own")] == ["z"]
    for call in (inside.files.retrieve, inside.files.content, inside.files.delete):
        refused(sdk.PermissionDeniedError, call, "s3://own/bifrost/a/b.jsonl.out")
    assert s3.head_object(Bucket="own", Key="bifrost/a/b.jsonl.out")


def test_files_of_other_workspaces_in_a_shared_bucket_are_nobodys_to_see(inside: OpenAI, s3):
    theirs = upload(inside, **place())
    File.objects.update(workspace=Workspace.objects.create(name="other"))

    assert listed(inside) == []
    refused(sdk.NotFoundError, inside.files.content, f"s3://of-a-client/{theirs.id}/in.jsonl")


def test_what_a_batch_reads_stays_until_it_has_ended(inside: OpenAI, s3):
    file = upload(inside, jsonl(chats(1)), **place())
    inside.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
    )

    assert inside.files.delete(file.id).deleted

    refused(sdk.NotFoundError, inside.files.retrieve, file.id)
    assert listed(inside) == []
    assert lies_in(s3) == [f"{file.id}/in.jsonl"]


def test_a_batch_adopts_what_others_put_there(inside: OpenAI, s3):
    s3.put_object(Bucket="of-a-client", Key="in/a b.jsonl", Body=jsonl(chats(1)))
    name = "s3://of-a-client/in/a b.jsonl"

    batches = [
        inside.batches.create(
            input_file_id=name, endpoint="/v1/chat/completions", completion_window="24h"
        )
        for _ in range(2)
    ]

    assert [batch.input_file_id for batch in batches] == [name, name]
    assert inside.batches.retrieve(batches[0].id).input_file_id == name
    row = Batch.objects.first().input_file
    assert (row.bucket, row.key, row.size) == ("of-a-client", "in/a b.jsonl", len(jsonl(chats(1))))
    assert File.objects.count() == 1
    # It keeps its name, in whichever list, and either name finds it.
    assert [file.id for file in inside.files.list(limit=1)] == [name]
    assert [file.id for file in listed(inside)] == [name]
    assert inside.files.retrieve(f"file-{row.pk}").id == name


def test_a_batch_of_what_is_not_there_is_refused(inside: OpenAI, s3):
    error = refused(
        sdk.NotFoundError,
        inside.batches.create,
        input_file_id="s3://of-a-client/in/none.jsonl",
        endpoint="/v1/chat/completions",
        completion_window="24h",
    )

    assert "s3://of-a-client/in/none.jsonl" in error.body["message"]
