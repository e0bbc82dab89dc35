"""Misconfiguration that `manage.py check` finds before anybody meets it."""

import tempfile
from typing import Any

from celery import current_app
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.checks import check_admin_app
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.utils.module_loading import import_string

from files.storage import FolderStore, store
from providers.http import CONNECT_SECONDS, UPLOAD_SECONDS


@register()
def check_store(**asked: Any) -> list[CheckMessage]:
    """A folder can be looked at; a bucket is left to `/readyz`, since it may be far away."""
    where = store()
    if not isinstance(where, FolderStore):
        return []
    try:
        where.check()
        with tempfile.TemporaryFile(dir=where.location):
            return []
    except OSError as error:
        return [
            Error(
                f"The folder of files, {where.location}, cannot be written: {error.strerror}.",
                hint="Set BIFROST_STORAGE_URL to a folder that can, or to s3://bucket/prefix.",
                id="bifrost.E001",
            )
        ]


@register()
def check_beat(**asked: Any) -> list[CheckMessage]:
    tasks = [entry["task"] for entry in current_app.conf.beat_schedule.values()]
    return [
        Error(f"The beat rings {task}, which no worker knows.", id="bifrost.E002")
        for task in tasks
        if not _exists(task)
    ]


@register()
def check_lease(**asked: Any) -> list[CheckMessage]:
    # A lease is renewed once half of it is over, so half may be left when an answer is waited for.
    longest = 2 * (CONNECT_SECONDS + UPLOAD_SECONDS)
    if longest < settings.LEASE_SECONDS:
        return []
    return [
        Warning(
            f"A lease of {settings.LEASE_SECONDS:g} s ends while a call to a provider may go on: "
            "two workers could submit the same job.",
            hint=f"Set BIFROST_LEASE_SECONDS to more than {longest}.",
            id="bifrost.W001",
        )
    ]


@register(Tags.security, deploy=True)
def check_access(**asked: Any) -> list[CheckMessage]:
    if settings.AUTH == "keys":
        return []
    return [
        Warning(
            "Any key opens the default workspace to whoever reaches this server.",
            hint="Set BIFROST_AUTH=keys, and make virtual keys in the admin or with manage.py.",
            id="bifrost.W002",
        )
    ]


@register(Tags.admin)
def check_pages(app_configs: Any = None, **asked: Any) -> list[CheckMessage]:
    """Django's own check of the admin, which may run before there is a page to look at."""
    admin.autodiscover()
    return check_admin_app(app_configs, **asked)


def _exists(dotted: str) -> bool:
    try:
        import_string(dotted)
    except ImportError:
        return False
    return True
