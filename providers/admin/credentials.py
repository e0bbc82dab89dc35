"""On whose account we ask."""

import hashlib
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminPasswordWidget

from providers import cells, services
from providers.addresses import check_address
from providers.admin.protected import ProtectedAdmin
from providers.console import Button
from providers.heard import TELLERS, address_for, check_secret
from providers.models import Credential, Provider
from providers.roles import is_bound
from providers.secrets import SecretUnreadableError
from providers.verdicts import verdict_on

OPTIONS = (
    "What else the account needs, as JSON. Bedrock: region, bucket, role_arn, access_key_id, profile, "
    'such as {"region": "eu-central-1", "bucket": "our-batches"}. Others need none.'
)
PRICES = (
    "Only where this account pays another price than the list has, or the list has none. US dollars for a "
    "million tokens of batch work, by model, with * for any text: "
    '{"gpt-4o*": {"input": 1.25, "cached": 0.6, "output": 5}}'
)


class CredentialForm(forms.ModelForm[Credential]):
    # Whether whoever asks looks after some workspaces only.
    bound = False
    new_webhook_secret = forms.CharField(
        label="Webhook secret",
        required=False,
        widget=UnfoldAdminPasswordWidget(
            attrs={"autocomplete": "new-password"}, render_value=False
        ),
        help_text="Leave empty to keep the present one. It is stored encrypted and never shown.",
    )

    class Meta:
        model = Credential
        fields = [
            "name",
            "provider",
            "workspace",
            "base_url",
            "options",
            "prices",
            "enabled",
            "weight",
        ]
        labels = {"base_url": "Base URL"}
        help_texts = {"options": OPTIONS, "prices": PRICES}

    def clean_new_webhook_secret(self) -> str:
        text = str(self.cleaned_data["new_webhook_secret"])
        if text:
            check_secret(self.instance.provider, text)
        return text

    def save(self, commit: bool = True) -> Credential:
        if self.cleaned_data.get("new_webhook_secret"):
            self.instance.webhook_secret = self.cleaned_data["new_webhook_secret"]
        credential: Credential = super().save(commit)
        return credential

    def clean_options(self) -> dict[str, Any]:
        options = self.cleaned_data["options"] or {}
        if not isinstance(options, dict):
            raise forms.ValidationError('Write an object, such as {"region": "eu-central-1"}.')
        for address in Credential(options=options).addresses:
            check_address(address)
        if self.bound and self._borrows(options):
            raise forms.ValidationError(
                "Name an access_key_id and no profile: the account of this machine is not the workspace's."
            )
        return options

    def clean_prices(self) -> dict[str, Any]:
        return self.cleaned_data["prices"] or {}

    def _borrows(self, options: dict[str, Any]) -> bool:
        """Whether it would ask on the account that the machine has at AWS."""
        provider = self.cleaned_data.get("provider", self.instance.provider)
        own = options.get("access_key_id") and not options.get("profile")
        return provider == Provider.BEDROCK and not own


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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.fields["new_secret"].help_text = "It is stored encrypted and never shown."

    def clean(self) -> dict[str, Any]:
        """A kept secret goes to no other address than before: whoever may change one need not know it."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        named = {name: cleaned[name] for name in ("base_url", "options") if name in cleaned}
        others = set(Credential(**named).addresses) - set(self.instance.addresses)
        if others and self.instance.encrypted_secret and not cleaned.get("new_secret"):
            self.add_error("new_secret", "Enter the secret again: it would go to another address.")
        if self.bound and not (self.instance.encrypted_secret or cleaned.get("new_secret")):
            self.add_error("new_secret", "Enter the secret of the workspace's own account.")
        return cleaned

    def save(self, commit: bool = True) -> Credential:
        if self.cleaned_data.get("new_secret"):
            self.instance.secret = self.cleaned_data["new_secret"]
        return super().save(commit)


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"
    choices_of: ClassVar[dict[str, dict[str, bool]]] = {
        "enabled": {"enabled": True, "direct": False},
        "drained": {"enabled": False, "direct": False},
        "direct": {"direct": True},
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, state.title()) for state in self.choices_of]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Credential]) -> Any:
        """Of those that clients brought there may be many: they are shown to those who ask for them."""
        return queryset.filter(**self.choices_of.get(self.value() or "", {"direct": False}))


@admin.register(Credential)
class CredentialAdmin(ProtectedAdmin):
    form = SecretForm
    list_display = ["name", "provider", "owner", "address", "state", "kept", "created"]
    list_filter = ["provider", StateFilter, "sandbox", "workspace"]
    workspace_path = "workspace"
    when_empty = "A credential is an account at a provider: without one nothing can be sent to it."
    shared = True
    list_select_related = ["workspace", "health"]
    search_fields = ["name", "id", "base_url"]
    search_help_text = "Name, id or address"
    instead = "Drain it instead: its jobs are still watched, and no new batch goes to it."
    change_form_template = "admin/console/form.html"
    verbs = ("test",)

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
        tone = "good" if credential.state == "enabled" else "calm"
        badge = cells.label("sandbox", "warn") if credential.sandbox else ""
        health = getattr(credential, "health", None)
        failing = cells.label("failing", "bad") if health and health.failing else ""
        return format_html("{} {} {}", cells.label(credential.state, tone), badge, failing)

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

    @admin.display(description="address")
    def incoming(self, credential: Credential) -> SafeString:
        kept = "with a secret" if credential.encrypted_webhook_secret else "no secret yet: off"
        return cells.stacked(cells.code(address_for(credential)), kept)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not is_direct(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not is_direct(obj) and super().has_delete_permission(request, obj)

    def takes_secret(self, request: HttpRequest, obj: Any) -> bool:
        if obj is None:
            return self.has_add_permission(request)
        return self.has_change_permission(request, obj) and not managed(obj)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = SecretForm if self.takes_secret(request, obj) else CredentialForm
        made: Any = super().get_form(request, obj, change, form=form, **kwargs)
        made.bound = is_bound(request.user)
        return made

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = ["owner", "state", "created"] if obj else ["workspace"]
        secret = ["new_secret"] if self.takes_secret(request, obj) else []
        kept = ["fingerprint"] if obj else []
        return [
            (None, {"fields": ["name", "provider", "enabled", "weight", *shown]}),
            ("Account", {"fields": [*secret, *kept, "base_url", "options"]}),
            ("What it pays", {"fields": ["prices"]}),
            *self._incoming(request, obj),
        ]

    def _incoming(self, request: HttpRequest, obj: Any) -> Any:
        """Where the provider may tell of jobs by itself, if it does so."""
        if obj is None or is_direct(obj) or not address_for(obj):
            return []
        secret = ["new_webhook_secret"] if self.has_change_permission(request, obj) else []
        said = f"Jobs are polled at once when the provider says so. The secret is {TELLERS[obj.provider]}."
        return [("Webhook", {"fields": ["incoming", *secret], "description": said})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        kept = ["provider", "owner", "state", "created", "fingerprint", "incoming"]
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
        elif is_direct(credential):
            context["notice"] = (
                "A client brought this key for one batch of its own. It is erased once that batch needs "
                "it no more."
            )
        if (
            credential
            and not is_direct(credential)
            and self.has_act_permission(request, credential)
        ):
            url = self.url("test", credential)
            context["buttons"] = [Button("Test", "network_check", url, post=True)]
        return super().render_change_form(request, context, *args, **kwargs)

    def test_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        credential = self.found(request, object_id, "act")
        if request.method != "POST" or is_direct(credential):
            return self.back(credential)
        verdict = verdict_on(credential)
        self.log_acts(request, [credential], "tested", works=verdict.works)
        level = messages.SUCCESS if verdict.works else messages.ERROR
        self.message_user(request, f"{credential}: {verdict.text}.", level)
        return self.back(credential)


def is_direct(credential: Credential | None) -> bool:
    return credential is not None and credential.direct


def managed(credential: Credential) -> bool:
    """Whether the environment writes it at every start, so that what is written here would not last."""
    names = (services.FROM_ENVIRONMENT, services.SANDBOX)
    return credential.workspace_id is None and credential.name in names
