"""Django's own, but indexes and constraints of a new model are made with its table.

Each that is added by itself has Django build all models anew: that took half of a first start.
"""

from typing import Any

from django.core.management.commands import makemigrations
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation


class Command(makemigrations.Command):
    def write_migration_files(self, changes: dict[str, list[Any]], *rest: Any) -> None:
        for migrations in changes.values():
            for migration in migrations:
                migration.operations = _at_once(migration.operations)
        super().write_migration_files(changes, *rest)


def _at_once(operations: list[Operation]) -> list[Operation]:
    """Models that get a field later are left alone: it may be what an index is of."""
    made = {one.name_lower: one for one in operations if isinstance(one, CreateModel)}
    for one in operations:
        if isinstance(one, AddField):
            made.pop(one.model_name_lower, None)
    return [one for one in operations if not _taken(one, made)]


def _taken(one: Operation, made: dict[str, CreateModel]) -> bool:
    """Whether it became part of a model."""
    if not isinstance(one, AddIndex | AddConstraint) or one.model_name_lower not in made:
        return False
    options = made[one.model_name_lower].options
    if isinstance(one, AddIndex):
        options.setdefault("indexes", []).append(one.index)
    else:
        options.setdefault("constraints", []).append(one.constraint)
    return True
