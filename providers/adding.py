"""Numbers that many add to."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection


def upsert(
    table: str, keys: Sequence[str], counted: Sequence[str], values: Iterable[Sequence[Any]]
) -> None:
    """Add numbers to rows, and make those that are not there: the ORM can replace on a conflict, but not add.

    The names are our own. Give the rows in one order everywhere, or two who add wait for one another.
    """
    rows = list(values)
    quote = connection.ops.quote_name
    places = f"({', '.join(['%s'] * (len(keys) + len(counted)))})"
    sums = ", ".join(
        f"{name} = {quote(table)}.{name} + excluded.{name}" for name in map(quote, counted)
    )
    sql = (
        f"INSERT INTO {quote(table)} ({', '.join(map(quote, (*keys, *counted)))}) "  # noqa: S608 -- our own names
        f"VALUES {', '.join([places] * len(rows))} "
        f"ON CONFLICT ({', '.join(map(quote, keys))}) DO UPDATE SET {sums}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for row in rows for value in row])
