"""Accounts at providers, for tests that need one to be there, whether or not it can be reached."""

from itertools import count

from providers.models import Credential, Workspace

_names = count()


def unreachable(workspace: Workspace, *providers: str) -> None:
    """One that nobody reaches, where the workspace has none: among several, chance decides."""
    for provider in providers:
        if not Credential.objects.usable(workspace=workspace, provider=provider).exists():
            Credential.objects.create(provider=provider, name=f"none-{next(_names)}")


def drain_all() -> None:
    """Those that are made from now on are the only ones."""
    Credential.objects.update(enabled=False)
