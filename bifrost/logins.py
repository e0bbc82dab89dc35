"""Failed log-ins to the admin: whose they are, how many are too many, and what is said then."""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from providers import audit

Credentials = dict[str, Any] | None
# Colleagues share an address: from one, as many names may fail so often.
NAMES_OF_AN_ADDRESS = 4
# One customer of an access provider has all of such a network.
IPV6_HOST_BITS = 64


class Attempts(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts failures by name and address, and those of an address whatever the name."""

    def user_login_failed(
        self,
        sender: Any,
        credentials: dict[str, Any],
        request: HttpRequest | None = None,
        **more: Any,
    ) -> None:
        # Whom the proxy names and Bifrost does not let in has guessed nothing.
        if "remote_user" not in credentials:
            super().user_login_failed(sender, credentials, request, **more)

    def get_failures(self, request: HttpRequest, credentials: Credentials = None) -> int:
        of_name, of_address = self.get_user_attempts(request, credentials)
        return max(_failures(of_name), _failures(of_address) // NAMES_OF_AN_ADDRESS)

    def locked_for(self, request: HttpRequest, credentials: Credentials) -> timedelta:
        of_name, of_address = self.get_user_attempts(request, credentials)
        locked = of_name if _failures(of_name) >= settings.AXES_FAILURE_LIMIT else of_address
        now = timezone.now()
        last = locked.aggregate(at=Max("attempt_time"))["at"] or now
        return last + settings.AXES_COOLOFF_TIME - now


def _failures(attempts: QuerySet[AccessAttempt]) -> int:
    return attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0


def locked_out(
    request: HttpRequest, response: HttpResponse | None, credentials: Credentials
) -> HttpResponse:
    """The page that says when to try again. It is the same whether or not there is such a user."""
    left = Attempts().locked_for(request, credentials)
    seconds = max(1, round(left.total_seconds()))
    context = {
        **admin.site.each_context(request),
        "title": "Too many failed log-ins",
        "minutes": -(-seconds // 60),
        "until": timezone.now() + left,
    }
    page = TemplateResponse(
        request,
        "admin/locked_out.html",
        context,
        status=429,
        headers={"Retry-After": str(seconds), "Cache-Control": "no-store"},
    )
    return page.render()


def client_address(request: HttpRequest) -> str | None:
    """Where a request comes from, as far as it can be believed: without the part that a client may choose."""
    found = audit.address_of(request.META) or request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(found)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> IPV6_HOST_BITS << IPV6_HOST_BITS))
    return str(address)
