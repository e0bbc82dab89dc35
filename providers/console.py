"""What the admin's lists and pages of all objects share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Model, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.views.decorators.http import require_GET
from unfold.admin import checkbox

from providers import audit, exports
from providers.audit import Actor
from providers.changelist import BEFORE, BoundedChangeList, BoundedPaginator
from providers.lookback import Matcher, Told, look_back, moment_of
from providers.models import AuditEvent, Workspace
from providers.permitted import PermittedAdmin
from providers.roles import workspaces

# Drawn once: to have the theme draw each takes longer than all else in its row.
BOX = checkbox.render(ACTION_CHECKBOX_NAME, "{}")


def actor_of(request: HttpRequest) -> Actor:
    """Who is written down for what somebody does in the admin."""
    name = request.user.get_username()
    return Actor(AuditEvent.ActorKind.USER, name, audit.address_of(request.META))


@dataclass(frozen=True)
class Button:
    """What can be done with an object, at the top of its page."""

    title: str
    icon: str
    url: str
    post: bool = False


class ConsoleAdmin(PermittedAdmin):
    """A list whose cost does not grow with the table."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_disable_select_all = True
    list_filter_submit = True
    # Every list has an order with an index, and only that.
    sortable_by: ClassVar[tuple[str, ...] | None] = ()
    # Counting what each choice would leave reads the whole table.
    show_facets = ShowFacets.NEVER
    change_list_template = "admin/console/list.html"
    # What fills a list that has nothing in it yet.
    when_empty: ClassVar[str] = ""
    # What is done with one object: each has an address, and a method that is called VERB_view.
    verbs: ClassVar[tuple[str, ...]] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    @admin.display(description=PermittedAdmin.action_checkbox.short_description)  # type: ignore[attr-defined]
    def action_checkbox(self, obj: Any) -> SafeString:
        return format_html(BOX, obj.pk)

    def name_of(self, obj: Any) -> str:
        """What its users call an object."""
        return str(obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        return (self.search(request, queryset, text) if text else queryset), False

    def search(self, request: HttpRequest, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Those of the rows that somebody looks for; of itself by `search_fields`."""
        return super().get_search_results(request, queryset, text)[0]

    def search_back(
        self, request: HttpRequest, queryset: QuerySet[Any], matcher: Matcher, *, tried: str
    ) -> QuerySet[Any]:
        """Those of the rows that match, as far as a second lets it look; the list says how far that was."""
        field = str(self.date_hierarchy)
        before = moment_of(request.GET.get(BEFORE, ""))
        found, until = look_back(queryset, matcher, field=field, before=before)
        request.__dict__["told"] = Told(tried, until)
        return queryset.filter(pk__in=found)

    def views(self) -> dict[str, Callable[..., HttpResponseBase]]:
        """What an object has beside its page, by the end of the address."""
        return {verb: getattr(self, f"{verb}_view") for verb in self.verbs}

    def response_action(self, request: HttpRequest, queryset: Any, *where: Any) -> Any:
        """Of what is chosen on one page: neither of all there are, nor of what PostgreSQL cannot be asked."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if request.POST.get("select_across", "0") != "0" or any("\0" in one for one in chosen):
            raise BadRequest("an action on something else than rows of the list")
        return super().response_action(request, queryset, *where)

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        own = (
            path(f"<path:object_id>/{verb}/", wrap(view), name=self.view_name(verb))
            for verb, view in self.views().items()
        )
        export = path("export/", wrap(self.export_view), name=self.view_name("export"))
        return [*own, export, *super().get_urls()]

    @method_decorator(require_GET)
    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list as the user sees it, all of it, as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            cl = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return self.back()
        narrowed_by = sorted(name for name in request.GET if name not in (PAGE_VAR, BEFORE))
        label = self.opts.label_lower
        told = {"list": label, "narrowed_by": narrowed_by}
        audit.record(
            actor_of(request), "list.exported", None, workspace=self._only(request), **told
        )
        columns = exports.columns_of(self.model, self.withheld)
        lines = exports.written(cl.queryset, cl.get_ordering(request, cl.queryset), columns)
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        name = f"{self.opts.model_name}-{timezone.now():%Y%m%d-%H%M%S}.csv"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def _only(self, request: HttpRequest) -> Workspace | None:
        """The workspace that a list was of, if that is one."""
        owned = workspaces(request.user, self.permission("view")) or ()
        return Workspace.objects.get(pk=owned[0]) if len(owned) == 1 else None

    def view_name(self, verb: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{verb}"

    def url(self, verb: str, obj: Model | None = None) -> str:
        return reverse(f"admin:{self.view_name(verb)}", args=[obj.pk] if obj else [])

    def back(self, obj: Model | None = None) -> HttpResponse:
        """To the object's page, or to the list."""
        return HttpResponseRedirect(self.url("change", obj) if obj else self.url("changelist"))

    def found(self, request: HttpRequest, object_id: str, permission: str) -> Any:
        """The object of an action. Raises Http404 or PermissionDenied."""
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404(f"{self.opts.verbose_name} {object_id!r} is not here")
        if not getattr(self, f"has_{permission}_permission")(request, obj):
            raise PermissionDenied
        return obj

    def log_acts(
        self,
        request: HttpRequest,
        objects: Iterable[Any],
        verb: str,
        *,
        noun: str = "",
        **detail: Any,
    ) -> None:
        """Keep who did it, for the page's history and for the audit trail: `verb` as in "file.deleted"."""
        assert request.user.pk is not None
        done = list(objects)
        said = f"{noun} {verb}".strip().replace("_", " ").capitalize()
        LogEntry.objects.log_actions(request.user.pk, done, CHANGE, f"{said}.")
        self._trace(request, done, verb, noun=noun, **detail)

    def terms_of(self, obj: Any) -> dict[str, Any]:
        """What the trail tells of an object that was made or changed. It holds no secret."""
        return {}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        self._trace(request, [obj], "made", **self.terms_of(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        self._trace(request, [obj], "changed", fields=_changed(message), **self.terms_of(obj))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        self._trace(request, queryset, "deleted")
        return super().log_deletions(request, queryset)

    def _trace(
        self,
        request: HttpRequest,
        objects: Iterable[Any],
        verb: str,
        *,
        noun: str = "",
        **detail: Any,
    ) -> None:
        action = f"{noun or audit.noun_of(self.model)}.{verb}"
        audit.record_each(actor_of(request), action, objects, **detail)

    def confirmed(
        self, request: HttpRequest, objects: list[Any], *, question: str, consequence: str, yes: str
    ) -> TemplateResponse | None:
        """None once the user has said yes, else the page that asks."""
        if request.method == "POST" and request.POST.get("confirmed"):
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": question,
            "objects": [(obj.pk, self.name_of(obj)) for obj in objects],
            "question": question,
            "consequence": consequence,
            "yes": yes,
            "action": request.POST.get("action", ""),
            "back_url": self.url("change", objects[0])
            if len(objects) == 1
            else self.url("changelist"),
        }
        return TemplateResponse(request, "admin/console/confirm.html", context)


def _changed(message: Any) -> list[str]:
    """The names of the fields, and never what is in them."""
    told = message if isinstance(message, list) else []
    return [str(name) for one in told for name in one.get("changed", {}).get("fields", ())]


class ReadOnlyAdmin(ConsoleAdmin):
    """Objects that the system writes: the admin shows them, and asks the services to act on them."""

    fieldsets = [(None, {"fields": []})]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def page(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What the object's page shows."""
        return {}

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        return []

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context |= {"buttons": self.buttons(request, obj), **self.page(request, obj)}
        return super().render_change_form(request, context, add, change, form_url, obj)
