"""What the lists of batches and jobs can be narrowed to."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RadioFilter

from batches.models import BATCH_TROUBLED, JOB_TROUBLED, Job


class TroubleFilter(RadioFilter):  # type: ignore[misc]
    title = "errors"
    parameter_name = "errors"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Has errors"), ("no", "Has none")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        wrong = self.wrong()
        return queryset.filter(wrong if self.value() == "yes" else ~wrong)

    def wrong(self) -> Q:
        raise NotImplementedError


class StuckFilter(RadioFilter):  # type: ignore[misc]
    title = "progress"
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Stuck")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.stuck(queryset) if self.value() == "yes" else queryset

    def stuck(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(stuck_at__isnull=False)


class BatchStuckFilter(StuckFilter):
    def stuck(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        marked = Job.objects.filter(stuck_at__isnull=False)
        return queryset.filter(pk__in=marked.values("batch"))


class BatchTroubleFilter(TroubleFilter):
    def wrong(self) -> Q:
        return BATCH_TROUBLED


class JobTroubleFilter(TroubleFilter):
    def wrong(self) -> Q:
        return JOB_TROUBLED
