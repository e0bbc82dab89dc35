"""What stands above every list: the filters that its reader keeps."""

from typing import Any

from django import template
from django.http import QueryDict

from batches.services.saved import lasting, saved_by

register = template.Library()


@register.inclusion_tag("admin/console/saved.html", takes_context=True)
def saved_filters(context: Any, cl: Any) -> dict[str, Any]:
    request = context["request"]
    page = f"{cl.opts.app_label}_{cl.opts.model_name}_changelist"
    query = lasting(request.GET.urlencode())
    kept = [(one, _same(one.query, query)) for one in saved_by(request.user, page)]
    return {
        "kept": kept,
        "page": page,
        "query": query,
        "may_save": cl.narrowed and not any(here for _, here in kept),
        "csrf_token": context.get("csrf_token"),
    }


def _same(one: str, other: str) -> bool:
    first, second = (QueryDict(query) for query in (one, other))
    return dict(first.lists()) == dict(second.lists())


@register.simple_tag(takes_context=True)
def export_url(context: Any, cl: Any) -> str:
    """Where the list, as it is narrowed, is had as CSV."""
    query = lasting(context["request"].GET.urlencode())
    return f"{cl.model_admin.url('export')}?{query}" if query else str(cl.model_admin.url("export"))
