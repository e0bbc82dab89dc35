"""What others stand on stays."""

from typing import Any

from django.contrib import messages
from django.db.models import PROTECT, Model
from django.http import HttpRequest, HttpResponse

from providers.console import ConsoleAdmin


class ProtectedAdmin(ConsoleAdmin):
    """Deleting what others stand on is refused in a sentence, not with a list of all of them."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.found(request, object_id, "delete")
        users = _users(obj)
        if users:
            self.message_user(
                request,
                f"{obj} cannot be deleted: {' and '.join(users)} belong to it. {self.instead}",
                messages.ERROR,
            )
            return self.back(obj)
        return super().delete_view(request, object_id, extra_context)

    instead = ""


def _users(obj: Model) -> list[str]:
    """What stands on an object so that it must stay."""
    return [
        str(relation.related_model._meta.verbose_name_plural)
        for relation in obj._meta.related_objects
        if getattr(relation, "on_delete", None) is PROTECT
        and relation.related_model._base_manager.filter(**{relation.field.name: obj}).exists()
    ]
