"""Who may ask."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from providers import cells
from providers.console import Button, ConsoleAdmin
from providers.models import VirtualKey


class RevokedFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("valid", "Valid"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[VirtualKey]) -> Any:
        if self.value() is None:
            return queryset
        return queryset.filter(revoked_at__isnull=self.value() == "valid")


@admin.register(VirtualKey)
class VirtualKeyAdmin(ConsoleAdmin):
    list_display = ["name", "workspace", "begins", "state", "created"]
    list_select_related = ["workspace"]
    list_filter = [RevokedFilter, "workspace"]
    search_fields = ["name", "id", "hint"]
    search_help_text = "Name, id or beginning of the key"
    actions = ["revoke"]
    change_form_template = "admin/console/form.html"

    @admin.display(description="key")
    def begins(self, key: VirtualKey) -> SafeString:
        return cells.code(f"{key.hint}…")

    @admin.display(description="state")
    def state(self, key: VirtualKey) -> SafeString:
        return cells.label("revoked", "bad") if key.revoked_at else cells.label("valid", "good")

    @admin.display(description="created")
    def created(self, key: VirtualKey) -> SafeString:
        return cells.ago(key.created_at)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["name", "workspace", *(["begins", "state", "created"] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["workspace", "begins", "state", "created"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Batches name the key that made them. It is revoked instead.
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        text = "" if change else obj.renew().key
        super().save_model(request, obj, form, change)
        if text:
            note = "This is the key. It is shown only now, so copy it: {}"
            shown = format_html('<code class="bf-secret">{}</code>', text)
            messages.warning(request, format_html(note, shown))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.revoke_view)
        return [
            path("<path:object_id>/revoke/", view, name=self.view_name("revoke")),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        key = context.get("original")
        if key and not key.revoked_at and self.has_act_permission(request):
            context["buttons"] = [Button("Revoke", "block", self.url("revoke", key))]
        return super().render_change_form(request, context, *args, **kwargs)

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.found(request, object_id, "act")
        answer = self._revoke(request, VirtualKey.objects.filter(pk=key.pk))
        return answer or self.back(key)

    @admin.action(description="Revoke the selected keys", permissions=["act"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[VirtualKey]) -> HttpResponse | None:
        return self._revoke(request, queryset)

    def _revoke(self, request: HttpRequest, keys: QuerySet[VirtualKey]) -> HttpResponse | None:
        valid = list(keys.filter(revoked_at=None))
        question = self.confirmed(
            request,
            valid,
            question=f"Revoke {cells.count(len(valid), 'key')}?",
            consequence="Whoever uses them is refused from then on. This cannot be undone.",
            yes="Yes, revoke",
        )
        if question:
            return question
        revoked = keys.filter(revoked_at=None).update(revoked_at=timezone.now())
        self.log_acts(request, valid, "Revoked.")
        self.message_user(request, f"{cells.count(revoked, 'key')} revoked.", messages.SUCCESS)
        return None
