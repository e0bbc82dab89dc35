"""Lists of files: filtered, ordered, and walked page by page."""

from collections.abc import Iterator

import pytest
from openai import OpenAI
from openai.types import FileObject

from tests.stack import Stack


@pytest.fixture(scope="module")
def uploaded(stack: Stack) -> Iterator[list[str]]:
    """Seven files of a purpose that no other test uses, the oldest first."""
    with stack.openai() as client:
        yield [client.files.create(file=(f"{n}.txt", b"x"), purpose="vision").id for n in range(7)]


def walk(client: OpenAI, **query: object) -> list[str]:
    return [file.id for file in client.files.list(purpose="vision", **query)]


def test_the_newest_comes_first(openai: OpenAI, uploaded: list[str]):
    page = openai.files.list(purpose="vision", extra_query={"provider": "openai"})

    assert [file.id for file in page.data] == uploaded[::-1]
    assert all(isinstance(file, FileObject) for file in page.data)
    assert page.has_more is False
    assert page.model_extra == {"object": "list", "first_id": uploaded[-1], "last_id": uploaded[0]}


def test_the_order_can_be_asked_for(openai: OpenAI, uploaded: list[str]):
    assert walk(openai, order="asc") == uploaded
    assert walk(openai, order="desc") == uploaded[::-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_paging_meets_each_once_at_any_size(
    openai: OpenAI, uploaded: list[str], limit: int, order: str
):
    expected = uploaded if order == "asc" else uploaded[::-1]

    first = openai.files.list(purpose="vision", limit=limit, order=order)

    assert [file.id for file in first.data] == expected[:limit]
    assert first.has_more is (limit < 7)
    assert walk(openai, limit=limit, order=order) == expected


def test_a_page_begins_after_the_file_that_is_named(openai: OpenAI, uploaded: list[str]):
    assert walk(openai, order="asc", after=uploaded[4]) == uploaded[5:]


def test_purposes_are_apart(openai: OpenAI, uploaded: list[str]):
    assert not {file.id for file in openai.files.list(purpose="batch")} & set(uploaded)
    assert set(uploaded) <= {file.id for file in openai.files.list()}


def test_files_can_be_deleted_while_they_are_walked(openai: OpenAI):
    made = [openai.files.create(file=("x", b"x"), purpose="fine-tune").id for _ in range(5)]

    for file in openai.files.list(purpose="fine-tune", limit=2):
        openai.files.delete(file.id)
        made.remove(file.id)

    assert made == []
    assert openai.files.list(purpose="fine-tune").data == []
