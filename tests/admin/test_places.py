"""Where a page says that it is, what an empty list says, and what is said where there is no page."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from bifrost.menu import MENU
from tests.admin import make

pytestmark = pytest.mark.django_db
LISTS = [
    (section["title"], item["title"], str(item["link"]))
    for section in MENU
    for item in section["items"]
    if str(item["link"]).count("/") > 3
]


@pytest.mark.parametrize(("section", "title", "link"), LISTS)
def test_a_list_is_called_as_in_the_menu(admin_client: Client, section: str, title: str, link: str):
    page = admin_client.get(link).content.decode()

    heading = page.partition("<h1")[2].partition("</h1>")[0]
    assert section in heading
    assert f">{title}</a>" in heading


@pytest.mark.parametrize("link", [link for _, _, link in LISTS])
def test_an_empty_list_says_what_fills_it(admin_client: Client, link: str):
    page = admin_client.get(link).content.decode()

    assert ("result_list" in page) or (" yet</h2>" in page)
    assert "Nothing found" not in page


def test_a_list_without_a_match_says_so(admin_client: Client):
    make.batch(workspace=make.workspace("ours"))

    page = admin_client.get("/admin/batches/batch/?status__exact=failed").content.decode()

    assert "Nothing found" in page
    assert 'href="?"' in page


@pytest.mark.parametrize(
    ("path", "staff", "status", "told"),
    [
        ("/admin/nosuch/", True, 404, "There is nothing at /admin/nosuch/."),
        ("/admin/filters/1/delete/", True, 405, ""),
        ("/admin/auth/user/", True, 403, "Your role does not allow this."),
    ],
)
def test_a_page_that_is_not_there_is_one_of_ours(
    client: Client, path: str, staff: bool, status: int, told: str
):
    client.force_login(User.objects.create_user("ann", is_staff=staff))

    answer = client.get(path)

    assert answer.status_code == status
    assert told in answer.content.decode()
