"""Stored files: what they are, and their bytes."""

import re
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from files import download, services
from files.models import File, UploadPart
from providers import cells
from providers.console import Button, ReadOnlyAdmin
from providers.ids import core_id
from providers.lookback import where

TONES = {
    File.Status.WRITING: "busy",
    File.Status.STORED: "good",
    File.Status.DELETING: "warn",
    File.Status.DELETED: "calm",
}
SHA256 = re.compile(r"^[0-9a-f]{64}$")


def public_id(pk: str) -> str:
    return f"file-{pk}"


@admin.register(File)
class FileAdmin(ReadOnlyAdmin):
    list_display = [
        "public_id",
        "named",
        "kind",
        "amount",
        "workspace",
        "state",
        "created",
        "expires",
    ]
    list_filter = ["purpose", "status", "workspace"]
    list_select_related = ["workspace"]
    search_fields = ["filename"]
    search_help_text = "Id, name or SHA-256"
    date_hierarchy = "created_at"
    workspace_path = "workspace"
    when_empty = "A file is here once a client has uploaded it, or a batch has results."
    actions = ["delete"]
    change_form_template = "admin/files/file/page.html"
    verbs = ("download", "discard")

    @admin.display(description="file")
    def public_id(self, file: File) -> SafeString:
        return cells.code(public_id(file.pk))

    @admin.display(description="name")
    def named(self, file: File) -> SafeString:
        return cells.clipped(file.filename, 40)

    @admin.display(description="purpose")
    def kind(self, file: File) -> SafeString:
        return cells.code(file.purpose)

    @admin.display(description="size")
    def amount(self, file: File) -> str:
        return cells.size(file.size)

    @admin.display(description="status")
    def state(self, file: File) -> SafeString:
        return cells.label(file.status, TONES[File.Status(file.status)])

    @admin.display(description="created")
    def created(self, file: File) -> SafeString:
        return cells.ago(file.created_at)

    @admin.display(description="expires")
    def expires(self, file: File) -> SafeString:
        return cells.ago(file.expires_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what came of an upload so far, in hundreds of parts."""
        parts = UploadPart.objects.filter(file=OuterRef("pk"))
        return super().get_queryset(request).filter(~Exists(parts))

    def name_of(self, obj: Any) -> str:
        return f"{public_id(obj.pk)} {obj.filename}"

    def search(self, request: HttpRequest, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        if SHA256.match(text):
            return queryset.filter(sha256=text)
        named = queryset.filter(Q(pk=core_id(text)) | Q(name=text.removeprefix("files/")))
        if named.exists():
            return named
        matcher = where(Q(filename__icontains=text))
        return self.search_back(request, queryset, matcher, tried="ids and names")

    def page(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        query = urlencode({"q": public_id(obj.pk)})
        return {
            "file": obj,
            "public_id": public_id(obj.pk),
            "tone": TONES[File.Status(obj.status)],
            "copies": obj.upstream_files.select_related("credential").order_by("-created_at")[:50],
            "batches_url": f"{reverse('admin:batches_batch_changelist')}?{query}",
        }

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        if obj.status != File.Status.STORED:
            return []
        buttons = [Button("Download", "download", self.url("download", obj))]
        if obj.purpose == File.Purpose.BATCH:
            query = urlencode({"file": public_id(obj.pk)})
            buttons.append(Button("Estimate", "calculate", f"{reverse('estimate')}?{query}"))
        if self.has_discard_permission(request, obj):
            buttons.append(Button("Delete", "delete", self.url("discard", obj)))
        return buttons

    @method_decorator(require_GET)
    def download_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        file = self.found(request, object_id, "view")
        try:
            answer = download.attachment(file)
        except download.UnavailableError as error:
            self.message_user(request, str(error), messages.ERROR)
            return self.back(file)
        self.log_acts(request, [file], "downloaded")
        return answer

    def discard_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        file = self.found(request, object_id, "discard")
        return self._discard(request, [file]) or self.back(file)

    @admin.action(description="Delete the selected files", permissions=["discard"])
    def delete(self, request: HttpRequest, queryset: QuerySet[File]) -> HttpResponse | None:
        return self._discard(request, list(queryset))

    def _discard(self, request: HttpRequest, files: list[File]) -> HttpResponse | None:
        stored = [file for file in files if file.status == File.Status.STORED]
        if not stored:
            self.message_user(request, "They are deleted already.", messages.WARNING)
            return None
        question = self.confirmed(
            request,
            stored,
            question=f"Delete {cells.count(len(stored), 'file')}?",
            consequence="Clients lose sight of them at once. Their bytes go as soon as no batch "
            "reads them any more, and cannot be had back.",
            yes="Yes, delete",
        )
        if question:
            return question
        with transaction.atomic():
            for file in stored:
                services.delete(file)
            self.log_acts(request, stored, "deleted")
        self.message_user(request, f"{cells.count(len(stored), 'file')} deleted.", messages.SUCCESS)
        return None
