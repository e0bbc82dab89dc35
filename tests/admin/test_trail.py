"""Every act in the admin leaves an event, and nobody changes what is written."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLPattern

from batches.models import Delivery, OutsideJob
from providers.audit import ACTIONS, record
from providers.console import ConsoleAdmin, ReadOnlyAdmin, actor_of
from providers.models import AuditEvent, Credential, VirtualKey, Workspace, WrittenOnceError
from tests.admin import make

TRAIL = "/admin/providers/auditevent/"
OF_DJANGO = {"changelist", "add", "history", "delete", "change", "autocomplete"}


def admins() -> Iterator[tuple[str, Any]]:
    for model, model_admin in admin.site._registry.items():
        yield model._meta.label_lower, model_admin


def verb_of(pattern: URLPattern) -> str:
    return str(pattern.name or "").rpartition("_")[2]


def buttons() -> Iterator[tuple[str, str]]:
    """The views of every page that Django does not bring along."""
    for label, model_admin in admins():
        for pattern in model_admin.get_urls():
            verb = verb_of(pattern)
            if "<" not in str(pattern.pattern):
                continue
            if (
                pattern.name
                and verb not in OF_DJANGO
                and pattern.name != "auth_user_password_change"
            ):
                yield label, verb


def actions() -> Iterator[tuple[str, str]]:
    for label, model_admin in admins():
        for action in model_admin.actions or ():
            yield label, action


def running() -> Any:
    batch = make.batch(input_file=make.file(b"{}\n"))
    make.job(batch)
    return batch


def ended() -> Any:
    files = {"input_file": make.file(b"{}\n"), "output_file": make.file(b"{}\n")}
    batch = make.batch(status="completed", **files)
    make.job(batch, status="collected")
    return batch


def partly_failed() -> Any:
    batch = ended()
    make.credential("another")
    return batch


def webhook() -> Any:
    return make.webhook(url="http://127.0.0.1:9/")


def delivery() -> Any:
    return Delivery.objects.create(webhook=webhook(), batch=running(), event="batch.completed")


# Something that can be acted on, by what is done: whoever adds a button or an action adds a line.
def outside() -> Any:
    account = make.credential(workspace=make.workspace())
    return OutsideJob.objects.create(
        credential=account, upstream_id="batch_theirs", upstream_status="completed"
    )


SAMPLES: dict[tuple[str, str], Callable[[], Any]] = {
    **{("batches.batch", verb): running for verb in ("poll", "poll_now", "cancel", "input")},
    **{("batches.batch", verb): ended for verb in ("collect", "collect_again", "results")},
    **{("batches.batch", verb): partly_failed for verb in ("retry", "retry_failed", "clone")},
    **{("batches.batch", verb): ended for verb in ("records", "record", "failures")},
    ("batches.batch", "download_input"): running,
    ("batches.batch", "download_results"): ended,
    ("files.file", "download"): lambda: make.file(b"x"),
    ("files.file", "discard"): lambda: make.file(b"x"),
    ("files.file", "delete"): lambda: make.file(b"x"),
    **{("batches.webhook", verb): webhook for verb in ("test", "rotate")},
    **{("batches.delivery", verb): delivery for verb in ("again", "send_again")},
    ("providers.virtualkey", "revoke"): lambda: make.key()[0],
    ("batches.outsidejob", "adopt"): outside,
    ("batches.outsidejob", "sync"): lambda: make.credential(workspace=make.workspace()),
    ("providers.credential", "test"): lambda: make.credential(base_url="http://127.0.0.1:9/v1"),
}


def acted() -> set[tuple[str, str]]:
    return set(AuditEvent.objects.values_list("action", "target"))


def page(label: str) -> str:
    return f"/admin/{label.replace('.', '/')}/"


@pytest.mark.parametrize(("label", "verb"), sorted(buttons()))
def test_every_button_leaves_an_event(admin_client: Client, label: str, verb: str):
    one = SAMPLES[label, verb]()
    before = acted()
    url = f"{page(label)}{one.pk}/{verb}/"

    answer = admin_client.post(url, {"confirmed": "1"})
    if answer.status_code == 405:
        answer = admin_client.get(url)

    (new,) = acted() - before
    assert answer.status_code in (200, 302)
    assert new[0] in ACTIONS
    assert new[1] == one.pk
    event = AuditEvent.objects.get(action=new[0])
    assert (event.actor_kind, event.actor, event.address) == ("user", "admin", "127.0.0.1")
    assert event.workspace == one.workspace


@pytest.mark.parametrize(("label", "action"), sorted(actions()))
def test_every_action_of_a_list_leaves_an_event(admin_client: Client, label: str, action: str):
    one = SAMPLES[label, action]()
    before = acted()

    admin_client.post(
        page(label), {"action": action, "_selected_action": [one.pk], "confirmed": "1"}
    )

    (new,) = acted() - before
    assert new[0] in ACTIONS
    assert new[1] == one.pk


def test_every_admin_is_one_that_writes_down_what_its_forms_change():
    for _, model_admin in admins():
        assert isinstance(model_admin, ConsoleAdmin)
        assert "_trace" not in vars(type(model_admin))


@pytest.mark.parametrize("verb", ["log_addition", "log_change", "log_deletions"])
@pytest.mark.parametrize("label", sorted(label for label, _ in admins()))
def test_no_admin_has_a_form_that_forgets(label: str, verb: str):
    model_admin = dict(admins())[label]

    assert getattr(type(model_admin), verb) is getattr(ConsoleAdmin, verb)


def test_what_a_form_makes_changes_and_deletes_is_written_down_by_its_fields(admin_client: Client):
    form = {"name": "one", "provider": "openai", "options": "{}", "enabled": "on", "workspace": ""}
    form["weight"] = "1"
    admin_client.post(
        "/admin/providers/credential/add/", {**form, "base_url": "", "new_secret": "sk-first"}
    )
    credential = Credential.objects.get()
    url = f"/admin/providers/credential/{credential.pk}"
    admin_client.post(f"{url}/change/", {**form, "name": "two", "new_secret": "sk-second"})
    admin_client.post(f"{url}/delete/", {"post": "yes"})

    events = AuditEvent.objects.filter(target=credential.pk).order_by("id")
    assert [event.action for event in events] == [
        "credential.made",
        "credential.changed",
        "credential.deleted",
    ]
    assert {"Name", "Secret"} <= set(events[1].detail["fields"])
    assert "sk-" not in str([vars(event) for event in events])


def test_a_workspace_that_is_deleted_is_remembered_by_its_name(admin_client: Client):
    workspace = make.workspace("gone")

    admin_client.post(f"/admin/providers/workspace/{workspace.pk}/delete/", {"post": "yes"})

    event = AuditEvent.objects.get(action="workspace.deleted")
    assert (event.target, event.name, event.workspace) == (workspace.pk, "gone", None)


def test_a_new_password_is_written_down_and_not_what_it_is(admin_client: Client):
    user = User.objects.create_user("carol", password="old")
    new = "correct-horse-9"

    answer = admin_client.post(
        f"/admin/auth/user/{user.pk}/password/",
        {"password1": new, "password2": new, "usable_password": "true"},
    )

    assert answer.status_code == 302
    event = AuditEvent.objects.get(action="user.changed")
    assert (event.target, event.name) == (str(user.pk), "carol")
    assert new not in str(vars(event))


def test_a_question_is_no_act(admin_client: Client):
    before = acted()

    admin_client.post(f"/admin/batches/batch/{running().pk}/cancel/")

    assert acted() == before


def test_a_download_that_fails_is_none(admin_client: Client):
    lost = make.file()

    admin_client.get(f"/admin/files/file/{lost.pk}/download/")

    assert not AuditEvent.objects.filter(action="file.downloaded").exists()


def log_in(password: str, name: str = "carol") -> Client:
    client = Client()
    client.post("/admin/login/", {"username": name, "password": password})
    return client


def test_who_logs_in_and_out_is_written_down(db: None):
    User.objects.create_user("carol", password="right", is_staff=True)

    log_in("right").post("/admin/logout/")

    told = AuditEvent.objects.order_by("id").values_list("action", "actor", "address")
    assert list(told) == [
        ("user.logged_in", "carol", "127.0.0.1"),
        ("user.logged_out", "carol", "127.0.0.1"),
    ]


@pytest.mark.parametrize(("name", "kept"), [("carol", "carol"), ("my-password", "nobody known")])
def test_who_fails_to_is_written_down_unless_it_may_be_a_password(db: None, name: str, kept: str):
    User.objects.create_user("carol", password="right", is_staff=True)

    log_in("wrong", name)

    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.address) == ("user.login_failed", kept, "127.0.0.1")
    assert "wrong" not in str(vars(event))
    assert name == kept or name not in str(vars(event))


@pytest.fixture
def event(admin_user: Any, rf: Any) -> AuditEvent:
    request = rf.get("/")
    request.user = admin_user
    about = make.key()[0]
    record(actor_of(request), "key.revoked", about, workspace=about.workspace, reason="<b>lost</b>")
    return AuditEvent.objects.get(action="key.revoked")


def test_the_list_tells_who_did_what_to_what(admin_client: Client, event: AuditEvent):
    text = admin_client.get(TRAIL).content.decode()

    for told in ("key.revoked", "admin", event.target, "default"):
        assert told in text


def test_the_page_tells_all_and_leads_to_what_is_still_there(
    admin_client: Client, event: AuditEvent
):
    url = f"/admin/providers/virtualkey/{event.target}/change/"
    text = admin_client.get(f"{TRAIL}{event.pk}/change/").content.decode()
    assert url in text
    assert "&lt;b&gt;lost&lt;/b&gt;" in text
    assert "<b>lost" not in text

    VirtualKey.objects.all().delete()

    assert url not in admin_client.get(f"{TRAIL}{event.pk}/change/").content.decode()


def test_nobody_writes_to_it_not_even_a_superuser(admin_client: Client, event: AuditEvent):
    count = AuditEvent.objects.count()
    assert admin_client.get(f"{TRAIL}add/").status_code == 403
    assert admin_client.post(f"{TRAIL}add/", {"action": "key.made"}).status_code == 403
    assert (
        admin_client.post(f"{TRAIL}{event.pk}/change/", {"action": "key.made"}).status_code == 403
    )
    assert admin_client.post(f"{TRAIL}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    admin_client.post(TRAIL, {"action": "delete_selected", "_selected_action": [event.pk]})

    assert AuditEvent.objects.count() == count
    assert AuditEvent.objects.get(pk=event.pk).action == "key.revoked"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=key.revoked", True),
        ("action=key.made", False),
        ("actor_kind__exact=user", True),
        ("actor_kind__exact=key", False),
        ("q=admin", True),
        ("q={target}", True),
        ("q=notebook", True),
        ("q=somebody", False),
        ("workspace__id__exact={workspace}", True),
    ],
)
def test_it_is_narrowed_and_searched(
    admin_client: Client, event: AuditEvent, query: str, found: bool
):
    asked = query.format(target=event.target, workspace=event.workspace_id)

    text = admin_client.get(f"{TRAIL}?{asked}").content.decode()

    assert (f"{TRAIL}{event.pk}/change/" in text) is found


def test_the_list_costs_no_more_with_more_events(
    admin_client: Client, admin_user: Any, rf: Any, django_assert_max_num_queries: Any
):
    request = rf.get("/")
    request.user = admin_user
    for number in range(60):
        owner = make.workspace(f"team-{number}")
        record(actor_of(request), "workspace.made", owner, workspace=owner)

    with django_assert_max_num_queries(14):
        assert admin_client.get(TRAIL).status_code == 200


def test_it_takes_a_permission_to_read_it(client_with: Any, event: AuditEvent):
    assert client_with("providers.view_virtualkey").get(TRAIL).status_code == 403
    assert client_with("providers.view_auditevent").get(TRAIL).status_code == 200


def test_its_admin_lets_nobody_write():
    assert isinstance(admin.site._registry[AuditEvent], ReadOnlyAdmin)
    with pytest.raises(WrittenOnceError):
        AuditEvent.objects.all().delete()


def test_groups_and_workspaces_are_written_down_too(admin_client: Client):
    admin_client.post("/admin/auth/group/add/", {"name": "auditors"})
    admin_client.post("/admin/providers/workspace/add/", {"name": "research"})

    made = acted()
    assert ("group.made", str(Group.objects.get().pk)) in made
    assert ("workspace.made", Workspace.objects.get(name="research").pk) in made
