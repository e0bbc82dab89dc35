"""The Files API, as Anthropic's SDK sees it."""

import anthropic
import pytest
from anthropic import Anthropic

from tests.sandbox.messages import check_exactly


def upload(client: Anthropic, name: str = "a.txt", **more):
    return client.files.upload(file=(name, b"hello", "text/plain"), **more)


def test_a_file_is_kept(claude: Anthropic):
    file = upload(claude)
    assert (file.filename, file.mime_type, file.size_bytes) == ("a.txt", "text/plain", 5)
    assert file.downloadable is False
    assert file.expires_at is None
    check_exactly(file)
    assert claude.files.retrieve_metadata(file.id) == file
    assert claude.beta.files.retrieve_metadata(file.id).id == file.id


def test_a_file_expires_when_it_was_told_to(claude: Anthropic):
    file = upload(claude, expires_in_seconds=7200)
    assert file.expires_at is not None
    assert (file.expires_at - file.created_at).total_seconds() == 7200


def test_an_uploaded_file_cannot_be_downloaded(claude: Anthropic):
    with pytest.raises(anthropic.BadRequestError, match="not downloadable") as caught:
        claude.files.download(upload(claude).id)
    assert type(caught.value).__name__ == "FileNotDownloadableError"


def test_a_deleted_file_is_gone(claude: Anthropic):
    file = upload(claude)
    deleted = claude.files.delete(file.id)
    assert (deleted.id, deleted.type) == (file.id, "file_deleted")
    with pytest.raises(anthropic.NotFoundError):
        claude.files.retrieve_metadata(file.id)


def test_files_are_listed_page_by_page_from_the_newest(claude: Anthropic):
    ids = [upload(claude).id for _ in range(5)]
    page = claude.files.list(limit=2)
    assert [file.id for file in page.data] == ids[:2:-1]
    assert [file.id for file in page] == ids[::-1]
    chosen = claude.files.list(ids=[ids[1], "file_unknown"])
    assert [file.id for file in chosen] == [ids[1]]


def test_files_are_listed_as_in_the_beta_too(claude: Anthropic):
    ids = [upload(claude).id for _ in range(3)]
    listed = claude.get(f"/v1/files?after_id={ids[2]}&limit=1", cast_to=object)
    assert [file["id"] for file in listed["data"]] == [ids[1]]
    assert (listed["has_more"], listed["first_id"], listed["last_id"]) == (True, ids[1], ids[1])


def test_an_account_sees_its_own_files_only(connect_anthropic, key):
    file = upload(connect_anthropic(key))
    stranger = connect_anthropic(f"{key}-stranger")
    assert stranger.files.list().data == []
    with pytest.raises(anthropic.NotFoundError):
        stranger.files.delete(file.id)


@pytest.mark.parametrize("name", ["a|b.txt", "a?.txt", "x" * 256])
def test_a_bad_name_is_refused(claude: Anthropic, name):
    with pytest.raises(anthropic.BadRequestError, match="filename"):
        upload(claude, name)


@pytest.mark.parametrize("seconds", [3599, 7_776_001])
def test_an_impossible_expiry_is_refused(claude: Anthropic, seconds):
    with pytest.raises(anthropic.BadRequestError, match="expires_in_seconds"):
        upload(claude, expires_in_seconds=seconds)


def test_an_unknown_field_is_refused(claude: Anthropic):
    with pytest.raises(anthropic.BadRequestError, match="purpose: Extra inputs"):
        upload(claude, extra_body={"purpose": "batch"})
