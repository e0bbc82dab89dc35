"""What others put into a client's bucket is there through OpenAI's SDK, too."""

from urllib.parse import quote

import openai as sdk
import pytest
from openai import OpenAI

from batches.models import Batch
from files.models import File
from providers.models import Workspace
from tests.openai.buckets import AT_BEDROCK, lies_in, listed, place, refused, upload
from tests.sandbox.records import chats, jsonl

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
