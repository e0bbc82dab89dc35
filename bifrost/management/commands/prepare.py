"""Brings an installation up to date before its processes start."""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from bifrost.groups import prepare_groups
from providers.services import prepare_credentials

# Any number will do, as long as nobody else locks it in the same database.
LOCK = 0xB1F2057


class Command(BaseCommand):
    help = (
        "Migrate the database, collect static files, make the admin user and the ready groups when "
        "there are none, and bring the credentials in line with the environment. Safe to run twice, "
        "and at once."
    )
    # Those of migrate and collectstatic are enough, and a second round would delay every start.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with _alone():
                providers, user, password = self._prepare()
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        for provider, kind in providers:
            self._tell("Provider", f"{provider}: {kind}")
        self._tell("Admin user", user)
        if password:
            self._tell("Password", f"{password}   (shown only this once)")

    def _prepare(self) -> tuple[list[tuple[str, str]], str, str]:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("clearsessions")
        _collect_static()
        prepare_groups()
        user, password = _prepare_admin()
        return prepare_credentials(), user, password

    def _tell(self, label: str, text: str) -> None:
        self.stdout.write(f"{label:<12}{text}")


def _collect_static() -> None:
    """Collecting takes the better part of a second: only when a source has changed."""
    sources = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            file = os.stat(storage.path(path))
            sources.update(f"{path} {file.st_size} {file.st_mtime_ns}\n".encode())
    stamp = settings.STATIC_ROOT / ".sources"
    if not stamp.exists() or stamp.read_text() != sources.hexdigest():
        call_command("collectstatic", verbosity=0, interactive=False)
        stamp.write_text(sources.hexdigest())


def _prepare_admin() -> tuple[str, str]:
    """The admin's name, and the password if it was made up just now."""
    given = settings.ADMIN_PASSWORD
    admin = User.objects.filter(username=settings.ADMIN_USER).first()
    if admin is None and (given or not User.objects.filter(is_superuser=True).exists()):
        password = given or secrets.token_urlsafe(12)
        User.objects.create_superuser(settings.ADMIN_USER, password=password)
        return settings.ADMIN_USER, "" if given else password
    if admin and given and not admin.check_password(given):
        admin.set_password(given)
        admin.save(update_fields=["password"])
    return (admin or User.objects.filter(is_superuser=True).earliest("pk")).get_username(), ""


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until nobody else prepares this installation, here or on another machine."""
    settings.DATA.mkdir(parents=True, exist_ok=True)
    with (settings.DATA / "prepare.lock").open("w") as lock, connection.cursor() as cursor:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shared = connection.vendor == "postgresql"
        if shared:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            if shared:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
