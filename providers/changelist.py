"""Lists whose cost does not grow with the table."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import django_stubs_ext
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.templatetags import unfold_list

from providers.lookback import Told

# What an admin is made of takes no types in brackets otherwise. Lists come first of all that is.
django_stubs_ext.monkeypatch()


def _titles_once(made: Callable[[ChangeList], Iterable[Any]]) -> Callable[[ChangeList], list[Any]]:
    def result_headers(cl: ChangeList) -> list[Any]:
        kept: list[Any] | None = cl.__dict__.get("titles")
        if kept is None:
            kept = cl.__dict__["titles"] = list(made(cl))
        return kept

    return result_headers


# The theme makes the titles of a list, and the box to choose all, anew for each row.
unfold_list.result_headers = _titles_once(unfold_list.result_headers)


class BoundedPaginator(Paginator[Any]):
    """Counts no further than MOST rows: on a large table a whole count costs more than the page."""

    MOST = 10_000
    template_name = "admin/console/pagination.html"

    @cached_property
    def _counted(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by()[: self.MOST + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._counted, self.MOST)

    def page(self, number: Any) -> Page[Any]:
        """Behind the first page, what is skipped is skipped by its keys alone, in an index."""
        place = self.validate_number(number)
        if place == 1:
            return super().page(place)
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        first = (place - 1) * self.per_page
        narrow = rows.prefetch_related(None).select_related(None).values_list("pk", flat=True)
        keys = list(narrow[first : min(first + self.per_page, self.count)])
        found = rows.filter(pk__in=keys)
        return Page(found, place, self)

    @property
    def more(self) -> bool:
        return self._counted > self.MOST


# How far back a search goes on: see lookback.
BEFORE = "before"


class BoundedChangeList(ChangeList):
    told: Told | None = None

    def get_filters_params(self, params: Any = None) -> Any:
        kept: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in kept.items() if name != BEFORE}

    @property
    def further(self) -> str:
        """The way to where a search has not looked yet."""
        assert self.told
        assert self.told.until
        return str(self.get_query_string({BEFORE: self.told.until.isoformat()}, [PAGE_VAR]))

    @property
    def narrowed(self) -> bool:
        return bool(self.query or self.has_active_filters)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.told = request.__dict__.get("told")
        # The number is at the foot, where it can say that there are more.
        self.full_result_count = self.result_count
