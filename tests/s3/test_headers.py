"""What a query of S3's says comes back as a header: nothing in it may end one, and begin another."""

from typing import Any
from urllib.parse import quote

import pytest

from files.models import File
from tests.s3.client import Server
from tests.s3.test_refusals import said

OWN = {"x_model_provider": "openai"}
FORBIDDEN = ["\r\nx-injected: 1", "\n", "\r", "\0", "\x01", "\x1f", "\x7f"]
ANSWERED = ["type", "disposition", "encoding", "language"]


@pytest.fixture(autouse=True)
def object_at_hand(server: Server) -> None:
    assert server.raw("PUT", "/b/k", b"content", **OWN).status == 200


def is_invalid(answer: Any) -> bool:
    return (answer.status, said(answer)["Code"]) == (400, "InvalidArgument")


@pytest.mark.parametrize("text", FORBIDDEN)
def test_an_answers_headers_cannot_be_chosen_freely(server: Server, text: str):
    for name in (*(f"response-content-{one}" for one in ANSWERED), "response-cache-control"):
        assert is_invalid(server.raw("GET", f"/b/k?{name}={quote('a' + text)}", **OWN))
    assert server.raw("GET", "/b/k?response-content-type=text/plain", **OWN).status == 200


@pytest.mark.parametrize("text", FORBIDDEN)
@pytest.mark.parametrize("name", ["content-type", "X-Amz-Meta-A"])
def test_what_is_kept_of_an_object_cannot_be_chosen_freely(server: Server, name: str, text: str):
    assert is_invalid(server.raw("PUT", f"/b/other?{name}={quote('a' + text)}", b"x", **OWN))
    assert File.objects.count() == 1


@pytest.mark.parametrize("name", ["\r\nx-injected", "é", "a b", "", "a:b"])
def test_metadata_has_names_that_headers_may_have(server: Server, name: str):
    answer = server.raw("PUT", f"/b/other?X-Amz-Meta-{quote(name)}=1", b"x", **OWN)

    assert name == "" or is_invalid(answer)
    assert server.raw("GET", "/b/other", **OWN).status == (200 if name == "" else 404)


@pytest.mark.parametrize(
    "query",
    [
        *("prefix=%00", "marker=%00", "delimiter=%00", "list-type=2&start-after=%00"),
        *("list-type=2&continuation-token=AAAA", "uploads&key-marker=%00"),
    ],
)
def test_a_list_does_not_ask_the_database_for_what_it_cannot_hold(server: Server, query: str):
    assert is_invalid(server.raw("GET", f"/b?{query}", **OWN))


@pytest.mark.parametrize("text", ["9999999999999", "-9999999999999", "1e400", "0000-00-00"])
def test_a_time_beyond_all_calendars_is_none(server: Server, text: str):
    assert is_invalid(server.raw("PUT", "/b/k", b"x", expires=text, **OWN))
    assert is_invalid(server.raw("GET", "/b/k", if_modified_since=text, **OWN))


def test_an_error_can_be_read_whatever_it_repeats(server: Server):
    answer = server.raw("GET", "/b/k?partNumber=%07%0B%EF%BF%BF", **OWN)

    assert said(answer)["ArgumentValue"] == "\ufffd" * 3
