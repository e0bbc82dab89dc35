"""Jobs that others made on our accounts: the list, the page of each, and what can be done with them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RadioFilter, RelatedDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget

from batches import services, tasks
from batches.admin.looks import public_id
from batches.models import OutsideJob
from files.services import StoreError
from providers import audit, cells
from providers.console import Button, ReadOnlyAdmin, actor_of
from providers.consoles import console_url
from providers.ids import core_id
from providers.models import Credential, Workspace
from providers.roles import workspaces

TONES = {"": "busy", "completed": "good", "failed": "bad", "expired": "warn", "cancelled": "calm"}
ALL = "all"
ADOPTS = ("batches.change_outsidejob", "batches.change_batch")


class AdoptForm(forms.Form):
    workspace = forms.ModelChoiceField(Workspace.objects.none(), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, outside: OutsideJob, user: Any, **kwargs: Any) -> None:
        """Of an account that belongs to one workspace there is no choice."""
        super().__init__(*args, **kwargs)
        some = Workspace.objects.order_by("name")
        ids = workspaces(user, *ADOPTS)
        if ids is not None:
            some = some.filter(pk__in=ids)
        if outside.workspace_id:
            some = some.filter(pk=outside.workspace_id)
        field = self.fields["workspace"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = some
        if only := some.first() if some.count() == 1 else None:
            field.initial = only.pk


class AdoptedFilter(RadioFilter):  # type: ignore[misc]
    title = "adopted"
    parameter_name = "adopted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Not adopted"), ("yes", "Adopted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(batch__isnull=self.value() == "no")


class EndingFilter(RadioFilter):  # type: ignore[misc]
    title = "how it ended"
    parameter_name = "ending"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        words = [(word, word.title()) for word in TONES if word]
        return [("running", "Still running"), *words]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.value()
        if not asked:
            return queryset
        return queryset.filter(ending="" if asked == "running" else asked)


@admin.register(OutsideJob)
class OutsideJobAdmin(ReadOnlyAdmin):
    # What stands on an account that all share is nobody's, and may tell of any of them.
    workspace_path = "credential__workspace"
    when_empty = "Providers are asked now and then what runs on our accounts, and by Sync now."
    page_related = ("credential__workspace", "batch__workspace")
    list_display = ["named", "account", "state", "progress", "made", "seen", "adopted"]
    list_filter = [
        AdoptedFilter,
        EndingFilter,
        ("credential__provider", ChoicesCheckboxFilter),
        ("credential", RelatedDropdownFilter),
    ]
    list_select_related = ["credential", "batch"]
    search_fields = ["upstream_id"]
    search_help_text = "The provider's id of the job, or of its input, or the batch's"
    actions = None
    change_form_template = "admin/batches/outsidejob/page.html"
    verbs = ("adopt", "sync")
    change_list_template = "admin/batches/outsidejob/list.html"

    @admin.display(description="provider's id and name")
    def named(self, job: OutsideJob) -> SafeString:
        about = " · ".join(part for part in (job.name, job.model) if part)
        return cells.stacked(cells.name(job.upstream_id), cells.clipped(about, 40) if about else "")

    @admin.display(description="provider and credential")
    def account(self, job: OutsideJob) -> SafeString:
        return cells.stacked(job.credential.get_provider_display(), job.credential.name)

    @admin.display(description="status")
    def state(self, job: OutsideJob) -> SafeString:
        return cells.stacked(_state(job), job.upstream_status)

    @admin.display(description="records")
    def progress(self, job: OutsideJob) -> SafeString:
        return cells.progress(job.completed, job.failed, job.total)

    @admin.display(description="made")
    def made(self, job: OutsideJob) -> SafeString:
        return cells.ago(job.made_at)

    @admin.display(description="last seen")
    def seen(self, job: OutsideJob) -> SafeString:
        return cells.ago(job.seen_at)

    @admin.display(description="adopted")
    def adopted(self, job: OutsideJob) -> SafeString:
        if job.batch_id is None:
            return cells.NONE
        return cells.link(_batch_url(job), cells.code(public_id(job.batch_id)))

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever adopts makes a batch, and has it collected."""
        return self.allows(request, obj, *ADOPTS)

    def search(self, request: HttpRequest, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        named = Q(upstream_id=text) | Q(input_id=text) | Q(pk=text) | Q(batch=core_id(text))
        return queryset.filter(named)

    def page(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        return {
            "job": obj,
            "status": _state(obj),
            "left": max(obj.total - obj.completed - obj.failed, 0),
            "console_url": _console_url(obj),
            "batch_id": public_id(obj.batch_id) if obj.batch_id else "",
            "batch_url": _batch_url(obj) if obj.batch_id else "",
        }

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        if obj.batch_id or not self.has_act_permission(request, obj):
            return []
        return [Button("Adopt into a workspace…", "move_to_inbox", self.url("adopt", obj))]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        buttons = []
        if self.has_act_permission(request):
            url = reverse(f"admin:{self.view_name('sync')}", args=[ALL])
            buttons = [Button("Sync now", "sync", url, post=True)]
        return super().changelist_view(request, {"buttons": buttons, **(extra_context or {})})

    def adopt_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """First which workspace, then whether that is meant, on one page."""
        job = self.found(request, object_id, "act")
        asked = request.method == "POST"
        data = request.POST.copy() if asked else None
        if data is not None and job.workspace_id:
            data["workspace"] = job.workspace_id
        form = AdoptForm(data, outside=job, user=request.user)
        if asked and form.is_valid():
            return self._adopt(request, job, form.cleaned_data["workspace"])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Adopt a job that somebody else made?",
            "job": job,
            "form": form,
            "back_url": self.url("change", job),
        }
        return TemplateResponse(request, "admin/batches/outsidejob/adopt.html", context)

    @method_decorator(require_POST)
    def sync_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Of one credential, or of all of them."""
        some = self._accounts(request)
        if object_id != ALL and not (some := some.filter(pk=object_id)):
            raise Http404("there is no such credential")
        for credential in some:
            # Without a worker nothing is listed.
            transaction.on_commit(_lister(credential.pk), robust=True)
        audit.record_each(actor_of(request), "jobs.listed", some)
        said = f"The jobs of {cells.count(len(some), 'credential')} will be listed now."
        self.message_user(request, said, messages.SUCCESS)
        return self.back()

    def _accounts(self, request: HttpRequest) -> QuerySet[Credential]:
        """Whose jobs the user may have listed. Raises PermissionDenied."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        ids = workspaces(request.user, *ADOPTS)
        some = Credential.objects.filter(direct=False)
        return some if ids is None else some.filter(workspace__in=ids)

    def _adopt(self, request: HttpRequest, job: OutsideJob, workspace: Workspace) -> HttpResponse:
        try:
            batch = services.adopt(job, workspace, by=actor_of(request))
        except (services.NotAdoptableError, StoreError) as error:
            self.message_user(request, str(error), messages.ERROR)
            return self.back(job)
        # Without a broker the beat's next tick finds it.
        transaction.on_commit(tasks.poll.delay, robust=True)
        said = f"{public_id(batch.pk)} of workspace {workspace} stands for it now."
        self.message_user(request, said, messages.SUCCESS)
        return self.back(job)


def _lister(credential_id: str) -> Any:
    return lambda: tasks.sync_credential.delay(credential_id)


def _state(job: OutsideJob) -> SafeString:
    return cells.label(job.ending or "running", TONES.get(job.ending, "calm"))


def _batch_url(job: OutsideJob) -> str:
    return reverse("admin:batches_batch_change", args=[job.batch_id])


def _console_url(job: OutsideJob) -> str:
    """Empty for an account that is not at the vendor itself."""
    of_vendor = not job.credential.base_url
    return console_url(job.credential.provider, job.upstream_id) if of_vendor else ""
