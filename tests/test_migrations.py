"""Migrations are written so that a first start does not take longer than it must."""

from importlib import import_module

import pytest
from django.core.management.commands import makemigrations
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel, Migration
from django.db.models import CharField, Index, UniqueConstraint

from bifrost.management.commands.makemigrations import Command

NAME = ("name", CharField(max_length=9))


@pytest.mark.parametrize("app", ["providers", "files", "batches"])
def test_a_new_table_has_its_indexes_at_once(app: str):
    operations = import_module(f"{app}.migrations.0001_initial").Migration.operations
    made = {one.name_lower for one in operations if isinstance(one, CreateModel)}
    extended = {one.model_name_lower for one in operations if isinstance(one, AddField)}
    indexed = {one.model_name_lower for one in operations if isinstance(one, AddIndex)}
    assert made & indexed <= extended


def test_makemigrations_writes_them_so(monkeypatch: pytest.MonkeyPatch):
    written: list[Migration] = []
    monkeypatch.setattr(
        makemigrations.Command,
        "write_migration_files",
        lambda command, changes, *rest: written.extend(changes["app"]),
    )
    operations = [
        CreateModel("One", [NAME]),
        CreateModel("Two", [NAME]),
        AddField("Two", "other", CharField(max_length=9)),
        AddIndex("One", Index(fields=["name"], name="one_name")),
        AddConstraint("One", UniqueConstraint(fields=["name"], name="one_once")),
        AddIndex("Two", Index(fields=["other"], name="two_other")),
        AddIndex("Old", Index(fields=["name"], name="old_name")),
    ]

    migration = type("Migration", (Migration,), {"operations": operations})("0001", "app")

    Command().write_migration_files({"app": [migration]})

    one, *others = written[0].operations
    assert [index.name for index in one.options["indexes"]] == ["one_name"]
    assert [constraint.name for constraint in one.options["constraints"]] == ["one_once"]
    assert [type(other) for other in others] == [CreateModel, AddField, AddIndex, AddIndex]
