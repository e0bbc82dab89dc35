"""The list of batches, and the page of each."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedDropdownFilter

from batches.admin import looks, story
from batches.admin.actions import BatchActions
from batches.admin.filters import BatchStuckFilter, BatchTroubleFilter
from batches.admin.lifeline import flat, lifeline
from batches.admin.records import AT_A_GLANCE, RecordPages
from batches.admin.search import BATCHES, searched
from batches.models import Batch, Job
from batches.services import Failures
from batches.services.cancel import CANCELLABLE
from files.models import File
from providers import cells
from providers.console import Button

MOST_JOBS = 100
MOST_EVENTS = 200
LIVE_SECONDS = 5
# What the list tells of a batch's jobs.
TOLD = ("batch_id", "status", "upstream_status", "polled_at", "last_error")


@admin.register(Batch)
class BatchAdmin(RecordPages, BatchActions):
    list_display = [
        "named",
        "asked",
        "state",
        "progress",
        "age",
        "trouble",
    ]
    list_filter = [
        ("status", ChoicesCheckboxFilter),
        ("provider", ChoicesCheckboxFilter),
        ("surface", ChoicesCheckboxFilter),
        ("workspace", RelatedDropdownFilter),
        BatchTroubleFilter,
        BatchStuckFilter,
    ]
    list_select_related = ["workspace"]
    search_fields = ["id"]
    search_help_text = (
        "Any id (ours, the provider's, a file's, a job's, a key's), or words; "
        'model:gpt-5, custom_id:abc, name:nightly, error:"rate limit"'
    )
    date_hierarchy = "created_at"
    workspace_path = "workspace"
    when_empty = "A batch is here as soon as a client has made it, through any SDK."
    page_related = (
        *("workspace", "virtual_key", "credential"),
        *("input_file", "output_file", "error_file", "results_file"),
    )
    actions = [
        *("poll_now", "cancel", "retry_failed", "collect_again", "clone"),
        *("download_input", "download_results"),
    ]
    change_form_template = "admin/batches/batch/page.html"
    verbs = ("records", "record", "failures")

    @admin.display(description="batch and workspace")
    def named(self, batch: Batch) -> SafeString:
        return cells.stacked(cells.code(looks.public_id(batch.pk)), batch.workspace.name)

    @admin.display(description="asked for")
    def asked(self, batch: Batch) -> SafeString:
        return cells.stacked(
            looks.route(batch), cells.clipped(batch.model, 26) if batch.model else ""
        )

    @admin.display(description="status")
    def state(self, batch: Batch) -> SafeString:
        return cells.stacked(looks.batch_status(batch), looks.words(batch.jobs.all()))

    @admin.display(description="records")
    def progress(self, batch: Batch) -> SafeString:
        return cells.progress(batch.completed, batch.failed, batch.total)

    @admin.display(description="age and last poll")
    def age(self, batch: Batch) -> SafeString:
        polls = [job.polled_at for job in batch.jobs.all() if job.polled_at]
        polled = format_html("polled {}", cells.ago(max(polls))) if polls else "never polled"
        return cells.stacked(cells.age(batch.created_at), polled)

    @admin.display(description="error")
    def trouble(self, batch: Batch) -> SafeString:
        return cells.clipped(looks.trouble(batch, batch.jobs.all()), 120)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        jobs = Job.objects.order_by("ordinal").only(*TOLD)
        return super().get_queryset(request).prefetch_related(Prefetch("jobs", jobs))

    def search(self, request: HttpRequest, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        return searched(self, request, queryset, text, BATCHES)

    def page(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        jobs = list(obj.jobs.select_related("credential").order_by("ordinal")[: MOST_JOBS + 1])
        events = obj.events.select_related("job").order_by("-at", "-id")[: MOST_EVENTS + 1]
        query = urlencode({"q": obj.pk})
        return {
            "batch": obj,
            "public_id": looks.public_id(obj.pk),
            "status": looks.batch_status(obj),
            "route": looks.route(obj),
            "words": looks.words(jobs),
            "other_models": len({job.model for job in jobs} - {obj.model, ""}),
            "left": max(obj.total - obj.completed - obj.failed, 0),
            "share": 100 * (obj.completed + obj.failed) // obj.total if obj.total else 0,
            "lifeline": lifeline(obj),
            "files": _files(obj),
            "may_download": self.has_download_permission(request, obj),
            "usage": list(flat(obj.usage or {})),
            "dropped": _dropped(obj),
            "jobs": story.told(jobs[:MOST_JOBS]),
            "kinds": story.kinds(obj),
            "failures": self._failures(request, obj),
            "live": "" if obj.ended else LIVE_SECONDS,
            "all_jobs_url": f"{reverse('admin:batches_job_changelist')}?{query}"
            if len(jobs) > MOST_JOBS
            else "",
            "events": events,
            "most_events": MOST_EVENTS,
        }

    def _failures(self, request: HttpRequest, batch: Batch) -> Failures | None:
        """For those who may see them: messages can tell what was in a record."""
        if not batch.ended or not self.has_records_permission(request, batch):
            return None
        return self.failures(batch, AT_A_GLANCE)

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        buttons = []
        if self.has_act_permission(request, obj):
            buttons = self._act_buttons(obj)
        if self.has_records_permission(request, obj) and _readable(obj.input_file):
            buttons.append(Button("Records", "table_rows", self.url("records", obj)))
        if self.has_download_permission(request, obj):
            if _readable(obj.input_file):
                buttons.append(Button("Input", "download", self.url("input", obj)))
            if _readable(obj.output_file) or _readable(obj.error_file):
                buttons.append(Button("Results", "download", self.url("results", obj)))
        return buttons

    def _act_buttons(self, batch: Batch) -> list[Button]:
        buttons = []
        if not batch.ended:
            buttons.append(Button("Poll now", "sync", self.url("poll", batch), post=True))
        if batch.status in CANCELLABLE:
            buttons.append(Button("Cancel", "cancel", self.url("cancel", batch)))
        if story.may_retry(batch):
            buttons.append(Button("Retry failed", "replay", self.url("retry", batch)))
        collected = batch.ended and not batch.archived_at
        if collected and batch.jobs.filter(status=Job.Status.COLLECTED).exists():
            buttons.append(Button("Collect again", "move_to_inbox", self.url("collect", batch)))
        if _readable(batch.input_file):
            buttons.append(Button("Clone", "content_copy", self.url("clone", batch)))
        return buttons


def _readable(file: File | None) -> bool:
    return file is not None and file.status == File.Status.STORED


def _files(batch: Batch) -> list[tuple[str, File, bool]]:
    """The batch's files by what they are to it, and whether they can be read."""
    files = (
        ("Input", batch.input_file),
        ("Output", batch.output_file),
        ("Errors", batch.error_file),
        # With no failures, or nothing but failures, it is one of these.
        ("All results", batch.results_file if batch.output_file and batch.error_file else None),
    )
    return [(role, file, _readable(file)) for role, file in files if file]


def _dropped(batch: Batch) -> list[tuple[str, str, int]]:
    """What was left out of requests and of answers: each field with how many lost it, most first."""
    return [
        (what, name, times)
        for what in ("requests", "answers")
        for name, times in sorted(
            batch.dropped.get(what, {}).items(), key=lambda field: (-field[1], field[0])
        )
    ]
