"""Accounts at providers, for tests that need one to be there, whether or not it can be reached."""

from itertools import count

from providers.models import Credential, Workspace
from providers.services import SANDBOX_OPTIONS, SANDBOX_PATHS

_names = count()


def unreachable(workspace: Workspace, *providers: str) -> None:
    """One that nobody reaches, where the workspace has none: among several, chance decides."""
    for provider in providers:
        if not Credential.objects.usable(workspace=workspace, provider=provider).exists():
            Credential.objects.create(provider=provider, name=f"none-{next(_names)}")


def drain_all() -> None:
    """Those that are made from now on are the only ones."""
    Credential.objects.update(enabled=False)


def simulated(sandbox_url: str) -> dict[str, Credential]:
    """An account of its own at each provider of the sandbox."""
    made = {}
    for provider, path in SANDBOX_PATHS.items():
        key = f"key-{next(_names)}"
        options = SANDBOX_OPTIONS.get(provider, {})
        options = options and {**options, "access_key_id": key}
        made[provider] = Credential(provider=provider, name="sandbox", options=options)
        made[provider].secret = key
        made[provider].base_url = sandbox_url + path
        made[provider].save()
    return made
