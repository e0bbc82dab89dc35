"""Rows in plain SQL, for what is asked or written with nearly every request.

The ORM needs longer to put such a statement together than the database to answer it.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.db.models import AutoField, Model

Row = TypeVar("Row", bound=Model)
Convert = Callable[[Any], Any]


class _Shape(NamedTuple):
    """The columns of a table, as SQL and by name, and how what the database gives becomes a value."""

    columns: str
    names: tuple[str, ...]
    converters: tuple[tuple[int, Convert], ...]


def find(model: type[Row], where: str, *values: Any) -> Row | None:
    """A row of ours that meets a condition in SQL, which is our own; only `values` are not."""
    shape = _shape(model, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT {shape.columns} FROM "{model._meta.db_table}" WHERE {where}',  # noqa: S608 -- see above
            values,
        )
        found = cursor.fetchone()
    if found is None:
        return None
    row = list(found)
    for at, convert in shape.converters:
        row[at] = convert(row[at])
    return model.from_db(connection.alias, shape.names, row)


def insert(row: Model) -> None:
    """What `save(force_insert=True)` does for a row to which nobody listens. A key that the database makes
    is not asked for.
    """
    fields = [field for field in row._meta.concrete_fields if not isinstance(field, AutoField)]
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    names = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{row._meta.db_table}" ({names}) VALUES ({places})',  # noqa: S608 -- our own names
            values,
        )
    row._state.adding, row._state.db = False, connection.alias


@cache
def _shape(model: type[Model], vendor: str) -> _Shape:
    fields = model._meta.concrete_fields
    return _Shape(
        ", ".join(f'"{field.column}"' for field in fields),
        tuple(field.attname for field in fields),
        tuple(
            (at, convert)
            for at, field in enumerate(fields)
            for convert in _converters(field.get_col(model._meta.db_table))
        ),
    )


def _converters(column: Any) -> Sequence[Convert]:
    """As the ORM has them, in its order: the database's own before those of the field."""

    def bound(convert: Callable[..., Any]) -> Convert:
        return lambda value: convert(value, column, connection)

    of_database = connection.ops.get_db_converters(column)
    return [bound(each) for each in (*of_database, *column.get_db_converters(connection))]
