"""Users of the admin, and a place for static and stored files."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery import Task
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client

# As the URLs do: tests are made of what is registered.
admin.autodiscover()


@pytest.fixture(autouse=True)
def house(settings: Any, tmp_path: Path) -> None:
    cache.clear()
    settings.STORAGES = {
        "default": {
            "BACKEND": "files.storage.FolderStore",
            "OPTIONS": {"location": tmp_path / "files"},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def client_with(db: None) -> Callable[..., Client]:
    """A client of a member of staff who has these permissions and no other."""

    def client_with(*permissions: str) -> Client:
        user = User.objects.create_user(f"staff-{User.objects.count()}", is_staff=True)
        for permission in permissions:
            label, codename = permission.split(".")
            found = Permission.objects.get(content_type__app_label=label, codename=codename)
            user.user_permissions.add(found)
        client = Client()
        client.force_login(user)
        return client

    return client_with


@pytest.fixture
def ringing(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> Callable[[], AbstractContextManager[list[tuple[str, ...]]]]:
    """Collects the tasks that are rung meanwhile, and their arguments, instead of sending them."""

    @contextmanager
    def ringing() -> Iterator[list[tuple[str, ...]]]:
        rung: list[tuple[str, ...]] = []

        def record(task: Any, args: tuple[str, ...] = (), *_: Any, **__: Any) -> None:
            rung.append((task.name.split(".")[-1], *args))

        with monkeypatch.context() as patched:
            patched.setattr(Task, "apply_async", record)
            with django_capture_on_commit_callbacks(execute=True):
                yield rung

    return ringing
