"""Who may ask."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from providers import cells
from providers.admin.fields import NamesField
from providers.console import Button, ConsoleAdmin
from providers.models import KeyTexts, Provider, VirtualKey

STATES = {"valid": "good", "expired": "warn", "revoked": "bad"}
LIMITS = [
    "requests_per_minute",
    "batches_in_flight",
    "bytes_in_flight",
    "records_per_day",
    "monthly_budget",
]
SHOWN = ["begins", "pair", "state", "created", "used"]
# What a client is given of a new key, and what each is called there.
TEXTS = {
    "key": "Key, for all SDKs",
    "access_key_id": "Access key id, for AWS's",
    "secret_access_key": "Secret access key, for AWS's",
}


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, state.title()) for state in STATES]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        state = self.value()
        return queryset.in_state(state) if state in STATES else queryset


class KeyForm(forms.ModelForm[VirtualKey]):
    allowed_providers = forms.MultipleChoiceField(
        label="Providers",
        required=False,
        choices=Provider.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None chosen: it may use all.",
    )
    allowed_models = NamesField(
        label="Models",
        help_text="One per line; a * stands for any text, as in claude-*. Empty: it may use all.",
    )

    class Meta:
        model = VirtualKey
        fields = ["name", "workspace", "expires_at", "allowed_providers", "allowed_models", *LIMITS]
        labels = {
            "expires_at": "Expires",
            "requests_per_minute": "Requests per minute",
            "batches_in_flight": "Batches in flight",
            "bytes_in_flight": "Bytes in flight",
            "records_per_day": "Records per day",
            "monthly_budget": "Budget per month, US dollars",
        }


@admin.register(VirtualKey)
class VirtualKeyAdmin(ConsoleAdmin):
    form = KeyForm
    list_display = ["name", "workspace", "begins", "state", "used", "expires", "created"]
    workspace_path = "workspace"
    when_empty = "Clients present a virtual key, which says whose they are and what they may use."
    list_select_related = ["workspace"]
    list_filter = [StateFilter, "workspace"]
    search_fields = ["name", "id", "hint"]
    search_help_text = "Name, id or beginning of the key"
    actions = ["revoke"]
    change_form_template = "admin/providers/virtualkey/page.html"
    verbs = ("revoke",)

    @admin.display(description="key")
    def begins(self, key: VirtualKey) -> SafeString:
        return cells.code(f"{key.hint}…")

    @admin.display(description="access key id")
    def pair(self, key: VirtualKey) -> SafeString:
        return cells.code(key.access_key_id)

    @admin.display(description="state")
    def state(self, key: VirtualKey) -> SafeString:
        return cells.label(key.state, STATES[key.state])

    @admin.display(description="last used")
    def used(self, key: VirtualKey) -> SafeString:
        return cells.ago(key.last_used_at) if key.last_used_at else cells.faint("never")

    @admin.display(description="expires")
    def expires(self, key: VirtualKey) -> SafeString:
        return cells.ago(key.expires_at) if key.expires_at else cells.faint("never")

    @admin.display(description="created")
    def created(self, key: VirtualKey) -> SafeString:
        return cells.ago(key.created_at)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        unlimited = (
            "What is left empty is not limited. Over a limit clients are told when to try again."
        )
        return [
            (None, {"fields": ["name", "workspace", *(SHOWN if obj else []), "expires_at"]}),
            ("What it may use", {"fields": ["allowed_providers", "allowed_models"]}),
            ("How much it may use", {"fields": LIMITS, "description": unlimited}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["workspace", *SHOWN] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Batches name the key that made them. It is revoked instead.
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        texts = None if change else obj.renew()
        super().save_model(request, obj, form, change)
        if texts:
            messages.warning(request, _shown(texts))

    def terms_of(self, obj: Any) -> dict[str, Any]:
        terms: dict[str, Any] = obj.terms
        return terms

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        key = context.get("original")
        if key and not key.revoked_at and self.has_act_permission(request, key):
            context["buttons"] = [Button("Revoke", "block", self.url("revoke", key))]
        return super().render_change_form(request, context, *args, **kwargs)

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.found(request, object_id, "act")
        answer = self._revoke(request, VirtualKey.objects.filter(pk=key.pk))
        return answer or self.back(key)

    @admin.action(description="Revoke the selected keys", permissions=["act"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[VirtualKey]) -> HttpResponse | None:
        return self._revoke(request, queryset)

    def _revoke(self, request: HttpRequest, keys: Any) -> HttpResponse | None:
        question = self.confirmed(
            request,
            there := list(keys.filter(revoked_at=None)),
            question=f"Revoke {cells.count(len(there), 'key')}?",
            consequence="Whoever uses them is refused from then on. This cannot be undone.",
            yes="Yes, revoke",
        )
        if question:
            return question
        revoked = keys.revoke()
        self.log_acts(request, revoked, "revoked")
        said = f"{cells.count(len(revoked), 'key')} revoked."
        self.message_user(request, said, messages.SUCCESS)
        return None


def _shown(texts: KeyTexts) -> SafeString:
    """Each can be copied with a click."""
    rows = ((TEXTS[name], text) for name, text in texts._asdict().items())
    said = format_html_join("", '<br>{}: <code class="bf-secret">{}</code>', rows)
    return format_html("This is the key. It is shown only now, so copy it.{}", said)
