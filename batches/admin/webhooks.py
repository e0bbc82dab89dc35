"""Who is told what happens to batches."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from batches import services
from batches.models import Webhook
from providers import cells
from providers.console import Button, ConsoleAdmin
from providers.posting import check_target


class WebhookForm(forms.ModelForm[Webhook]):
    events = forms.MultipleChoiceField(
        required=False,
        choices=Webhook.Event.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None chosen: it is told of all.",
    )

    class Meta:
        model = Webhook
        fields = ["name", "workspace", "url", "events", "enabled"]
        labels = {"url": "Address"}
        help_texts = {"url": "Where messages are posted to, such as https://example.com/hooks"}

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        check_target(url)
        return url

    def clean_name(self) -> str:
        """The workspace is not in the form of one that is there, so Django does not look."""
        name = str(self.cleaned_data["name"])
        others = Webhook.objects.exclude(pk=self.instance.pk)
        if (
            not self.instance._state.adding
            and others.filter(workspace=self.instance.workspace_id, name=name).exists()
        ):
            raise forms.ValidationError("The workspace has a webhook of this name.")
        return name


@admin.register(Webhook)
class WebhookAdmin(ConsoleAdmin):
    form = WebhookForm
    list_display = ["name", "workspace", "place", "told", "state", "created"]
    list_filter = ["enabled", "workspace"]
    list_select_related = ["workspace"]
    search_fields = ["name", "id"]
    search_help_text = "Name or id"
    workspace_path = "workspace"
    # It may hold a token.
    withheld = ("url",)
    when_empty = "A webhook is told when batches of its workspace end or stand still."
    page_related = ("workspace",)
    change_form_template = "admin/console/form.html"
    verbs = ("test", "rotate")

    @admin.display(description="host")
    def place(self, webhook: Webhook) -> SafeString:
        return cells.code(webhook.host)

    @admin.display(description="events")
    def told(self, webhook: Webhook) -> str:
        return ", ".join(one.removeprefix("batch.") for one in webhook.events) or "all"

    @admin.display(description="state")
    def state(self, webhook: Webhook) -> SafeString:
        if not webhook.enabled:
            return cells.label("disabled", "bad")
        if webhook.silent_since:
            since = format_html("since {}", cells.ago(webhook.silent_since))
            return cells.stacked(cells.label("no answer", "warn"), since)
        return cells.label("enabled", "good")

    @admin.display(description="created")
    def created(self, webhook: Webhook) -> SafeString:
        return cells.ago(webhook.created_at)

    @admin.display(description="secret")
    def kept(self, webhook: Webhook) -> SafeString:
        if not webhook.rotated_at:
            return cells.faint("shown once, when it was made")
        return format_html("rotated {}", cells.ago(webhook.rotated_at))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["name", "workspace", "url", "events", "enabled"]})]
        # An address may hold a token: who may not change it need not know it.
        address = "url" if self.has_change_permission(request, obj) else "place"
        shown = ["state", "kept", "created"]
        return [
            (None, {"fields": ["name", "workspace", "enabled", *shown]}),
            ("What it is told", {"fields": [address, "events"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["workspace", "place", "state", "kept", "created"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        secret = "" if change else obj.renew_secret()
        # Another address may answer.
        obj.rests_until = obj.silent_since = None
        super().save_model(request, obj, form, change)
        if secret:
            messages.warning(request, _shown(secret))

    def terms_of(self, obj: Any) -> dict[str, Any]:
        return {"host": obj.host, "events": obj.events, "enabled": obj.enabled}

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Without a line for each of what may be many deliveries."""
        told = [f"{one} with all that is known of its deliveries" for one in objs]
        denied = {"webhook"} - ({"webhook"} if self.has_delete_permission(request) else set())
        return told, {"webhooks": len(told)}, denied, []

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        webhook = context.get("original")
        if webhook and self.has_act_permission(request, webhook):
            context["buttons"] = [
                Button("Send a test", "send", self.url("test", webhook), post=True),
                Button("Rotate secret", "autorenew", self.url("rotate", webhook)),
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    def test_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        webhook = self.found(request, object_id, "act")
        if request.method != "POST":
            return self.back(webhook)
        outcome = services.send_test(webhook)
        self.log_acts(request, [webhook], "tested", works=not outcome.error)
        if outcome.error:
            said = f"The test message was not taken: {outcome.error}."
            self.message_user(request, said, messages.ERROR)
        else:
            said = f"The test message was taken: answered {outcome.status}."
            self.message_user(request, said, messages.SUCCESS)
        return self.back(webhook)

    def rotate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        webhook = self.found(request, object_id, "act")
        question = self.confirmed(
            request,
            [webhook],
            question=f"Give {webhook} another secret?",
            consequence="Messages are signed with both for a day: until then the receiver must know the "
            "new one, which is shown only once.",
            yes="Yes, rotate",
        )
        if question:
            return question
        secret = services.rotate_secret(webhook)
        self.log_acts(request, [webhook], "rotated")
        messages.warning(request, _shown(secret))
        return self.back(webhook)


def _shown(secret: str) -> SafeString:
    """It can be copied with a click."""
    return format_html(
        "This is the secret that its messages are verified with. It is shown only now, so copy it."
        '<br><code class="bf-secret">{}</code>',
        secret,
    )
