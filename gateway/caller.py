"""Whose request it is, and what of the installation it may see."""

from dataclasses import dataclass, field

from django.http import HttpRequest

from batches.models import Batch, BatchQuerySet
from files.models import File, FileQuerySet
from providers.audit import Actor, address_of
from providers.models import AuditEvent, VirtualKey, Workspace


@dataclass(frozen=True)
class Caller:
    """The one door to what is in the database: a view asks here, and never the models themselves.

    `fingerprint` stands for the key without telling it, and for `own_key`: the client's own key at a
    provider, if it brought one.
    """

    workspace: Workspace
    key: VirtualKey | None
    fingerprint: str
    own_key: str = field(default="", repr=False)

    @property
    def files(self) -> FileQuerySet:
        return File.objects.visible(self.workspace)

    @property
    def batches(self) -> BatchQuerySet:
        return Batch.objects.visible(self.workspace)

    def check_provider(self, provider: str) -> None:
        """Raises NotAllowedError."""
        if self.key:
            self.key.check_provider(provider)

    def actor(self, request: HttpRequest) -> Actor:
        """Who is written down for what the request does."""
        name = self.key.pk if self.key else "any key"
        return Actor(AuditEvent.ActorKind.KEY, name, address_of(request.META))
