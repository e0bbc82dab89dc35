"""Who is a member of workspaces acts in those, as far as their role in each lets them."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.test import Client

from bifrost.groups import prepare_groups
from providers.models import AuditEvent, Credential, Membership, Workspace
from tests.admin import make

BATCHES = "/admin/batches/batch/"
FILES = "/admin/files/file/"
CREDENTIALS = "/admin/providers/credential/"
WORKSPACES = "/admin/providers/workspace/"


@pytest.fixture
def logged_in(db: None) -> Callable[..., Client]:
    """A client of a member with these roles: the workspace's name to the role."""

    def logged_in(name: str = "ann", **roles: str) -> Client:
        user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True})
        for workspace, role in roles.items():
            Membership.objects.create(user=user, workspace=make.workspace(workspace), role=role)
        client = Client()
        client.force_login(user)
        return client

    return logged_in


def batch_of(name: str, **fields: Any) -> Any:
    owner = make.workspace(name)
    return make.batch(workspace=owner, input_file=make.file(b"{}\n", workspace=owner), **fields)


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        (
            "viewer",
            {"batch": 200, "input": 403, "cancel": 403, "file": 403, "key": 403, "trail": 403},
        ),
        (
            "operator",
            {"batch": 200, "input": 200, "cancel": 200, "file": 200, "key": 403, "trail": 403},
        ),
        (
            "administrator",
            {"batch": 200, "input": 200, "cancel": 200, "file": 200, "key": 200, "trail": 200},
        ),
    ],
)
def test_each_role_opens_so_much(logged_in: Any, role: str, statuses: dict[str, int]):
    batch = batch_of("ours")
    client = logged_in(ours=role)
    pages = {
        "batch": f"{BATCHES}{batch.pk}/change/",
        "input": f"{BATCHES}{batch.pk}/input/",
        "cancel": f"{BATCHES}{batch.pk}/cancel/",
        "file": f"{FILES}{batch.input_file_id}/change/",
        "key": "/admin/providers/virtualkey/add/",
        "trail": "/admin/providers/auditevent/",
    }

    assert {name: client.get(url).status_code for name, url in pages.items()} == statuses


def test_a_role_counts_in_its_own_workspace_only(logged_in: Any):
    seen, run = batch_of("seen"), batch_of("run")
    client = logged_in(seen="viewer", run="operator")

    listed = client.get(BATCHES).context["cl"].result_list
    assert set(listed) == {seen, run}
    assert client.get(f"{BATCHES}{seen.pk}/input/").status_code == 403
    assert client.get(f"{BATCHES}{run.pk}/input/").status_code == 200
    files = client.get(FILES).context["cl"].result_list
    assert [file.pk for file in files] == [run.input_file_id]
    for chosen, status in (([run.pk, seen.pk], 403), ([run.pk], 302)):
        form = {"action": "cancel", "_selected_action": chosen, "confirmed": "1"}
        assert client.post(BATCHES, form).status_code == status
    seen.refresh_from_db()
    run.refresh_from_db()
    assert (seen.status, run.status) == ("in_progress", "cancelling")


def test_what_groups_give_does_not_count_for_members(logged_in: Any):
    client = logged_in(ours="viewer")
    user = User.objects.get(username="ann")
    user.user_permissions.set(Permission.objects.all())

    assert client.get("/admin/auth/user/").status_code == 403
    assert client.get(f"{BATCHES}{batch_of('others').pk}/change/").status_code == 302
    Membership.objects.all().delete()
    assert client.get("/admin/auth/user/").status_code == 200


def test_a_superuser_sees_all_whatever_they_are_a_member_of(admin_client: Client, admin_user: Any):
    Membership.objects.create(user=admin_user, workspace=make.workspace("one"), role="viewer")

    assert admin_client.get(f"{BATCHES}{batch_of('other').pk}/change/").status_code == 200


def test_who_is_no_more_active_may_nothing(logged_in: Any):
    client = logged_in(ours="administrator")
    User.objects.update(is_active=False)

    assert client.get(BATCHES).status_code == 302
    assert not User.objects.get().has_perm("batches.view_batch")


def test_shared_credentials_are_seen_and_not_changed(logged_in: Any):
    shared = make.credential("for-all")
    own = make.credential("own", workspace=make.workspace("ours"))
    client = logged_in(ours="administrator")

    assert "for-all" in client.get(CREDENTIALS).content.decode()
    page = client.get(f"{CREDENTIALS}{shared.pk}/change/")
    assert page.status_code == 200
    assert "new_secret" not in page.content.decode()
    form = {"name": "mine", "options": "{}", "new_secret": "sk-other", "weight": "1"}
    assert client.post(f"{CREDENTIALS}{shared.pk}/change/", form).status_code == 403
    assert client.post(f"{CREDENTIALS}{shared.pk}/test/").status_code == 403
    assert client.post(f"{CREDENTIALS}{shared.pk}/delete/", {"post": "1"}).status_code == 403
    client.post(f"{CREDENTIALS}{own.pk}/change/", {**form, "provider": "openai"})
    shared.refresh_from_db()
    own.refresh_from_db()
    assert (shared.name, own.name, own.secret) == ("for-all", "mine", "sk-other")


@pytest.mark.parametrize(
    ("options", "secret"),
    [
        ("{}", "s"),
        ('{"access_key_id": "A", "profile": "machine"}', "s"),
        ('{"access_key_id": "A"}', ""),
    ],
)
def test_no_member_borrows_the_account_of_the_machine(logged_in: Any, options: str, secret: str):
    client = logged_in(ours="administrator")
    form = {"name": "aws", "provider": "bedrock", "weight": "1", "enabled": "on"}
    owner = make.workspace("ours").pk

    answer = client.post(
        f"{CREDENTIALS}add/", {**form, "workspace": owner, "options": options, "new_secret": secret}
    )

    assert answer.status_code == 200
    assert not Credential.objects.exists()


def members_form(*rows: dict[str, str], initial: int = 0) -> dict[str, str]:
    form = {"memberships-TOTAL_FORMS": str(len(rows)), "memberships-INITIAL_FORMS": str(initial)}
    for number, row in enumerate(rows):
        form |= {f"memberships-{number}-{name}": value for name, value in row.items()}
    return form


def test_an_administrator_lets_others_in_changes_and_removes_them(logged_in: Any):
    client = logged_in(ours="administrator")
    bob, workspace = User.objects.create_user("bob"), make.workspace("ours")
    url = f"{WORKSPACES}{workspace.pk}/change/"
    assert "ann" in client.get(url).content.decode()
    ann = {"id": str(Membership.objects.get().pk), "role": "administrator"}

    client.post(url, members_form(ann, {"name": "bob", "role": "viewer"}, initial=1))
    member = Membership.objects.get(user=bob)
    there = {"id": str(member.pk), "role": "operator"}
    client.post(url, members_form(ann, there, initial=2))
    member.refresh_from_db()
    assert member.role == "operator"
    assert User.objects.get(username="bob").is_staff
    client.post(url, members_form(ann, {**there, "DELETE": "on"}, initial=2))

    assert not Membership.objects.filter(user=bob).exists()
    told = AuditEvent.objects.filter(action__startswith="member.").order_by("id")
    assert [(one.action, one.detail["role"], one.workspace) for one in told] == [
        ("member.added", "viewer", workspace),
        ("member.changed", "operator", workspace),
        ("member.removed", "operator", workspace),
    ]


@pytest.mark.parametrize("name", ["root", "grouped", "nobody", "ann"])
def test_an_administrator_cannot_bind_who_sees_more_or_is_there(logged_in: Any, name: str):
    client = logged_in(ours="administrator")
    User.objects.create_superuser("root")
    User.objects.create_user("grouped").groups.add(Group.objects.create(name="all"))
    ann = {"id": str(Membership.objects.get().pk), "role": "administrator"}
    form = members_form(ann, {"name": name, "role": "viewer"}, initial=1)

    answer = client.post(f"{WORKSPACES}{make.workspace('ours').pk}/change/", form)

    assert answer.status_code == 200
    assert Membership.objects.count() == 1


def test_nor_set_free_who_would_see_more(logged_in: Any):
    client = logged_in(ours="administrator")
    User.objects.get().groups.add(Group.objects.create(name="all"))
    form = members_form(
        {"id": str(Membership.objects.get().pk), "role": "administrator", "DELETE": "on"}, initial=1
    )

    client.post(f"{WORKSPACES}{make.workspace('ours').pk}/change/", form)

    assert Membership.objects.count() == 1


def test_what_a_workspace_may_have_is_not_its_administrators_to_say(logged_in: Any):
    client = logged_in(ours="administrator")
    workspace = make.workspace("ours")

    form = {"name": "mine", "buckets": "another-bucket", "keep_rows_days": "1"}
    client.post(f"{WORKSPACES}{workspace.pk}/change/", {**form, **members_form()})

    workspace.refresh_from_db()
    assert (workspace.name, workspace.buckets, workspace.keep_rows_days) == ("ours", [], None)


def said(*words: str) -> str:
    out = StringIO()
    call_command("bifrost", "members", *words, stdout=out)
    return out.getvalue()


def test_a_command_does_the_same(db: None):
    User.objects.create_user("bob")
    Workspace.objects.create(name="ours")

    assert "viewer" in said("add", "bob", "--workspace", "ours", "--role", "viewer")
    assert "operator" in said("add", "bob", "--workspace", "ours", "--role", "operator")
    assert "operator" in said("list", "--workspace", "ours")
    assert "nothing" in said("remove", "bob", "--workspace", "ours")
    told = AuditEvent.objects.order_by("id").values_list("action", flat=True)
    assert list(told) == ["member.added", "member.changed", "member.removed"]
    for wrong in (("add", "nobody", "--role", "viewer"), ("remove", "bob")):
        with pytest.raises(CommandError):
            said(wrong[0], wrong[1], "--workspace", "ours", *wrong[2:])


def test_ready_groups_are_made_once_and_left_as_they_are(db: None):
    prepare_groups()
    viewers = Group.objects.get(name="Viewer")
    assert viewers.permissions.filter(codename="view_batch").exists()
    assert not viewers.permissions.filter(codename="view_file").exists()
    viewers.permissions.clear()

    prepare_groups()

    assert not viewers.permissions.exists()
    administrators = Group.objects.get(name="Administrator")
    assert administrators.permissions.filter(codename="add_workspace").exists()


def test_the_list_of_users_says_what_each_sees(
    admin_client: Client, django_assert_max_num_queries: Any
):
    ours = make.workspace("ours")
    for number in range(9):
        user = User.objects.create_user(f"member-{number}", is_staff=True)
        Membership.objects.create(user=user, workspace=ours, role="operator")
    groups = User.objects.create_user("in-a-group", is_staff=True)
    groups.groups.add(Group.objects.create(name="Readers"))

    with django_assert_max_num_queries(12):
        page = admin_client.get("/admin/auth/user/").content.decode()

    assert page.count("operator of ours") == 9
    assert "Readers of all workspaces" in page
    assert "everything" in page


def test_the_list_of_workspaces_says_what_each_may_have(admin_client: Client):
    Workspace.objects.create(name="ours", monthly_budget=250, keep_inputs_days=30)

    page = admin_client.get("/admin/providers/workspace/").content.decode()

    assert "$250.00" in page
    assert "inputs 30 d" in page
