"""Numbers that many add to."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection


def upsert(
    table: str, keys: Sequence[str], counted: Sequence[str], values: Iterable[Sequence[Any]]
) -> None:
    """Add numbers to rows, and make those that are not there. The names are our own."""
    rows = list(values)
    places = f"({', '.join(['%s'] * (len(keys) + len(counted)))})"
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in counted)
    sql = (
        f"INSERT INTO {table} ({', '.join((*keys, *counted))}) "  # noqa: S608 -- our own names
        f"VALUES {', '.join([places] * len(rows))} "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sums}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for row in rows for value in row])
