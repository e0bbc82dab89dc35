"""Fill an empty database, then open every list and page of the admin, and the lists of the API.

Run with the settings of an empty database; prints JSON: for each page milliseconds and queries. With a number
of 0 the database is taken as it is.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bifrost.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib import admin  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from batches.models import Batch  # noqa: E402
from providers.models import Membership, VirtualKey, Workspace  # noqa: E402
from tests.bench.million import SAID, fill  # noqa: E402

ROUNDS = 3
# What a list is narrowed to: what is common, what is rare, what is far back.
NARROWED: dict[str, dict[str, str]] = {
    "batches.batch": {
        "failed": "status__exact=failed",
        "in progress": "status__exact=in_progress",
        "one provider": "provider__exact=gemini",
        "one surface": "surface__exact=genai",
        "one nobody uses": "surface__exact=bedrock",
        "one workspace": "workspace__id__exact={workspace}",
        "with errors": "errors=yes",
        "without errors": "errors=no",
        "a year": "created_at__year={year}",
        "page 150": "p=150",
        "an id": "q=batch_{batch}",
        "the provider's id": "q=batch_upstream_17",
        "search for a word": "q=nightly",
        "search for an error": "q=error:%22{said}%22",
        "search for a custom_id": "q=custom_id:row-1",
    },
    "batches.job": {
        "running": "status__exact=running",
        "dropped": "status__exact=dropped",
        "one provider": "credential__provider__exact=openai",
        "with errors": "errors=yes",
        "page 150": "p=150",
        "an id": "q={batch}",
        "search for a word": "q=nightly",
    },
    "files.file": {
        "one purpose": "purpose__exact=batch",
        "a rare purpose": "purpose__exact=vision",
        "one workspace": "workspace__id__exact={workspace}",
        "page 150": "p=150",
        "search for a name": "q=input-17.jsonl",
    },
    "providers.auditevent": {
        "one action": "action=batch.cancelled",
        "one workspace": "workspace__id__exact={workspace}",
        "a person": "q=key-7",
        "search for a word": "q=nightly",
    },
}
PATHS = ("/openai/v1/batches", "/anthropic/v1/messages/batches", "/genai/v1beta/batches")


def pages() -> Iterator[tuple[str, str, str]]:
    """Each as who opens it, what it is, and where."""
    named = _named()
    admin.autodiscover()
    yield "everybody's", "first page", "/admin/"
    yield "member's", "first page", "/admin/"
    for model, one in admin.site._registry.items():
        label = model._meta.label_lower
        base = reverse(f"admin:{label.replace('.', '_')}_changelist")
        title = str(model._meta.verbose_name_plural)
        yield "everybody's", f"list of {title}", base
        newest = one.get_queryset(_request()).first()
        if newest is not None:
            yield "everybody's", f"page of one of the {title}", f"{base}{newest.pk}/change/"
        for what, query in NARROWED.get(label, {}).items():
            yield "everybody's", f"{title}: {what}", f"{base}?{query.format_map(named)}"
        if one.workspace_path and label in NARROWED:
            for who in ("member's", "small member's"):
                yield who, f"list of {title}", base
    for path in PATHS:
        yield "client's", path, path


def _named() -> dict[str, str]:
    middle = Batch.objects.order_by("-created_at")[Batch.objects.count() // 2]
    return {
        "batch": middle.pk,
        "workspace": middle.workspace_id,
        "year": str(middle.created_at.year),
        "said": SAID.replace(" ", "+"),
    }


def _request() -> Any:
    request = type("Request", (), {})()
    request.user = User.objects.get(username="bench")
    return request


def clients() -> dict[str, Client]:
    """A superuser, a member of some workspaces, one of a workspace with next to nothing, and a key."""
    owners = list(Workspace.objects.filter(name__startswith="load-").order_by("name"))
    small, _ = Workspace.objects.get_or_create(name="small")
    if not Batch.objects.filter(workspace=small).exists():
        oldest = Batch.objects.order_by("created_at").values("pk")[:10]
        Batch.objects.filter(pk__in=list(oldest.values_list("pk", flat=True))).update(
            workspace=small
        )
    people = {
        "everybody's": _user("bench", []),
        "member's": _user("bench-member", owners[:3]),
        "small member's": _user("bench-small", [small]),
    }
    made = {}
    for who, user in people.items():
        made[who] = Client(headers={"host": "localhost"})
        made[who].force_login(user)
    key = VirtualKey(workspace=owners[0], name="bench")
    text = key.renew().key
    key.save()
    made["client's"] = Client(headers={"host": "localhost", "authorization": f"Bearer {text}"})
    return made


def _user(name: str, workspaces: list[Workspace]) -> User:
    user, _ = User.objects.get_or_create(
        username=name, defaults={"is_staff": True, "is_superuser": not workspaces}
    )
    for workspace in workspaces:
        Membership.objects.get_or_create(user=user, workspace=workspace, role="administrator")
    return user


def opened(client: Client, url: str) -> tuple[float, int]:
    """The median of some times in milliseconds, and how many queries it takes."""
    queries: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        queries.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        _open(client, url)
    times = sorted(_open(client, url) for _ in range(ROUNDS))
    return statistics.median(times) * 1000, len(queries)


def _open(client: Client, url: str) -> float:
    began = time.perf_counter()
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code, answer.headers)
    return time.perf_counter() - began


def main(count: int) -> dict[str, tuple[float, int]]:
    settings.AUTH = "keys"
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    call_command("migrate", verbosity=0)
    if count:
        fill(count)
    known = clients()
    return {f"{who} {what}": opened(known[who], url) for who, what, url in pages()}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1])), indent=1))
