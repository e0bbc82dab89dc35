"""What the admin's lists and pages of all objects share."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.admin import ShowFacets
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from providers import audit
from providers.audit import Actor
from providers.models import AuditEvent

if TYPE_CHECKING:
    # unfold has no types of its own: its admin is Django's with other templates.
    from django.contrib.admin import ModelAdmin
else:
    from unfold.admin import ModelAdmin


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

    @property
    def more(self) -> bool:
        return self._counted > self.MOST


class BoundedChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # The number is at the foot, where it can say that there are more.
        self.full_result_count = self.result_count


class ConsoleAdmin(ModelAdmin[Any]):
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

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may do something with the objects, where nobody may write to them."""
        return self._may(request, "change")

    def has_discard_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete")

    def _may(self, request: HttpRequest, verb: str) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.{verb}_{self.opts.model_name}")

    def name_of(self, obj: Any) -> str:
        """What its users call an object."""
        return str(obj)

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

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view") or self._may(request, "change")

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
