"""Who may ask, and on whose account we ask."""

import hashlib
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import PROTECT, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminPasswordWidget

from providers import cells, services
from providers.console import Button, ConsoleAdmin
from providers.models import Credential, VirtualKey, Workspace
from providers.secrets import SecretUnreadableError


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


@admin.register(Workspace)
class WorkspaceAdmin(ProtectedAdmin):
    list_display = ["name", "code", "created"]
    search_fields = ["name", "id"]
    search_help_text = "Name or id"
    fields = ["name"]
    instead = "Revoke its keys and disable its credentials instead."

    @admin.display(description="id")
    def code(self, workspace: Workspace) -> SafeString:
        return cells.code(workspace.id)

    @admin.display(description="created")
    def created(self, workspace: Workspace) -> SafeString:
        return cells.ago(workspace.created_at)


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


class CredentialForm(forms.ModelForm[Credential]):
    class Meta:
        model = Credential
        fields = ["name", "provider", "workspace", "base_url", "options", "enabled"]

    def clean_options(self) -> dict[str, Any]:
        options = self.cleaned_data["options"] or {}
        if not isinstance(options, dict):
            raise forms.ValidationError('Write an object, such as {"region": "eu-central-1"}.')
        return options


class SecretForm(CredentialForm):
    # Not `secret`: a page shows to those who may only view what a field's name leads to.
    new_secret = forms.CharField(
        label="Secret",
        required=False,
        widget=UnfoldAdminPasswordWidget(
            attrs={"autocomplete": "new-password"}, render_value=False
        ),
        help_text="Leave empty to keep the present one. It is stored encrypted and never shown.",
    )

    def save(self, commit: bool = True) -> Credential:
        if self.cleaned_data.get("new_secret"):
            self.instance.secret = self.cleaned_data["new_secret"]
        credential: Credential = super().save(commit)
        return credential


@admin.register(Credential)
class CredentialAdmin(ProtectedAdmin):
    form = SecretForm
    list_display = ["name", "provider", "owner", "address", "state", "kept", "created"]
    list_filter = ["provider", "enabled", "sandbox", "workspace"]
    list_select_related = ["workspace"]
    search_fields = ["name", "id", "base_url"]
    search_help_text = "Name, id or address"
    instead = "Disable it instead: its jobs are still watched, and no new one is sent with it."
    change_form_template = "admin/console/form.html"

    @admin.display(description="workspace")
    def owner(self, credential: Credential) -> str | SafeString:
        return credential.workspace.name if credential.workspace else cells.faint("shared")

    @admin.display(description="address")
    def address(self, credential: Credential) -> SafeString:
        return (
            cells.code(credential.base_url)
            if credential.base_url
            else cells.faint("the provider's own")
        )

    @admin.display(description="state")
    def state(self, credential: Credential) -> SafeString:
        state = cells.label("enabled", "good") if credential.enabled else cells.label("disabled")
        badge = cells.label("sandbox", "warn") if credential.sandbox else ""
        return format_html("{} {}", state, badge)

    @admin.display(description="secret")
    def kept(self, credential: Credential) -> SafeString:
        return cells.faint("kept") if credential.encrypted_secret else cells.label("none", "warn")

    @admin.display(description="created")
    def created(self, credential: Credential) -> SafeString:
        return cells.ago(credential.created_at)

    @admin.display(description="kept secret")
    def fingerprint(self, credential: Credential) -> SafeString:
        """Enough to tell two secrets apart, and no more."""
        if not credential.encrypted_secret:
            return cells.label("none", "warn")
        try:
            digest = hashlib.sha256(credential.secret.encode()).hexdigest()
        except SecretUnreadableError as error:
            return format_html("{} {}", cells.label("unreadable", "bad"), str(error))
        return format_html("SHA-256 begins with {}", cells.code(digest[:8]))

    def takes_secret(self, request: HttpRequest, obj: Any) -> bool:
        if obj is None:
            return self.has_add_permission(request)
        return self.has_change_permission(request, obj) and not managed(obj)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = SecretForm if self.takes_secret(request, obj) else CredentialForm
        return super().get_form(request, obj, change, form=form, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = ["owner", "state", "created"] if obj else ["workspace"]
        secret = ["new_secret"] if self.takes_secret(request, obj) else []
        kept = ["fingerprint"] if obj else []
        return [
            (None, {"fields": ["name", "provider", "enabled", *shown]}),
            ("Account", {"fields": [*secret, *kept, "base_url", "options"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        kept = ["provider", "owner", "state", "created", "fingerprint"]
        return [*kept, "name", "enabled", "base_url"] if managed(obj) else kept

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        credential = context.get("original")
        if credential and managed(credential):
            context["notice"] = (
                "The environment keeps this credential: its secret, address and state are set at "
                "every start, from the variables that .env.example documents."
            )
        return super().render_change_form(request, context, *args, **kwargs)


def managed(credential: Credential) -> bool:
    """Whether the environment writes it at every start, so that what is written here would not last."""
    names = (services.FROM_ENVIRONMENT, services.SANDBOX)
    return credential.workspace_id is None and credential.name in names
