"""The list of jobs, and the page of each."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedDropdownFilter

from batches.admin import looks
from batches.admin.filters import JobTroubleFilter, StuckFilter
from batches.admin.lifeline import flat
from batches.admin.search import JOBS, searched
from batches.models import Job
from providers import cells
from providers.console import ReadOnlyAdmin

MOST_EVENTS = 200


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = [
        "named",
        "of_batch",
        "state",
        "progress",
        "submitted",
        "polled",
        "trouble",
    ]
    list_filter = [
        ("status", ChoicesCheckboxFilter),
        ("credential__provider", ChoicesCheckboxFilter),
        ("credential", RelatedDropdownFilter),
        JobTroubleFilter,
        StuckFilter,
    ]
    list_select_related = ["batch", "credential"]
    search_fields = ["id"]
    search_help_text = (
        "Any id: ours, the provider's or the batch's, or words; model:gpt-5, error:\"rate limit\""
    )
    date_hierarchy = "created_at"
    workspace_path = "batch__workspace"
    when_empty = (
        "A job is what a provider runs for a batch: it is here once the batch is validated."
    )
    page_related = ("batch", "batch__workspace", "credential", "upstream_input", "raw_results")
    actions = None
    change_form_template = "admin/batches/job/page.html"

    @admin.display(description="provider's id")
    def named(self, job: Job) -> SafeString:
        return cells.stacked(cells.name(job.upstream_id or "not sent"), cells.code(job.pk))

    @admin.display(description="batch and credential")
    def of_batch(self, job: Job) -> SafeString:
        link = cells.link(_batch_url(job), cells.code(looks.public_id(job.batch_id)))
        return cells.stacked(link, str(job.credential))

    @admin.display(description="status")
    def state(self, job: Job) -> SafeString:
        return cells.stacked(looks.job_status(job), job.upstream_status)

    @admin.display(description="records")
    def progress(self, job: Job) -> SafeString:
        return cells.progress(job.completed, job.failed, job.records)

    @admin.display(description="submitted")
    def submitted(self, job: Job) -> SafeString:
        return cells.ago(job.submitted_at)

    @admin.display(description="last poll and next")
    def polled(self, job: Job) -> SafeString:
        due = format_html("due {}", cells.ago(job.due_at)) if job.due_at else ""
        return cells.stacked(cells.ago(job.polled_at), due)

    @admin.display(description="failed tries and error")
    def trouble(self, job: Job) -> SafeString:
        tries = cells.count(job.attempts, "try", "tries") if job.attempts else ""
        return cells.clipped(": ".join(part for part in (tries, _trouble(job)) if part), 120)

    def search(self, request: HttpRequest, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        return searched(self, request, queryset, text, JOBS)

    def page(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        return {
            "job": obj,
            "status": looks.job_status(obj),
            "route": looks.route(obj.batch),
            "batch_id": looks.public_id(obj.batch_id),
            "batch_url": _batch_url(obj),
            "last": obj.first + obj.records,
            "left": max(obj.records - obj.completed - obj.failed, 0),
            "usage": list(flat(obj.usage or {})),
            "events": obj.events.order_by("-at", "-id")[: MOST_EVENTS + 1],
            "most_events": MOST_EVENTS,
        }


def _batch_url(job: Job) -> str:
    return reverse("admin:batches_batch_change", args=[job.batch_id])


def _trouble(job: Job) -> str:
    if job.last_error or not job.problems:
        return job.last_error
    return str(job.problems[0].get("message", ""))
