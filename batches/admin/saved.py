"""Lists as somebody wants to see them again: each user's own, above the list that they narrow down."""

from typing import Any

from django.contrib import admin, messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, path, reverse
from django.views.decorators.http import require_POST

from batches.models import SavedFilter
from batches.services.saved import MOST, lasting

LONGEST_NAME, LONGEST_QUERY = 100, 2000


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    page, query = request.POST.get("page", ""), lasting(request.POST.get("query", ""))
    name = request.POST.get("name", "").strip()
    url = _list_url(page)
    there = SavedFilter.objects.filter(user=request.user.pk)
    if not name or len(name) > LONGEST_NAME or len(query) > LONGEST_QUERY:
        said = f"Name the filter, with at most {LONGEST_NAME} characters."
        messages.error(request, said)
    elif there.filter(page=page).count() >= MOST:
        messages.error(request, f"There are {MOST} saved filters of this list: delete one first.")
    else:
        _write(request, page=page, name=name, query=query)
    return HttpResponseRedirect(f"{url}?{query}")


def _write(request: HttpRequest, **fields: Any) -> None:
    assert request.user.pk is not None
    try:
        with transaction.atomic():
            SavedFilter.objects.create(user_id=request.user.pk, **fields)
    except IntegrityError:
        messages.error(request, f"There is a filter named {fields['name']!r} already.")


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    found = SavedFilter.objects.filter(pk=pk, user=request.user.pk).first()
    if found is None:
        raise Http404("There is no such filter of yours")
    found.delete()
    return HttpResponseRedirect(_list_url(found.page))


def _list_url(page: str) -> str:
    """Raises Http404 for what is no list of the admin."""
    if page.endswith("_changelist"):
        try:
            return reverse(f"admin:{page}")
        except NoReverseMatch:
            pass
    raise Http404(f"There is no list {page[:60]!r}")


urlpatterns = [
    path("save/", admin.site.admin_view(save), name="save_filter"),
    path("<int:pk>/delete/", admin.site.admin_view(delete), name="delete_filter"),
]
