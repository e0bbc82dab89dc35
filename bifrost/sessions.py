"""Who logged in to the admin and out of it, and who tried to, for the audit trail."""

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.models import AbstractUser, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from providers import audit
from providers.audit import Actor
from providers.models import AuditEvent

NOBODY = "nobody known"


@receiver(user_logged_in)
def logged_in(request: HttpRequest, user: AbstractUser, **sent: Any) -> None:
    audit.record(_actor(request, user.get_username()), "user.logged_in", user, workspace=None)


@receiver(user_logged_out)
def logged_out(request: HttpRequest, user: AbstractUser | None, **sent: Any) -> None:
    if user is not None:
        audit.record(_actor(request, user.get_username()), "user.logged_out", user, workspace=None)


@receiver(user_login_failed)
def login_failed(
    credentials: dict[str, Any], request: HttpRequest | None = None, **sent: Any
) -> None:
    """What nobody is called may be a password, typed in the wrong place: it is not kept.

    Whom a proxy names has guessed nothing, and what is not looked at during a pause is not written down.
    """
    if "remote_user" in credentials or not AxesProxyHandler.is_allowed(request, credentials):
        return
    name = str(credentials.get(User.USERNAME_FIELD) or "")[:150]
    user = User.objects.filter(username=name).first() if "\0" not in name else None
    actor = _actor(request, user.username if user else NOBODY)
    audit.record_named(actor, "user.login_failed", {actor.name: user.pk if user else ""})


def _actor(request: HttpRequest | None, name: str) -> Actor:
    address = audit.address_of(request.META) if request else None
    return Actor(AuditEvent.ActorKind.USER, name, address)
