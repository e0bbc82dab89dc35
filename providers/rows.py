"""Rows in plain SQL, for what is asked or written with nearly every request.

The ORM needs longer to put such a statement together than the database to answer it.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model
from django.db.models.expressions import Col

Row = TypeVar("Row", bound=Model)
Convert = Callable[[Any, Col, Any], Any]


class _Shape(NamedTuple):
    """The columns of a table, as SQL and by name, and how what the database gives becomes a value."""

    columns: str
    names: tuple[str, ...]
    converters: tuple[tuple[int, Convert, Col], ...]


def find(model: type[Row], where: str, *values: Any) -> Row | None:
    """A row of ours that meets a condition in SQL, which is our own; only `values` are not."""
    database = connections[DEFAULT_DB_ALIAS]
    shape = _shape(model, database.vendor)
    with database.cursor() as cursor:
        cursor.execute(
            f'SELECT {shape.columns} FROM "{model._meta.db_table}" WHERE {where}',  # noqa: S608 -- see above
            values,
        )
        found = cursor.fetchone()
    if found is None:
        return None
    row = list(found)
    for at, convert, column in shape.converters:
        row[at] = convert(row[at], column, database)
    return model.from_db(database.alias, shape.names, row)


def insert(row: Model) -> None:
    """What `save(force_insert=True)` does for a row to which nobody listens. A key that the database makes
    is not asked for.
    """
    database = connections[DEFAULT_DB_ALIAS]
    given = {}
    for field in row._meta.concrete_fields:
        value = field.get_db_prep_save(field.pre_save(row, add=True), database)
        # Where nothing is said there is NULL, or the key that the database makes.
        if value is not None:
            given[f'"{field.column}"'] = value
    places = ", ".join(["%s"] * len(given))
    with database.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{row._meta.db_table}" ({", ".join(given)}) VALUES ({places})',  # noqa: S608 -- our own names
            list(given.values()),
        )
    row._state.adding, row._state.db = False, database.alias


@cache
def _shape(model: type[Model], vendor: str) -> _Shape:
    """The converters are those of the ORM, in its order: the database's own before those of the field."""
    database = connections[DEFAULT_DB_ALIAS]
    fields = model._meta.concrete_fields
    columns = [field.get_col(model._meta.db_table) for field in fields]
    return _Shape(
        ", ".join(f'"{field.column}"' for field in fields),
        tuple(field.attname for field in fields),
        tuple(
            (at, convert, column)
            for at, column in enumerate(columns)
            for convert in (
                *database.ops.get_db_converters(column),
                *column.get_db_converters(database),
            )
        ),
    )
