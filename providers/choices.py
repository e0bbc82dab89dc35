"""What a list can be narrowed to, where that is an object of another model."""

from typing import Any

from django.contrib.admin import RelatedFieldListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Model
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter

MOST = 500


class OwnedFilter(RelatedDropdownFilter):  # type: ignore[misc]
    """Offers what the user may see of the other model, and what clients brought along only to its finders."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[Any, str]]:
        related = field.remote_field.model
        rows = related._default_manager.order_by(
            *self.field_admin_ordering(field, request, model_admin)
        )
        if any(one.name == "direct" for one in related._meta.fields):
            rows = rows.filter(direct=False)
        rows = model_admin.seen_of(request, related, rows)
        return [(one.pk, str(one)) for one in rows[:MOST]]


def owned_filter(model: type[Model], item: Any) -> Any:
    """The item of a `list_filter`, or OwnedFilter in its place where it leads to other objects."""
    name, kind = item if isinstance(item, tuple) else (item, RelatedFieldListFilter)
    if not (isinstance(name, str) and issubclass(kind, RelatedFieldListFilter)):
        return item
    return (name, OwnedFilter) if get_fields_from_path(model, name)[-1].is_relation else item
