"""Who may ask: anybody where only this machine reaches the server, else whoever has a virtual key."""

import ipaddress

from django.core.exceptions import ImproperlyConfigured

from bifrost.env import Environment


def auth_mode(env: Environment, *, bind: str, public_host: str) -> str:
    """`open` or `keys`. Raises ImproperlyConfigured if everybody could come in and nobody confirmed it."""
    confirmed = env.flag("BIFROST_OPEN_TO_ALL")
    public = next((host for host in (bind, public_host) if not is_loopback(host)), None)
    mode = env.choice("BIFROST_AUTH", ("open", "keys"), "keys" if public else "open")
    if mode == "open" and public and not confirmed:
        raise ImproperlyConfigured(
            f"BIFROST_AUTH=open lets everybody who reaches {public} in, with any key: write keys, or "
            "BIFROST_OPEN_TO_ALL=1 if that is what you want."
        )
    return mode


def is_loopback(host: str) -> bool:
    name = host.strip("[]").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
