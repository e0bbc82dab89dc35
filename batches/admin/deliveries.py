"""What webhooks were told, and what became of telling."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedDropdownFilter

from batches import services, tasks
from batches.admin.looks import public_id
from batches.admin.pretty import pretty
from batches.models import Delivery
from batches.services.webhooks import message_of
from providers import cells
from providers.console import Button, ReadOnlyAdmin
from providers.ids import core_id

TONES = {
    Delivery.Status.PENDING: "busy",
    Delivery.Status.DELIVERED: "good",
    Delivery.Status.GIVEN_UP: "bad",
}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["told", "receiver", "state", "tries", "trouble", "created"]
    list_filter = [
        ("status", ChoicesCheckboxFilter),
        ("event", ChoicesCheckboxFilter),
        ("webhook", RelatedDropdownFilter),
    ]
    list_select_related = ["webhook__workspace"]
    search_fields = ["id"]
    search_help_text = "The id of a batch or of a message"
    date_hierarchy = "created_at"
    workspace_path = "webhook__workspace"
    when_empty = "There is one when a batch ends or stands still, for every webhook that is told."
    page_related = ("webhook__workspace", "batch")
    actions = ["send_again"]
    change_form_template = "admin/batches/delivery/page.html"
    verbs = ("again",)

    @admin.display(description="event and batch")
    def told(self, delivery: Delivery) -> SafeString:
        return cells.stacked(delivery.event, cells.code(public_id(delivery.batch_id)))

    @admin.display(description="webhook and workspace")
    def receiver(self, delivery: Delivery) -> SafeString:
        return cells.stacked(delivery.webhook.name, delivery.webhook.workspace.name)

    @admin.display(description="status")
    def state(self, delivery: Delivery) -> SafeString:
        return label(delivery)

    @admin.display(description="tries and next")
    def tries(self, delivery: Delivery) -> SafeString:
        due = format_html("due {}", cells.ago(delivery.due_at)) if delivery.due_at else ""
        return cells.stacked(cells.count(delivery.attempts, "try", "tries"), due)

    @admin.display(description="answer and error")
    def trouble(self, delivery: Delivery) -> SafeString:
        answered = str(delivery.answered or "")
        return cells.clipped(delivery.last_error or answered, 120)

    @admin.display(description="created")
    def created(self, delivery: Delivery) -> SafeString:
        return cells.ago(delivery.created_at)

    def search(self, request: HttpRequest, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        name = core_id(text)
        return queryset.filter(Q(pk=name) | Q(batch=name))

    def page(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        text, cut = pretty(message_of(obj.event, obj.created_at, obj.payload))
        return {
            "delivery": obj,
            "status": label(obj),
            "batch_id": public_id(obj.batch_id),
            "batch_url": reverse("admin:batches_batch_change", args=[obj.batch_id]),
            "webhook_url": reverse("admin:batches_webhook_change", args=[obj.webhook_id]),
            "message": text,
            "cut": cut,
        }

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        if not self.has_act_permission(request, obj):
            return []
        return [Button("Send again", "send", self.url("again", obj), post=True)]

    @method_decorator(require_POST)
    def again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        delivery = self.found(request, object_id, "act")
        self._send_again(request, [delivery])
        return self.back(delivery)

    @admin.action(description="Send again", permissions=["act"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        self._send_again(request, list(queryset.select_related("webhook")))

    def _send_again(self, request: HttpRequest, deliveries: list[Delivery]) -> None:
        ids = [one.pk for one in deliveries]
        with transaction.atomic():
            count = services.send_again(Delivery.objects.filter(pk__in=ids))
            self.log_acts(request, deliveries, "sent_again")
            for webhook_id in {one.webhook_id for one in deliveries}:
                tasks.ring_webhook(webhook_id)
        said = f"{cells.count(count, 'message')} will be sent again, and tried for another day."
        self.message_user(request, said, messages.SUCCESS)


def label(delivery: Delivery) -> SafeString:
    tone = TONES[Delivery.Status(delivery.status)]
    return cells.label(delivery.status.replace("_", " "), tone)
