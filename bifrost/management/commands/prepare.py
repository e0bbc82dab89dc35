"""Brings an installation up to date before its processes start."""

import fcntl
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from providers.services import prepare_credentials

# Any number will do, as long as nobody else locks it in the same database.
LOCK = 0xB1F2057


class Command(BaseCommand):
    help = (
        "Migrate the database, collect static files, make the admin user when there is none, and "
        "bring the credentials in line with the environment. Safe to run twice, and at once."
    )
    # Those of migrate and collectstatic are enough, and a second round would delay every start.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        with _alone():
            call_command("migrate", verbosity=0, interactive=False)
            call_command("collectstatic", verbosity=0, interactive=False)
            user, password = _prepare_admin()
            providers = prepare_credentials()
        for provider, kind in providers:
            self._tell("Provider", f"{provider}: {kind}")
        self._tell("Admin user", user)
        if password:
            self._tell("Password", f"{password}   (shown only this once)")

    def _tell(self, label: str, text: str) -> None:
        self.stdout.write(f"{label:<12}{text}")


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
