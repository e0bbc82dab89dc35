"""No page, list, action, search, choice or form of the admin tells or changes what is another workspace's."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.messages import constants
from django.test import Client
from django.urls import URLPattern

from providers.console import ConsoleAdmin
from providers.models import AuditEvent, Membership
from tests.admin import make, theirs

LABELS = sorted(model._meta.label_lower for model in admin.site._registry)
ABSENT = {True: "000000000000", False: "987654321"}


def admin_of(label: str) -> Any:
    return admin.site._registry[apps.get_model(label)]


def base(label: str) -> str:
    return f"/admin/{label.replace('.', '/')}/"


def views(label: str) -> Iterator[str]:
    """The end of the address of everything that is done with one object."""
    for pattern in admin_of(label).get_urls():
        route = str(pattern.pattern)
        if isinstance(pattern, URLPattern) and pattern.name and "<" in route:
            yield route.partition(">")[2].strip("/")


VIEWS = sorted({(label, view) for label in LABELS for view in views(label)})
ACTIONS = sorted((label, name) for label in LABELS for name in admin_of(label).actions or ())


@pytest.fixture
def member(db: None, settings: Any) -> Client:
    """Who may do most in a workspace of their own."""
    settings.MESSAGE_LEVEL = constants.ERROR + 1
    user = User.objects.create_user("ann", is_staff=True)
    ours = make.workspace("ours")
    Membership.objects.create(user=user, workspace=ours, role="administrator")
    make.job(make.batch(workspace=ours), credential=make.credential("ours", workspace=ours))
    client = Client()
    client.force_login(user)
    return client


def state(row: Any) -> dict[str, Any] | None:
    found: dict[str, Any] | None = type(row)._base_manager.filter(pk=row.pk).values().first()
    return found


@pytest.mark.parametrize("label", LABELS)
def test_every_admin_says_whose_its_rows_are(label: str):
    declared = [
        one
        for one in type(admin_of(label)).__mro__
        if issubclass(one, ConsoleAdmin) and one.__module__ != ConsoleAdmin.__module__
    ]
    assert any("workspace_path" in vars(one) for one in declared)
    assert label in theirs.ROWS


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("label", "view"), VIEWS)
def test_what_is_theirs_is_as_if_it_were_not_there(
    member: Client, label: str, view: str, method: str
):
    row = theirs.ROWS[label]()
    before, events = state(row), AuditEvent.objects.count()
    absent = ABSENT[isinstance(row.pk, str)]

    told, other = (
        getattr(member, method)(f"{base(label)}{pk}/{view}/", {"confirmed": "1", "post": "yes"})
        for pk in (row.pk, absent)
    )

    assert told.status_code in (302, 403, 404, 405)
    assert told.status_code == other.status_code
    assert told.headers.get("location") == other.headers.get("location")
    if told.status_code == 302:
        assert told.headers["location"] == "/admin/"
    assert theirs.WORD not in told.content.decode()
    assert (state(row), AuditEvent.objects.count()) == (before, events)


@pytest.mark.parametrize("label", LABELS)
def test_no_list_shows_it_whatever_is_asked(member: Client, label: str):
    row = theirs.ROWS[label]()
    workspace = theirs.owner()

    for query in (
        {},
        {"q": str(row.pk)},
        {"q": theirs.WORD},
        {"workspace__id__exact": workspace.pk},
        {"batch__workspace__id__exact": workspace.pk},
    ):
        answer = member.get(base(label), query)
        text = answer.content.decode()
        # 400 where the list is not narrowed so.
        assert answer.status_code in (200, 302, 400, 403)
        for word in (theirs.NAME, f"/{row.pk}/change/"):
            assert word not in text
        assert query.get("q") == theirs.WORD or theirs.WORD not in text
        if answer.status_code == 200:
            assert row not in answer.context["cl"].result_list


@pytest.mark.parametrize(
    ("label", "action"), [*ACTIONS, *((one, "delete_selected") for one in LABELS)]
)
def test_no_action_of_a_list_reaches_it(member: Client, label: str, action: str):
    row = theirs.ROWS[label]()
    before, events = state(row), AuditEvent.objects.count()

    answer = member.post(
        base(label), {"action": action, "_selected_action": [row.pk], "confirmed": "1", "post": "1"}
    )

    assert answer.status_code in (200, 302, 403)
    assert (state(row), AuditEvent.objects.count()) == (before, events)


@pytest.mark.parametrize("label", LABELS)
def test_no_form_offers_it(member: Client, label: str):
    theirs.ROWS[label]()

    answer = member.get(f"{base(label)}add/")

    assert answer.status_code in (200, 403)
    for word in (theirs.NAME, theirs.WORD):
        assert word not in answer.content.decode()


@pytest.mark.parametrize("label", LABELS)
def test_no_suggestion_names_it(member: Client, label: str):
    theirs.ROWS[label]()
    for field in apps.get_model(label)._meta.fields:
        query = {
            "app_label": label.partition(".")[0],
            "model_name": label.partition(".")[2],
            "field_name": field.name,
            "term": theirs.WORD,
        }
        answer = member.get("/admin/autocomplete/", query)
        assert answer.status_code == 403 or not answer.json()["results"]


def test_neither_the_first_page_nor_the_menu_of_an_app_tells_of_it(member: Client):
    make.job(theirs.batch(), upstream_id=theirs.WORD)

    for page in ("/admin/", "/admin/batches/", "/admin/providers/"):
        text = member.get(page).content.decode()
        assert theirs.NAME not in text
        assert theirs.WORD not in text


@pytest.mark.parametrize("label", ["providers.virtualkey", "providers.credential"])
def test_nothing_is_made_in_another_workspace_or_for_all(member: Client, label: str):
    model = apps.get_model(label)
    form = {
        "name": "planted",
        "provider": "openai",
        "options": "{}",
        "enabled": "on",
        "weight": "1",
    }
    form["new_secret"] = "sk-1"

    for owner in (theirs.owner().pk, ""):
        member.post(f"{base(label)}add/", {**form, "workspace": owner})
    assert not model._base_manager.filter(name="planted").exists()

    member.post(f"{base(label)}add/", {**form, "workspace": make.workspace("ours").pk})
    assert model._base_manager.get(name="planted").workspace.name == "ours"
