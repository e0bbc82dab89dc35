"""Which S3 buckets the clients of a workspace may name."""

from collections.abc import Container

from django.conf import settings

from providers.models import Credential, Provider, Workspace


class _Any:
    """Holds every name."""

    def __contains__(self, name: object) -> bool:
        return True


ANY: Container[str] = _Any()


def buckets_of(workspace: Workspace) -> Container[str]:
    """Those listed for the workspace, and those of its own credentials; not those of shared ones, which carry
    the jobs of others. Where any key does, any bucket does."""
    if settings.AUTH == "open":
        return ANY
    own = Credential.objects.filter(workspace=workspace, provider=Provider.BEDROCK, direct=False)
    return {*workspace.buckets, *(one.bucket for one in own)} - {""}
