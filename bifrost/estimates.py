"""The admin's page for estimates: what a file, or records that somebody pastes, would come to."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from batches.services.estimate import (
    COUNTED,
    MOST_BYTES,
    MOST_RECORDS,
    Estimating,
    Target,
    TooManyRecordsError,
    accounts_of,
    refused_lines,
    told,
    told_refused,
)
from batches.services.tally import Span
from files import services as files
from files.models import File
from files.storage import StoreError
from gateway.turns import in_turns
from providers.ids import core_id
from providers.models import Credential, CredentialQuerySet, Provider
from providers.money import dollars

MOST_SHOWN = 100
IN_MEMORY, BLOCK_BYTES = 2**20, 256 * 1024
TOO_LARGE = (
    f"This page looks at {MOST_BYTES // 2**20} MB and {MOST_RECORDS:,} records at the most: run "
    "`manage.py bifrost estimate` for more."
)
GONE = "The file's content cannot be read any more."

Read = Callable[[], Iterable[bytes]]


class EstimateForm(forms.Form):
    """One input of three kinds, and the providers that it may go to, each with a model of its own or none."""

    file = forms.CharField(
        label="Stored file",
        required=False,
        max_length=60,
        help_text="Its id, such as file-k3v9x2m7q1za",
        widget=UnfoldAdminTextInputWidget,
    )
    upload = forms.FileField(
        label="Or a file from here",
        required=False,
        help_text="It is not kept",
        widget=UnfoldAdminFileFieldWidget,
    )
    records = forms.CharField(
        label="Or records",
        required=False,
        strip=False,
        help_text="A line of JSON each, in the words of any of the four vendors",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for provider in Provider:
            self.fields[f"to_{provider.value}"] = forms.BooleanField(
                label=provider.label, required=False, initial=True, widget=UnfoldBooleanWidget
            )
            self.fields[f"model_{provider.value}"] = forms.CharField(
                label=f"Model at {provider.label}",
                required=False,
                max_length=255,
                widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "the records' own"}),
            )

    @property
    def inputs(self) -> list[forms.BoundField]:
        return [self[name] for name in ("file", "upload", "records")]

    @property
    def choices(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"to_{one}"], self[f"model_{one}"]) for one in Provider.values]

    @property
    def targets(self) -> list[Target]:
        return [
            Target(one, self.cleaned_data[f"model_{one}"])
            for one in Provider.values
            if self.cleaned_data[f"to_{one}"]
        ]

    def clean(self) -> dict[str, Any]:
        given = [name for name in ("file", "upload", "records") if self.cleaned_data.get(name)]
        if len(given) != 1:
            raise forms.ValidationError(
                "Name a file, or choose one, or paste records: one of the three."
            )
        if not any(self.cleaned_data[f"to_{one}"] for one in Provider.values):
            raise forms.ValidationError("Choose a provider.")
        return self.cleaned_data


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponseBase:
    """For whoever may look at files. What is asked of a stored one is written down."""
    viewing = admin.site.get_model_admin(File)
    if not viewing.has_view_permission(request):
        raise PermissionDenied
    if request.method == "GET":
        return _shown(request, EstimateForm(initial={"file": request.GET.get("file", "")}))
    form = EstimateForm(request.POST, request.FILES)
    try:
        if form.is_valid():
            return _answered(request, form)
    except forms.ValidationError as error:
        form.add_error(None, error)
    return _shown(request, form)


def _answered(request: HttpRequest, form: EstimateForm) -> HttpResponseBase:
    """Raises ValidationError where the input cannot be looked at."""
    file = _stored(request, form.cleaned_data["file"])
    chunks = _input(form, file)
    every = [_estimating(chunks, target, file) for target in form.targets]
    try:
        answer = _every_refused(every) if "all" in request.POST else _table(request, form, every)
    except TooManyRecordsError:
        raise forms.ValidationError(TOO_LARGE) from None
    except (FileNotFoundError, StoreError):
        raise forms.ValidationError(GONE) from None
    if file:
        admin.site.get_model_admin(File).log_acts(request, [file], "estimated")  # type: ignore[attr-defined]
    return answer


def _stored(request: HttpRequest, text: str) -> File | None:
    """A file that the user may see. Raises ValidationError."""
    if not text:
        return None
    viewing = admin.site.get_model_admin(File)
    file = viewing.get_object(request, core_id(text.strip()))
    if file is None or file.status != File.Status.STORED:
        raise forms.ValidationError("There is no such file, or it was deleted.")
    if file.size > MOST_BYTES:
        raise forms.ValidationError(TOO_LARGE)
    return file


def _input(form: EstimateForm, file: File | None) -> Read:
    """Raises ValidationError."""
    if file:
        return partial(files.stream, file)
    upload = form.cleaned_data["upload"]
    if upload is None:
        return partial(iter, (form.cleaned_data["records"].encode(errors="replace"),))
    if upload.size > MOST_BYTES:
        raise forms.ValidationError(TOO_LARGE)
    return partial(upload.chunks, BLOCK_BYTES)


def _estimating(chunks: Read, target: Target, file: File | None) -> Estimating:
    return Estimating(
        in_turns(_read(chunks)),
        target,
        accounts=accounts_of(_usable(target.provider, file), target.provider),
        workspace=file.workspace if file else None,
        most=MOST_RECORDS,
    )


def _read(chunks: Read) -> Iterator[bytes]:
    """Nothing is read of what comes later before it is its turn."""
    yield from chunks()


def _usable(provider: str, file: File | None) -> CredentialQuerySet:
    """Records that somebody pastes are no workspace's: they are for the credentials that are everybody's."""
    if file:
        return Credential.objects.usable(workspace=file.workspace, provider=provider)
    return Credential.objects.filter(workspace=None, provider=provider, enabled=True, direct=False)


def _table(request: HttpRequest, form: EstimateForm, every: list[Estimating]) -> HttpResponse:
    found = []
    for estimating in every:
        shown = [one for number, one in enumerate(estimating) if number < MOST_SHOWN]
        one = told(estimating.result)
        one["price"]["text"] = _price(estimating.result.price)
        for model, tally in zip(one["models"], estimating.result.tallies, strict=True):
            model["price"]["text"] = _price(tally.price)
        found.append(
            one
            | {
                "name": Provider(one["provider"]).label,
                "has_credential": estimating.has_account,
                "named": [told_refused(refused) for refused in shown],
                "more": one["refused"] - len(shown),
            }
        )
    return _shown(request, form, found)


def _price(span: Span) -> str:
    if span.low is None or span.high is None:
        return "unknown"
    return f"{dollars(span.low)} to {dollars(span.high)}"


def _every_refused(every: list[Estimating]) -> HttpResponseBase:
    spool = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 -- closed by what reads it
    for number, estimating in enumerate(every):
        for line in refused_lines(estimating, number):
            spool.write(line)
    spool.seek(0)
    answer = StreamingHttpResponse(_blocks(spool), content_type="application/octet-stream")
    answer["content-disposition"] = 'attachment; filename="refused.jsonl"'
    return answer


def _blocks(spool: IO[bytes]) -> Iterator[bytes]:
    with spool:
        yield from iter(partial(spool.read, BLOCK_BYTES), b"")


def _shown(
    request: HttpRequest, form: EstimateForm, found: list[dict[str, Any]] | None = None
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": "Estimate",
        "form": form,
        "estimates": found,
        "counted": COUNTED,
        "any_refused": any(one["refused"] for one in found or ()),
    }
    return TemplateResponse(request, "admin/estimate.html", context)
