"""Any list as CSV: plain values, page after page, so that its length does not matter."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from io import StringIO
from typing import Any

from django.db.models import BinaryField, Field, Model, Q, QuerySet

AT_ONCE = 1000
# What a spreadsheet would take for a formula. https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
SECRET = ("encrypted", "password", "digest", "secret", "token")


def columns_of(model: type[Model], withheld: Iterable[str] = ()) -> list[str]:
    """All but what is hidden."""
    names = hidden(model, withheld)
    return [field.attname for field in model._meta.concrete_fields if field.name not in names]


def hidden(model: type[Model], withheld: Iterable[str] = ()) -> set[str]:
    """What is secret, or a digest of it, and what else is withheld."""
    fields = model._meta.concrete_fields
    return {*withheld, *(field.name for field in fields if _is_secret(field))}


def _is_secret(field: "Field[Any, Any]") -> bool:
    named = any(word in field.attname for word in SECRET)
    return isinstance(field, BinaryField) or (named and field.attname != "request_digest")


def written(rows: QuerySet[Any], order: Sequence[Any], names: list[str]) -> Iterator[str]:
    """The lines of the file, with these columns, a page of rows at a time."""
    yield _lines([names])
    for page in _pages(rows, order, names):
        yield _lines([[_plain(row[name]) for name in names] for row in page])


def _pages(
    rows: QuerySet[Any], order: Sequence[Any], names: list[str]
) -> Iterator[list[dict[str, Any]]]:
    """Each begins behind the last row of the one before: to skip rows would read them all again."""
    keys = _keys(rows.model, order)
    rows = rows.prefetch_related(None).select_related(None)
    ordered = rows.order_by(*(f"-{name}" if down else name for name, down in keys))
    behind = Q()
    while page := list(
        ordered.filter(behind).values(*dict.fromkeys((*names, *dict(keys))))[:AT_ONCE]
    ):
        yield page
        if len(page) < AT_ONCE:
            return
        behind = _behind(keys, page[-1])


def _keys(model: type[Model], order: Sequence[Any]) -> list[tuple[str, bool]]:
    """The list's order if rows can be told by it, else that of their keys; and whether each goes down."""
    key = str(model._meta.pk.attname)
    columns = {field.name: field for field in model._meta.concrete_fields}
    keys = []
    for part in order:
        name = str(part).lstrip("-")
        name = key if name == "pk" else name
        field = columns.get(name)
        if not isinstance(part, str) or field is None or field.null or field.is_relation:
            return [(key, False)]
        keys.append((name, part.startswith("-")))
    return keys if any(name == key for name, _ in keys) else [*keys, (key, False)]


def _behind(keys: list[tuple[str, bool]], last: dict[str, Any]) -> Q:
    """What comes after a row. The first part stands by itself too: an index finds by it where to begin."""
    condition, equal = Q(), Q()
    for name, down in keys:
        condition |= equal & Q(**{f"{name}__{'lt' if down else 'gt'}": last[name]})
        equal &= Q(**{name: last[name]})
    name, down = keys[0]
    return Q(**{f"{name}__{'lte' if down else 'gte'}": last[name]}) & condition


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def _lines(rows: list[list[Any]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
