"""Asks the web process how it and the others are."""

import http.client

from django.conf import settings

EVERYWHERE = {"0.0.0.0", "::", "[::]"}  # noqa: S104 -- compared with, not bound to


def reachable(bind: str) -> str:
    """The address under which this machine reaches what listens there."""
    return "127.0.0.1" if bind in EVERYWHERE else bind


def what_is_wrong(host: str, port: int, *, path: str) -> str:
    """What the web process complains about, or that it does not answer; empty if all is well."""
    connection = http.client.HTTPConnection(host.strip("[]"), port, timeout=5)
    try:
        # As a name that Django accepts, whatever the address is.
        connection.request("GET", path, headers={"host": settings.ALLOWED_HOSTS[0].lstrip(".")})
        response = connection.getresponse()
        said = response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"the web process does not answer ({error})"
    finally:
        connection.close()
    return "" if response.status == 200 else said
