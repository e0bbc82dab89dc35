"""What of a model each user of the admin may see and do: all of the admin's pages ask here."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

from providers import exports
from providers.choices import owned_filter
from providers.models import Workspace
from providers.roles import is_bound, narrowed, workspaces

if TYPE_CHECKING:
    # unfold has no types of its own: its admin is Django's with other templates.
    from django.contrib.admin import ModelAdmin
else:
    from unfold.admin import ModelAdmin


class PermittedAdmin(ModelAdmin[Any]):
    """Members of workspaces see and change what is of these, as their role there lets them."""

    # How a row leads to its workspace, as in "batch__workspace". None: it is nobody's, and members of
    # workspaces never see it.
    workspace_path: ClassVar[str | None] = None
    # Whether members of all workspaces see, and none of them changes, what has no workspace.
    shared: ClassVar[bool] = False
    # Columns that no CSV and no filter tells, beside what is secret whatever the model.
    withheld: ClassVar[tuple[str, ...]] = ()
    # What an object's page reads along with it.
    page_related: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.scoped(request, super().get_queryset(request))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        if not self.page_related:
            return super().get_object(request, object_id, from_field)
        rows = self.model._default_manager.select_related(*self.page_related)
        return self.scoped(request, rows).filter(pk=object_id).first()

    def scoped(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the rows of the admin's model that the user may see, as far as workspaces go."""
        path, shared = self.workspace_path, self.shared
        return narrowed(rows, request.user, self.permission("view"), path=path, shared=shared)

    def permission(self, verb: str) -> str:
        return f"{self.opts.app_label}.{verb}_{self.opts.model_name}"

    def allows(self, request: HttpRequest, obj: Any, *permissions: str) -> bool:
        """Whether the user has the permissions in the object's workspace, or in any if there is no object."""
        if not all(request.user.has_perm(one) for one in permissions):
            return False
        owned = workspaces(request.user, *permissions)
        return obj is None or owned is None or self.owner_of(obj) in owned

    def owner_of(self, obj: Any) -> str | None:
        """The id of the workspace that an object belongs to."""
        if self.workspace_path is None:
            return None
        *links, last = self.workspace_path.split("__")
        for link in links:
            obj = getattr(obj, link, None)
        attribute = last if last == "pk" else f"{last}_id"
        return getattr(obj, attribute, None)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if self._may(request, "view", obj) or self._may(request, "change", obj):
            return True
        ours = self.shared and obj is not None and self.owner_of(obj) is None
        return ours and self._may(request, "view")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete", obj)

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may do something with the objects, where nobody may write to them."""
        return self._may(request, "change", obj)

    def has_discard_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete", obj)

    def _may(self, request: HttpRequest, verb: str, obj: Any = None) -> bool:
        return self.allows(request, obj, self.permission(verb))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Each asks of every object whether the user may: in one workspace they may more than in another."""
        actions: Any = super().get_actions(request)
        if not is_bound(request.user):
            return dict(actions)
        return {name: (self._asking(act), name, said) for name, (act, _, said) in actions.items()}

    def _asking(self, act: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(act)
        def asking(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
            for permission in getattr(act, "allowed_permissions", ()):
                may = getattr(self, f"has_{permission}_permission")
                if not all(may(request, obj) for obj in queryset):
                    raise PermissionDenied
            return act(model_admin, request, queryset)

        return asking

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """What is not told would be guessed a letter at a time."""
        name = lookup.partition(LOOKUP_SEP)[0]
        hidden = exports.hidden(self.model, self.withheld)
        return name not in hidden and super().lookup_allowed(lookup, value, request)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [owned_filter(self.model, one) for one in super().get_list_filter(request) or ()]

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        """What a form lets choose of other models: what the user sees of them."""
        rows = super().get_field_queryset(db, db_field, request)
        if not is_bound(request.user):
            return rows
        related = db_field.remote_field.model
        rows = related._default_manager.all() if rows is None else rows
        if related is Workspace:
            return narrowed(rows, request.user, self.permission("add"), path="pk")
        return self.seen_of(request, related, rows)

    def seen_of(
        self, request: HttpRequest, model: type[Model], rows: QuerySet[Any]
    ) -> QuerySet[Any]:
        """Those rows of another model that its own admin would show to the user."""
        known = self.admin_site._registry.get(model)
        if isinstance(known, PermittedAdmin):
            return known.scoped(request, rows)
        return rows.none() if is_bound(request.user) else rows

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **options)
        if field and db_field.remote_field.model is Workspace and is_bound(request.user):
            field.required = True
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        if not self._may(request, "change" if change else "add", obj):
            raise PermissionDenied
        super().save_model(request, obj, form, change)
