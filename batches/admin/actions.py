"""What an operator may do with batches: from the list with many, from its page with one."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET, require_POST

from batches import services, tasks
from batches.admin.cloning import Clone, expected_cost
from batches.admin.looks import public_id
from batches.models import Batch
from files import download
from files.models import File
from providers import cells
from providers.console import ReadOnlyAdmin

Files = list[tuple[str, File]]
Act = Callable[[HttpRequest, list[Batch]], HttpResponseBase | None]
REFUSALS = (
    services.NotCancellableError,
    services.NotCollectableError,
    services.NotRetriableError,
)
INPUT, RESULTS = "input", "results"
CANCELLED = (Batch.Status.CANCELLING, Batch.Status.CANCELLED)


class BatchActions(ReadOnlyAdmin):
    def has_download_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, obj, self.permission("view"), "files.view_file")

    @admin.action(description="Poll now", permissions=["act"])
    def poll_now(self, request: HttpRequest, queryset: QuerySet[Batch]) -> None:
        self._poll(request, list(queryset))

    @admin.action(description="Cancel", permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Batch]) -> HttpResponse | None:
        return self._cancel(request, list(queryset))

    @admin.action(description="Collect the results again", permissions=["act"])
    def collect_again(self, request: HttpRequest, queryset: QuerySet[Batch]) -> HttpResponse | None:
        return self._collect(request, list(queryset))

    @admin.action(description="Retry failed records", permissions=["act"])
    def retry_failed(self, request: HttpRequest, queryset: QuerySet[Batch]) -> HttpResponse | None:
        return self._retry(request, list(queryset.select_related("input_file", "credential")))

    @admin.action(description="Clone", permissions=["act"])
    def clone(self, request: HttpRequest, queryset: QuerySet[Batch]) -> HttpResponse | None:
        return self._clone(request, list(queryset.select_related("input_file", "workspace")))

    @admin.action(description="Download the input", permissions=["download"])
    def download_input(
        self, request: HttpRequest, queryset: QuerySet[Batch]
    ) -> HttpResponseBase | None:
        return self._download(request, list(queryset.select_related("input_file")), INPUT)

    @admin.action(description="Download the results", permissions=["download"])
    def download_results(
        self, request: HttpRequest, queryset: QuerySet[Batch]
    ) -> HttpResponseBase | None:
        batches = list(queryset.select_related("output_file", "error_file"))
        return self._download(request, batches, RESULTS)

    def on_one(self, act: Act, permission: str = "act") -> Callable[..., HttpResponseBase]:
        """A view that does it with the batch of the page, and goes back there if nothing else is shown."""

        def view(request: HttpRequest, object_id: str) -> HttpResponseBase:
            batch = self.found(request, object_id, permission)
            return act(request, [batch]) or self.back(batch)

        return view

    def views(self) -> dict[str, Callable[..., HttpResponseBase]]:
        download_input = self.on_one(partial(self._download, what=INPUT), "download")
        download_results = self.on_one(partial(self._download, what=RESULTS), "download")
        return {
            **super().views(),
            "poll": require_POST(self.on_one(self._poll)),
            "cancel": self.on_one(self._cancel),
            "retry": self.on_one(self._retry),
            "collect": self.on_one(self._collect),
            "clone": self.on_one(self._clone),
            "input": require_GET(download_input),
            "results": require_GET(download_results),
        }

    def _poll(self, request: HttpRequest, batches: list[Batch]) -> HttpResponse | None:
        jobs = services.poll_now(Batch.objects.filter(pk__in=[batch.pk for batch in batches]))
        if not jobs:
            self.message_user(request, "No job of theirs is running.", messages.WARNING)
            return None
        # Without a broker the beat's next tick finds them.
        transaction.on_commit(tasks.poll.delay, robust=True)
        self.log_acts(request, batches, "polled")
        said = f"{cells.count(jobs, 'running job')} will be polled now."
        self.message_user(request, said, messages.SUCCESS)
        return None

    def _cancel(self, request: HttpRequest, batches: list[Batch]) -> HttpResponse | None:
        over = [batch for batch in batches if batch.status in CANCELLED]
        if over:
            said = f"{_count(over)} had been cancelled before."
            self.message_user(request, said, messages.WARNING)
        batches = [batch for batch in batches if batch not in over]
        if not batches:
            return None
        question = self.confirmed(
            request,
            batches,
            question=f"Cancel {_count(batches)}?",
            consequence="Jobs are stopped at the provider. What is done by then is still "
            "collected and paid for; what is not will never run.",
            yes="Yes, cancel",
        )
        if question is None:
            self._each(request, batches, services.cancel, "cancelled")
        return question

    def _collect(self, request: HttpRequest, batches: list[Batch]) -> HttpResponse | None:
        question = self.confirmed(
            request,
            batches,
            question=f"Collect the results of {_count(batches)} again?",
            consequence="They are fetched from the provider anew, if it still has them, and the "
            "files of results get new ids. The present ones are deleted.",
            yes="Yes, collect",
        )
        if question is None:
            self._each(request, batches, services.collect_again, "collected again")
        return question

    def _retry(self, request: HttpRequest, batches: list[Batch]) -> HttpResponse | None:
        failed = sum(max(batch.total - batch.completed - batch.refused, 0) for batch in batches)
        question = self.confirmed(
            request,
            batches,
            question=f"Retry the failed records of {_count(batches)}?",
            consequence=f"{cells.count(failed, 'record')} without an answer will be sent to the provider "
            "again, which costs money again. Answers stay, and so do the files of results until the new ones "
            "are written, which get new ids; to its client the batch is in progress meanwhile.",
            yes="Yes, retry",
        )
        if question is None:
            self._each(request, batches, services.retry, "retried")
        return question

    def _clone(self, request: HttpRequest, batches: list[Batch]) -> HttpResponse | None:
        form = Clone.of(batches, request)
        question = self.confirmed(
            request,
            batches,
            question=f"Clone {_count(batches)}?",
            consequence="Every record is sent again, in a new batch of the same workspace, on the account of "
            f"the workspace. {expected_cost(batches)}",
            yes="Yes, clone",
        )
        if question is None:
            if form.is_valid():
                return self._cloned(request, batches, form)
            self.message_user(request, "Choose a provider and a model that are.", messages.ERROR)
            return None
        question.template_name = "admin/batches/batch/clone.html"
        question.context_data = {**(question.context_data or {}), "form": form}
        return question

    def _cloned(
        self, request: HttpRequest, batches: list[Batch], form: Clone
    ) -> HttpResponse | None:
        """To the new batch, if it is one."""
        made: list[Batch] = []
        for batch in batches:
            try:
                with transaction.atomic():
                    new = services.clone(batch, **form.chosen)
                    self.log_acts(request, [batch], "cloned", to=new.pk)
            except services.CLONE_REFUSALS as error:
                self.message_user(request, f"{public_id(batch.pk)}: {error}", messages.ERROR)
            else:
                tasks.ring(new.pk)
                made.append(new)
        if made:
            said = f"{_count(made)} made."
            self.message_user(request, said, messages.SUCCESS)
        return self.back(made[0]) if len(made) == 1 else None

    def _each(
        self, request: HttpRequest, batches: list[Batch], act: Callable[[Batch], Batch], done: str
    ) -> None:
        """Act on each, and say what became of them."""
        acted: list[Batch] = []
        for batch in batches:
            try:
                with transaction.atomic():
                    act(batch)
                    self.log_acts(request, [batch], done.replace(" ", "_"))
            except REFUSALS as error:
                self.message_user(request, f"{public_id(batch.pk)}: {error}", messages.ERROR)
            else:
                tasks.ring(batch.pk)
                acted.append(batch)
        if acted:
            said = f"{_count(acted)} will be {done}."
            self.message_user(request, said, messages.SUCCESS)

    def _download(
        self, request: HttpRequest, batches: list[Batch], what: str
    ) -> HttpResponseBase | None:
        """The file, or all of them in an archive; None if there is nothing, which is said."""
        found = {batch: FILES[what](batch) for batch in batches}
        files = [file for some in found.values() for file in some]
        if not files:
            self.message_user(request, "There are no results to download yet.", messages.WARNING)
            return None
        try:
            answer = _packed(files)
        except download.UnavailableError as error:
            self.message_user(request, str(error), messages.ERROR)
            return None
        self.log_acts(
            request, [one for one, some in found.items() if some], "downloaded", noun=what
        )
        return answer


def _count(batches: list[Batch]) -> str:
    return cells.count(len(batches), "batch", "batches")


def _packed(files: Files) -> HttpResponseBase:
    """Raises UnavailableError."""
    if len(files) == 1:
        return download.attachment(files[0][1], files[0][0])
    return download.archive(files, "batches.zip")


def _input(batch: Batch) -> Files:
    return [(f"{public_id(batch.pk)}_input.jsonl", batch.input_file)]


def _results(batch: Batch) -> Files:
    files = (("output", batch.output_file), ("errors", batch.error_file))
    return [(f"{public_id(batch.pk)}_{what}.jsonl", file) for what, file in files if file]


FILES: dict[str, Callable[[Batch], Files]] = {INPUT: _input, RESULTS: _results}
