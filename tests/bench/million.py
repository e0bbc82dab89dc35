"""Fill a database with as much as years leave behind: batches, their jobs, files, events, and what was used.

    python -m tests.bench.million 1000000

The rows are made by the database, from their numbers alone. They say nothing true, and nothing can be run of
them: a database that has batches is left alone, unless --among-real is given.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bifrost.settings")
if __name__ == "__main__":
    django.setup()

from django.db import connection, transaction
from django.db.models import NOT_PROVIDED, Field, Model
from django.utils import timezone

from batches.models import Batch, BatchEvent, Job, Sample, UsageHour
from files.models import File
from providers.models import AuditEvent, Credential, Workspace

MOST = 5_000_000
AT_ONCE = 100_000
EVENTS = 10
WORKSPACES = 20
SECONDS_APART = 20
# Each has an answer for every number, so that the same rows come of the same number.
MODELS = (
    "gpt-5-mini",
    "gpt-4.1-mini",
    "claude-haiku-4-5",
    "gemini-2.5-flash",
    "amazon.nova-lite-v1:0",
)
KINDS = (
    *("created", "validated", "submitted", "polled", "progress"),
    *("polled", "progress", "ended", "collected", "completed"),
)
SAID = "rate limit reached for requests"


class Series:
    """SQL for the numbers from `first` on, and for what is made of them: `n` is the number."""

    def __init__(self) -> None:
        self.postgresql = connection.vendor == "postgresql"
        self.now = timezone.now().replace(microsecond=0)

    def source(self, first: int, last: int) -> str:
        if self.postgresql:
            return f"generate_series({first}, {last}) AS series(n)"
        return (
            f"(WITH RECURSIVE series(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM series "
            f"WHERE n < {last}) SELECT n FROM series)"
        )

    def pk(self, prefix: str, number: str = "n") -> str:
        """An id in no order, as ours are: the multiplier makes a permutation of the numbers below 2**32."""
        mixed = f"((CAST({number} AS bigint) * 2654435761) % 4294967296)"
        shown = f"lpad(to_hex({mixed}), 8, '0')" if self.postgresql else f"printf('%08x', {mixed})"
        return f"'{prefix}' || {shown}"

    def ago(self, seconds: str) -> str:
        if self.postgresql:
            return (
                f"CAST('{self.now.isoformat()}' AS timestamptz) - ({seconds}) * interval '1 second'"
            )
        return f"datetime({int(self.now.timestamp())} - ({seconds}), 'unixepoch')"

    def one_of(self, texts: tuple[str, ...], number: str = "n") -> str:
        cases = " ".join(f"WHEN {place} THEN '{text}'" for place, text in enumerate(texts))
        return f"CASE ({number}) % {len(texts)} {cases} END"

    def json(self, text: str) -> str:
        return f"CAST('{text}' AS jsonb)" if self.postgresql else f"'{text}'"


def fill(
    count: int, *, bare: bool = True, say: Callable[[str], object] = lambda _: None
) -> dict[str, int]:
    """Make so many batches with all that belongs to them.

    `bare`: without the indexes meanwhile. Whoever is killed then leaves tables without them.
    """
    made: dict[str, int] = {}
    owners, account = _ground()
    with _unchecked():
        for model, columns, rows in tables(Series(), owners, account, count):
            began = time.monotonic()
            with _bare(model, bare):
                for first in range(0, rows, AT_ONCE):
                    _insert(model, columns, first, min(first + AT_ONCE, rows) - 1)
            made[model.__name__] = rows
            say(f"{rows:,} rows of {model.__name__} in {time.monotonic() - began:.0f} s")
    with connection.cursor() as cursor:
        # A database that has lived for a minute knows its tables.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return made


Table = tuple[type[Model], dict[str, str], int]


def tables(sql: Series, owners: tuple[str, ...], account: str, count: int) -> Iterator[Table]:
    """Each table with the SQL of its columns, as far as they are not the default, and its number of rows."""
    owner = sql.one_of(owners)
    made = sql.ago(f"n * {SECONDS_APART}")
    ended = sql.ago(f"n * {SECONDS_APART} - 15")
    over = "n % 100 >= 2 OR n > 20000"
    status = "CASE WHEN n < 20000 AND n % 100 < 2 THEN 'in_progress' WHEN n % 50 = 7 THEN 'failed' "
    status += (
        "WHEN n % 200 = 9 THEN 'expired' WHEN n % 200 = 11 THEN 'cancelled' ELSE 'completed' END"
    )
    failed = "n % 50 = 7"
    provider = sql.one_of(("openai", "anthropic", "bedrock", "gemini"))
    yield (
        File,
        {
            **{"id": sql.pk("ffff"), "workspace_id": owner, "created_at": made},
            **{"purpose": "'batch'", "filename": "'input-' || n || '.jsonl'", "status": "'stored'"},
            **{"size": "n % 100000", "surface": "'openai'"},
        },
        count,
    )
    yield (
        Batch,
        {
            **{"id": sql.pk("bbbb"), "workspace_id": owner, "created_at": made, "status": status},
            **{"provider": provider, "surface": sql.one_of(("openai", "anthropic", "genai"))},
            **{"endpoint": "'/v1/chat/completions'", "model": sql.one_of(MODELS)},
            **{"total": "100", "completed": "CASE WHEN n % 50 = 7 THEN 0 ELSE 100 END"},
            **{
                "failed": "CASE WHEN n % 40 = 3 THEN 5 ELSE 0 END",
                "input_file_id": sql.pk("ffff"),
            },
            "errors": f"CASE WHEN {failed} THEN {sql.json(ERRORS)} END",
            "last_error": f"CASE WHEN n % 1000 = 5 THEN '{SAID} ' || n ELSE '' END",
            "completed_at": f"CASE WHEN {over} THEN {ended} END",
            "due_at": "NULL",
        },
        count,
    )
    yield (
        Job,
        {
            **{"id": sql.pk("jjjj"), "batch_id": sql.pk("bbbb"), "credential_id": f"'{account}'"},
            **{"ordinal": "0", "first": "0", "records": "100", "completed": "100"},
            "status": f"CASE WHEN {over} THEN 'collected' ELSE 'running' END",
            **{"upstream_id": "'batch_upstream_' || n", "upstream_status": "'completed'"},
            **{"created_at": made, "submitted_at": made, "polled_at": ended, "due_at": "NULL"},
            **{"ended_at": f"CASE WHEN {over} THEN {ended} END", "model": sql.one_of(MODELS)},
        },
        count,
    )
    of_batch = f"n / {EVENTS}"
    yield (
        BatchEvent,
        {
            **{"batch_id": sql.pk("bbbb", of_batch), "job_id": sql.pk("jjjj", of_batch)},
            "at": sql.ago(f"({of_batch}) * {SECONDS_APART} - n % {EVENTS}"),
            **{"kind": sql.one_of(KINDS), "message": "'event ' || n"},
        },
        count * EVENTS,
    )
    yield (
        AuditEvent,
        {
            **{
                "at": made,
                "workspace_id": owner,
                "actor_kind": "'key'",
                "actor": "'key-' || n % 50",
            },
            **{"action": sql.one_of(("batch.cancelled", "results.downloaded", "file.deleted"))},
            **{"target": sql.pk("bbbb"), "name": sql.pk("bbbb")},
        },
        count // 2,
    )
    hour = sql.ago(f"(n / {WORKSPACES}) * 3600")
    yield (
        UsageHour,
        {
            **{"hour": hour, "workspace_id": owner, "provider": provider, "surface": "'openai'"},
            **{"model": sql.one_of(MODELS), "status": "'completed'", "length": "n % 12"},
            **{"batches": "10", "bytes": "100000", "completed": "1000", "failed": "3"},
            **{"input_tokens": "50000", "output_tokens": "20000", "cost": "120000000"},
        },
        count // 5,
    )
    yield (
        Sample,
        {
            **{"at": sql.ago("(n / 4) * 300"), "provider": provider, "status": "'running'"},
            "jobs": "n % 90",
        },
        count // 10,
    )


ERRORS = '[{"code": "invalid", "message": "Line 3 is no JSON.", "line": 3, "param": null}]'


def _ground() -> tuple[tuple[str, ...], str]:
    """Workspaces, and an account that nobody is asked on."""
    names = [f"load-{number}" for number in range(WORKSPACES)]
    owners = [Workspace.objects.get_or_create(name=name)[0].pk for name in names]
    account, _ = Credential.objects.get_or_create(
        provider="openai", name="load", workspace_id=owners[0], defaults={"enabled": False}
    )
    return tuple(owners), account.pk


def _insert(model: type[Model], columns: dict[str, str], first: int, last: int) -> None:
    names, values, constants = [], [], []
    for field in model._meta.concrete_fields:
        if field.attname in columns:
            value = columns[field.attname].replace("%", "%%")
        elif field.primary_key or not field.has_default() and field.null:
            continue
        else:
            value, constant = _constant(field)
            constants.append(constant)
        names.append(f'"{field.column}"')
        values.append(value)
    series = Series().source(first, last)
    sql = f'INSERT INTO "{model._meta.db_table}" ({", ".join(names)}) SELECT {", ".join(values)}'
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{sql} FROM {series}", constants)


@contextmanager
def _bare(model: type[Model], wanted: bool) -> Iterator[None]:
    """Take a table's indexes away, and make them anew at once: that is several times faster."""
    indexes = _indexes(model._meta.db_table) if wanted else []
    with connection.cursor() as cursor:
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _, definition in indexes:
            cursor.execute(definition)


def _indexes(table: str) -> list[tuple[str, str]]:
    """The names and definitions of those that no constraint needs."""
    found = {
        "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND NOT EXISTS "
        "(SELECT 1 FROM pg_constraint WHERE conname = indexname)",
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s "
        "AND sql IS NOT NULL",
    }
    with connection.cursor() as cursor:
        cursor.execute(found[connection.vendor], [table])
        return list(cursor.fetchall())


def _constant(field: "Field[Any, Any]") -> tuple[str, Any]:
    """The place of a field's default in a statement, and the default."""
    value = field.get_default() if field.default is not NOT_PROVIDED else ""
    if value == "" and field.get_internal_type() == "DateTimeField":
        value = timezone.now()
    prepared = field.get_db_prep_save(value, connection)
    wanted = field.db_type(connection)
    return (f"CAST(%s AS {wanted})" if connection.vendor == "postgresql" else "%s"), prepared


@contextmanager
def _unchecked() -> Iterator[None]:
    """Without looking up what every row refers to, where the database lets us: it is there."""
    before, after = {
        "postgresql": (
            "SET session_replication_role = replica; SET synchronous_commit = off; "
            "SET maintenance_work_mem = '512MB'",
            "RESET session_replication_role; RESET synchronous_commit; RESET maintenance_work_mem",
        ),
        "sqlite": ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(before)
        yield
        cursor.execute(after)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.million", description=__doc__)
    parser.add_argument("batches", type=int, help=f"how many, {MOST:,} at most")
    parser.add_argument("--among-real", action="store_true", help="even where there are others")
    options = parser.parse_args()
    if not 0 < options.batches <= MOST:
        parser.error(f"Make between 1 and {MOST:,} batches.")
    if Batch.objects.exists() and not options.among_real:
        parser.error("There are batches here. Take another database, or say --among-real.")
    fill(options.batches, bare=not Batch.objects.exists(), say=lambda text: print(text, flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
