"""Log-in to the admin by an authenticating proxy, which says in a header who somebody is."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import RemoteUserBackend
from django.contrib.auth.middleware import RemoteUserMiddleware
from django.contrib.auth.models import User
from django.core.exceptions import MiddlewareNotUsed, ValidationError
from django.http import HttpRequest

from bifrost.middleware import ADMIN


class SingleSignOn(RemoteUserMiddleware):
    """Believes the header below /admin/ only: clients of the surfaces have keys."""

    def __init__(self, get_response: Any) -> None:
        if not settings.SSO_HEADER:
            raise MiddlewareNotUsed
        self.header = f"HTTP_{settings.SSO_HEADER.upper().replace('-', '_')}"  # type: ignore[misc]
        super().__init__(get_response)

    def process_request(self, request: HttpRequest) -> None:
        if request.path.startswith(ADMIN):
            super().process_request(request)


class SingleSignOnBackend(RemoteUserBackend):
    """Makes a user of whoever is new, without any right, unless BIFROST_SSO_ADMINS names them.

    Users with a password are nobody's but Bifrost's: a name chosen elsewhere does not open them.
    """

    def authenticate(self, request: HttpRequest, remote_user: str | None) -> User | None:  # type: ignore[override]
        name = self.clean_username(remote_user or "")
        try:
            User._meta.get_field("username").run_validators(name)
        except ValidationError:
            return None
        return super().authenticate(request, name)

    def clean_username(self, username: str) -> str:
        # Google's Identity-Aware Proxy says accounts.google.com:ann@example.com.
        return username.rpartition(":")[2].strip().lower()

    def configure_user(self, request: HttpRequest | None, user: Any, created: bool = True) -> Any:
        if created:
            user.set_unusable_password()
        if user.username in settings.SSO_ADMINS and not user.has_usable_password():
            user.is_staff = user.is_superuser = True
        user.save()
        return user

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and not user.has_usable_password()
