"""`manage.py check` finds what is set wrong."""

import pytest
from django.core.files.storage import default_storage

from bifrost import checks
from providers.console import ConsoleAdmin


def ids(found) -> list[str]:
    return [message.id for message in found]


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(default_storage, "base_location", str(tmp_path / "file" / "folder"))
    monkeypatch.setattr(default_storage, "location", str(tmp_path / "file" / "folder"))

    assert ids(checks.check_store()) == ["bifrost.E001"]


def test_a_folder_that_can_be_written_is_none():
    assert checks.check_store() == []


def test_the_beat_rings_only_what_workers_know():
    assert checks.check_beat() == []


def test_a_beat_that_rings_nothing_is_an_error(monkeypatch):
    schedule = {"lost": {"task": "batches.tasks.lost", "schedule": 1.0}}
    monkeypatch.setitem(checks.current_app.conf, "beat_schedule", schedule)

    assert ids(checks.check_beat()) == ["bifrost.E002"]


@pytest.mark.parametrize(("seconds", "found"), [(300, []), (70, ["bifrost.W001"])])
def test_a_lease_outlasts_a_call(settings, seconds, found):
    settings.LEASE_SECONDS = seconds

    assert ids(checks.check_lease()) == found


@pytest.mark.parametrize(("mode", "found"), [("keys", []), ("open", ["bifrost.W002"])])
def test_open_access_is_told_before_production(settings, mode, found):
    settings.AUTH = mode

    assert ids(checks.check_access()) == found


def test_a_page_that_shows_what_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setattr(ConsoleAdmin, "list_display", ["nothing"])
    assert "admin.E108" in ids(checks.check_pages())


def test_pages_show_what_is_there():
    assert checks.check_pages() == []
