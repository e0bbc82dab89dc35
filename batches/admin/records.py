"""The pages on which people see what is in the records of a batch, if they may."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from batches import services
from batches.admin.looks import public_id
from batches.admin.pretty import pretty
from batches.models import Batch
from files.storage import StoreError
from providers.console import ReadOnlyAdmin

# Of a page that shows more than failures: its reader waits for the rest of it.
AT_A_GLANCE = {"seconds": 0.25, "size": 8 * 2**20}
LOOKING = {"seconds": 5.0, "size": 2**30}


class Asked(forms.Form):
    """Which records somebody wants to see."""

    start = forms.IntegerField(min_value=0, max_value=2**31, required=False)
    failed = forms.BooleanField(required=False)
    custom_id = forms.CharField(max_length=512, required=False, strip=True)

    @property
    def wanted(self) -> services.Wanted:
        given = self.cleaned_data if self.is_valid() else {}
        return services.Wanted(
            start=given.get("start") or 0,
            failed=bool(given.get("failed")),
            custom_id=given.get("custom_id", ""),
        )


class RecordPages(ReadOnlyAdmin):
    def has_records_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may see what is in records."""
        return self.allows(request, obj, self.permission("view"), "batches.view_records")

    @method_decorator(require_GET)
    def records_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A list of records."""
        batch = self.found(request, object_id, "records")
        wanted = Asked(request.GET).wanted
        self._looked(request, batch, "records")
        page, trouble = services.Page(), ""
        try:
            page = services.look(batch, wanted)
        except StoreError as error:
            trouble = str(error)
        again: dict[str, str | int] = {"failed": "on"} if wanted.failed else {}
        if wanted.custom_id:
            again["custom_id"] = wanted.custom_id
        return self._shown(
            request,
            batch,
            "records",
            page=page,
            wanted=wanted,
            trouble=trouble,
            onward=f"?{urlencode({**again, 'start': page.onward})}" if page.onward else "",
        )

    @method_decorator(require_GET)
    def record_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One record, in four panes."""
        batch = self.found(request, object_id, "records")
        number = Asked(request.GET).wanted.start
        self._looked(request, batch, "a record", number=number)
        try:
            found = services.look_at(batch, number)
        except FileNotFoundError:
            found = None
        except (StoreError, services.OutOfBoundsError) as error:
            why = str(error) or "It is too far down in its file, or too long, to be shown here."
            return self._shown(request, batch, "record", number=number, trouble=why)
        if found is None:
            raise Http404(f"record {number} of batch {batch.pk} is not here")
        return self._shown(
            request,
            batch,
            "record",
            number=number,
            last=number + 1 == batch.total,
            record=found,
            job=found.job,
            panes=[
                _pane("Asked", "as its client sent it", found.asked),
                _pane("Sent", f"to {batch.get_provider_display()}", found.sent),
                _pane("Answered", f"as {batch.get_provider_display()} said it", found.answered),
                _pane("Told", "what its client got", found.told),
            ],
        )

    @method_decorator(require_GET)
    def failures_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Why records failed, as far down the file as can be read while somebody waits."""
        batch = self.found(request, object_id, "records")
        self._looked(request, batch, "failures")
        return self._shown(request, batch, "failures", failures=self.failures(batch, LOOKING))

    def failures(self, batch: Batch, bounds: dict[str, Any]) -> services.Failures | None:
        """Why records failed; None if nothing is told of any, or it cannot be read."""
        if batch.error_file is None:
            return None
        try:
            return services.grouped(batch, services.Bounds(**bounds))
        except StoreError:
            return None

    def _looked(self, request: HttpRequest, batch: Batch, at: str, **detail: Any) -> None:
        self._trace(request, [batch], "viewed", noun="records", at=at, **detail)

    def _shown(
        self, request: HttpRequest, batch: Batch, template: str, **context: Any
    ) -> HttpResponse:
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Records of {public_id(batch.pk)}",
            "batch": batch,
            "public_id": public_id(batch.pk),
            "batch_url": self.url("change", batch),
            "records_url": self.url("records", batch),
        }
        return TemplateResponse(
            request, f"admin/batches/batch/{template}.html", {**shared, **context}
        )


def _pane(title: str, says: str, line: bytes | str) -> dict[str, Any]:
    if isinstance(line, str):
        return {"title": title, "says": says, "none": line}
    text, cut = pretty(line)
    return {"title": title, "says": says, "text": text, "cut": cut, "size": len(line)}
