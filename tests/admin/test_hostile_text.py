"""Text of people who mean harm stays text, on every page of the admin."""

from typing import Any
from urllib.parse import quote, urljoin

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.admin.hostile import MARK, MARKUP, UNSEEN, Page, rows

LISTS = (
    *("batches/batch", "batches/job", "files/file", "providers/workspace", "providers/virtualkey"),
    *("providers/credential", "auth/user", "auth/group", "axes/accessattempt"),
    *("batches/outsidejob", "batches/webhook", "batches/delivery", "providers/auditevent"),
)
DOWNLOADS = ("/download/", "/input/", "/results/", "/export/")
MOST_PAGES = 300
QUERIES = (
    *("q={}", "status__exact={}", "state={}", "_changelist_filters=q%3D{}", "o={}", "p={}"),
    *("created_at__year={}", "workspace__id__exact={}", "{}={}", "_popup=1&_to_field={}"),
)
# What an action asks before it acts; the others would act, or send a file.
ASKING = {"delete", "delete_selected", "cancel", "collect_again", "revoke"}


@pytest.fixture(params=[MARKUP, UNSEEN], ids=["markup", "unseen"])
def text(request: pytest.FixtureRequest, admin_user: User) -> str:
    rows(request.param, admin_user)
    return request.param


def read(answer: Any) -> Page:
    page = Page(answer.text)
    assert page.wrong == [], answer.wsgi_request.get_full_path()
    assert f"49{{%{MARK}" not in answer.text
    return page


def test_every_page_that_is_linked(admin_client: Client, text: str):
    waiting, seen, marked = ["/admin/", *(f"/admin/{name}/" for name in LISTS)], set(), set()
    while waiting:
        path = waiting.pop(0)
        again = "/change/?" in path  # the same page, with the way back to a filtered list
        if path in seen or again or any(end in path for end in DOWNLOADS):
            continue
        seen.add(path)
        assert len(seen) < MOST_PAGES
        answer = admin_client.get(path, follow=True)
        assert answer.status_code == 200, path
        page = read(answer)
        marked |= {path} if MARK in page.text else set()
        waiting += [urljoin(path, link) for link in page.within()]
    # Else the reader would have looked in vain.
    assert len(marked) > 20
    for kind in ("batches/batch", "batches/job", "files/file", "providers/credential"):
        assert any(f"{kind}/" in path and "/change/" in path for path in marked), kind


def test_questions_before_an_action(admin_client: Client, text: str):
    asked = set()
    for name in LISTS:
        path = f"/admin/{name}/"
        page = read(admin_client.get(path))
        changes = {link.split("?")[0] for link in page.within() if "/change/" in link}
        chosen = [link.split("/")[-3] for link in changes]
        for action in ASKING & set(page.actions):
            form = {"action": action, "_selected_action": chosen}
            asked.add(action)
            read(admin_client.post(path, form, follow=True))
    assert asked == ASKING


@pytest.mark.parametrize("name", LISTS)
def test_what_is_asked_for(admin_client: Client, name: str):
    for query in QUERIES:
        path = f"/admin/{name}/?{query.replace('{}', quote(MARKUP))}"
        answer = admin_client.get(path, follow=True)
        assert answer.status_code in (200, 400)
        read(answer)


@pytest.mark.parametrize("name", LISTS)
def test_what_is_not_there(admin_client: Client, name: str):
    for verb in ("change", "history", "delete"):
        path = f"/admin/{name}/{quote(MARKUP, safe='')}/{verb}/"
        read(admin_client.get(path, follow=True))


def test_what_is_asked_for_by_strangers(client: Client, db: None):
    form = {"username": MARKUP, "password": MARKUP, "next": MARKUP}
    for _ in range(6):
        answer = client.post(f"/admin/login/?next={quote(MARKUP)}", form)
        read(answer)
    assert answer.status_code == 429
    read(client.get(f"/admin/{quote(MARKUP)}/"))


def test_what_is_refused_in_a_form(admin_client: Client, db: None):
    for name in ("workspace", "virtualkey", "credential"):
        form = dict.fromkeys(("name", "provider", "workspace", "base_url", "options"), MARKUP)
        answer = admin_client.post(f"/admin/providers/{name}/add/", form)
        assert answer.status_code == 200
        read(answer)


def test_the_reader_notices(db: None):
    for html in (
        MARKUP,
        f"<p x-data='{MARK}'>",
        f"<a href='javascript:{MARK}()'>",
        f"<p onclick='{MARK}()'>",
        f"<style>{MARK}</style>",
    ):
        assert Page(html).wrong, html
