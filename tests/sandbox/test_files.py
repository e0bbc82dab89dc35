import os

import openai
import pytest
import requests
from openai import OpenAI

THIRTY_DAYS = 30 * 86_400


def test_a_file_comes_back_as_it_was_sent(client: OpenAI):
    content = os.urandom(300_000) + b"\r\n--\r\n\r\n"
    file = client.files.create(file=("notes é.bin", content), purpose="user_data")
    assert file.bytes == len(content)
    assert file.filename == "notes é.bin"
    assert file.status == "processed"
    assert file.expires_at is None
    assert client.files.content(file.id).read() == content
    assert client.files.retrieve(file.id) == file


def test_an_empty_file_is_a_file(client: OpenAI):
    file = client.files.create(file=("empty.txt", b""), purpose="user_data")
    assert file.bytes == 0
    assert client.files.content(file.id).read() == b""


def test_a_deleted_file_is_gone(client: OpenAI):
    file = client.files.create(file=("a.txt", b"a"), purpose="user_data")
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError) as caught:
        client.files.content(file.id)
    assert caught.value.body == {
        "message": f"No such File object: {file.id}",
        "type": "invalid_request_error",
        "param": "id",
        "code": None,
    }


@pytest.mark.parametrize("purpose", ["assistants", "fine-tune", "vision", "user_data"])
def test_every_purpose_is_kept(client: OpenAI, purpose):
    assert client.files.create(file=("a.jsonl", b"{}"), purpose=purpose).purpose == purpose


def test_files_for_batches_expire_after_thirty_days(client: OpenAI):
    file = client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    assert file.expires_at == file.created_at + THIRTY_DAYS


def test_an_expiry_of_ones_own_is_kept(client: OpenAI):
    file = client.files.create(
        file=("a.jsonl", b"{}"),
        purpose="user_data",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )
    assert file.expires_at == file.created_at + 3600


@pytest.mark.parametrize(
    ("expiry", "code"),
    [
        ({"anchor": "created_at", "seconds": 3599}, "integer_below_min_value"),
        ({"anchor": "created_at", "seconds": 2_592_001}, "integer_above_max_value"),
        ({"anchor": "created_at", "seconds": "soon"}, "invalid_type"),
        ({"anchor": "now", "seconds": 3600}, "invalid_value"),
        ({"anchor": "created_at"}, "missing_required_parameter"),
    ],
)
def test_an_impossible_expiry_is_refused(client: OpenAI, expiry, code):
    with pytest.raises(openai.BadRequestError) as caught:
        client.files.create(file=("a.txt", b"a"), purpose="user_data", expires_after=expiry)
    assert caught.value.code == code


def test_a_batch_file_must_be_called_jsonl(client: OpenAI):
    with pytest.raises(openai.BadRequestError, match=r"Must be \.jsonl"):
        client.files.create(file=("a.json", b"{}"), purpose="batch")


def test_an_unknown_purpose_is_refused(client: OpenAI):
    with pytest.raises(openai.BadRequestError, match="Supported values are: 'assistants'"):
        client.files.create(file=("a.txt", b"a"), purpose="fun")


def test_an_unknown_field_is_refused(client: OpenAI):
    with pytest.raises(openai.BadRequestError, match="Unknown parameter: 'provider'"):
        client.files.create(
            file=("a.txt", b"a"), purpose="user_data", extra_body={"provider": "openai"}
        )


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"purpose": (None, "user_data")}, "file"),
        ({"file": ("a.txt", b"a")}, "purpose"),
    ],
)
def test_half_a_form_is_refused(sandbox: str, form, param):
    answer = requests.post(
        f"{sandbox}/openai/v1/files", files=form, headers={"authorization": "Bearer k"}
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=other"])
def test_what_is_no_form_is_refused(sandbox: str, kind):
    answer = requests.post(
        f"{sandbox}/openai/v1/files",
        data=b"--this\r\n\r\n",
        headers={"authorization": "Bearer k", "content-type": kind},
    )
    assert answer.status_code == 400


def test_a_list_begins_with_the_newest(client: OpenAI):
    ids = [client.files.create(file=(n, b""), purpose="user_data").id for n in ("a", "b", "c")]
    assert [file.id for file in client.files.list()] == ids[::-1]
    assert [file.id for file in client.files.list(order="asc")] == ids


def test_a_list_can_be_read_page_by_page(client: OpenAI):
    ids = [client.files.create(file=(n, b""), purpose="user_data").id for n in "abcde"]
    first = client.files.list(limit=2, order="asc")
    assert first.has_more
    assert [file.id for file in first.data] == ids[:2]
    assert [file.id for file in first] == ids
    assert not client.files.list(limit=2, order="asc", after=ids[2]).has_more


def test_a_list_can_be_for_one_purpose(client: OpenAI):
    client.files.create(file=("a", b""), purpose="user_data")
    file = client.files.create(file=("a.jsonl", b""), purpose="batch")
    assert [listed.id for listed in client.files.list(purpose="batch")] == [file.id]


def test_an_empty_list_is_a_list(client: OpenAI):
    page = client.files.list()
    assert page.data == []
    assert not page.has_more


def test_an_unknown_parameter_of_a_list_is_refused(client: OpenAI):
    with pytest.raises(openai.BadRequestError, match="Unknown parameter: 'provider'"):
        client.files.list(extra_query={"provider": "openai"})


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 10_001}, {"order": "up"}])
def test_an_impossible_list_is_refused(client: OpenAI, query):
    with pytest.raises(openai.BadRequestError):
        client.files.list(**query)


def test_a_list_cannot_go_on_after_an_unknown_file(client: OpenAI):
    with pytest.raises(openai.NotFoundError):
        client.files.list(after="file-unknown")


def test_an_account_sees_its_own_files_only(connect, key):
    file = connect(key).files.create(file=("a", b"a"), purpose="user_data")
    stranger = connect(f"{key}-stranger")
    assert stranger.files.list().data == []
    with pytest.raises(openai.NotFoundError):
        stranger.files.retrieve(file.id)
    with pytest.raises(openai.NotFoundError):
        stranger.files.delete(file.id)


def test_a_second_key_of_an_account_sees_its_files(connect, key):
    file = connect(f"{key}.one").files.create(file=("a", b"a"), purpose="user_data")
    assert connect(f"{key}.two").files.retrieve(file.id) == file


@pytest.mark.parametrize("key", ["", "sandbox-invalid", "sandbox-invalid-2"])
def test_a_bad_key_is_refused(sandbox: str, key):
    answer = requests.get(
        f"{sandbox}/openai/v1/files", headers={"authorization": f"Bearer {key}"}, timeout=60
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_an_unknown_path_is_answered_as_by_the_vendor(client: OpenAI):
    with pytest.raises(openai.NotFoundError, match=r"Invalid URL \(GET /v1/models\)"):
        client.models.list()


def test_every_answer_has_the_headers_of_the_vendor(client: OpenAI):
    answer = client.files.with_raw_response.list()
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.headers["openai-processing-ms"].isdigit()
    assert answer.headers["content-type"].startswith("application/json")
    with pytest.raises(openai.NotFoundError) as caught:
        client.files.retrieve("file-unknown")
    assert caught.value.request_id is not None
