"""Pages of jobs. However few of a large table are wanted, a page costs no more than a bounded look at it."""

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf, StrIndex
from django.db.models.lookups import GreaterThan

from batches.models import Batch
from gateway.bedrock.asked import List, Where
from gateway.bedrock.wire import STATUS
from gateway.surface import behind, page

# Of rows that must be looked at one by one. A page may be short, or empty, with more behind it:
# so does AWS, whose clients go on while there is a token.
SEEN_AT_ONCE = 10_000


def listed(
    rows: QuerySet[Batch], asked: List, *, provider: str
) -> tuple[list[Batch], Where | None]:
    """The jobs of a page, and where the next one begins, if more may follow."""
    rows = _in_time(rows, asked)
    after = Batch(created_at=asked.after.at, pk=asked.after.id) if asked.after else None
    end = None
    if wanted := _wanted(asked, provider):
        seen = behind(rows.only("created_at"), after, ascending=asked.ascending)
        end = next(iter(seen[SEEN_AT_ONCE - 1 : SEEN_AT_ONCE]), None)
        rows = _up_to(rows, end, asked).alias(shown_name=_shown_name()).filter(wanted)
    found, more = page(
        rows.select_related("input_file", "results_file"),
        after=after,
        limit=asked.limit,
        ascending=asked.ascending,
    )
    last = found[-1] if more else end
    return found, Where(last.created_at, last.pk) if last else None


def _in_time(rows: QuerySet[Batch], asked: List) -> QuerySet[Batch]:
    if asked.since:
        rows = rows.filter(created_at__gte=asked.since)
    if asked.until:
        rows = rows.filter(created_at__lte=asked.until)
    return rows


def _wanted(asked: List, provider: str) -> Q:
    """What no index helps to find in the order of a list."""
    wanted = STATUS[asked.status].query if asked.status else Q()
    if provider:
        wanted &= Q(provider=provider)
    if asked.name:
        # Not LIKE, which SQLite and PostgreSQL understand differently.
        wanted &= Q(GreaterThan(StrIndex("shown_name", Value(asked.name)), 0))
    return wanted


def _shown_name() -> Coalesce:
    return Coalesce(NullIf("name", Value("")), F("id"))


def _up_to(rows: QuerySet[Batch], end: Batch | None, asked: List) -> QuerySet[Batch]:
    """Those that are not behind `end`."""
    if end is None:
        return rows
    word = "lt" if asked.ascending else "gt"
    return rows.filter(
        Q(**{f"created_at__{word}": end.created_at})
        | Q(created_at=end.created_at, **{f"id__{word}e": end.pk})
    )
