"""Lists as somebody wants to see them again."""

from typing import Any

from django.http import QueryDict

from batches.models import SavedFilter

MOST = 50
# Where in the list somebody was, not what it was narrowed to.
PASSING = ("p", "e", "before", "_popup", "_to_field")


def saved_by(user: Any, page: str) -> list[SavedFilter]:
    return list(SavedFilter.objects.filter(user=user, page=page)[:MOST])


def lasting(query: str) -> str:
    """What of a query is worth keeping."""
    kept = QueryDict(query, mutable=True)
    for name in PASSING:
        kept.pop(name, None)
    return kept.urlencode()
