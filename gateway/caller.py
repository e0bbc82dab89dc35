"""Whose request it is, and what of the installation it may see."""

from dataclasses import dataclass, field

from django.http import HttpRequest

from batches.models import Batch, BatchQuerySet
from files.models import File, FileQuerySet, Upload, UploadQuerySet
from providers.audit import Actor, address_of
from providers.models import AuditEvent, Credential, CredentialQuerySet, VirtualKey, Workspace


@dataclass(frozen=True)
class Caller:
    """The one door to what is in the database: a view asks here, and never the models themselves.

    Whatever it gives is the workspace's: what is another's is not there, as if it had never been.
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
    def all_files(self) -> FileQuerySet:
        """Those that are gone or hidden as well: where a page ended, or what a name stood for."""
        return File.objects.filter(workspace=self.workspace)

    @property
    def batches(self) -> BatchQuerySet:
        return Batch.objects.visible(self.workspace)

    @property
    def all_batches(self) -> BatchQuerySet:
        """Those that are deleted as well."""
        return Batch.objects.filter(workspace=self.workspace)

    def file(self, pk: str) -> File | None:
        return File.of(self.workspace, pk)

    def batch(self, pk: str) -> Batch | None:
        return Batch.of(self.workspace, pk)

    def uploads(self, surface: str) -> UploadQuerySet:
        """Those whose time is not over, be they completed or not."""
        live = Upload.objects.live().select_related("workspace", "file")
        return live.filter(workspace=self.workspace, surface=surface)

    def credentials(self, provider: str) -> CredentialQuerySet:
        """What it may send with, its own before the shared."""
        return Credential.objects.usable(workspace=self.workspace, provider=provider)

    def lock(self) -> None:
        """No other request of the workspace passes here before the transaction ends."""
        list(Workspace.objects.select_for_update(no_key=True).filter(pk=self.workspace.pk))

    def check_provider(self, provider: str) -> None:
        """Raises NotAllowedError."""
        if self.key:
            self.key.check_provider(provider)

    def actor(self, request: HttpRequest) -> Actor:
        """Who is written down for what the request does."""
        name = self.key.pk if self.key else "any key"
        return Actor(AuditEvent.ActorKind.KEY, name, address_of(request.META))


def begun(surface: str, upload_id: str) -> Upload | None:
    """An upload by its id alone, of any workspace: nobody guesses one, and Google's SDK sends no key."""
    live = Upload.objects.live().select_related("workspace", "file")
    return live.filter(pk=upload_id, surface=surface).first()


def is_over(key_id: str) -> bool:
    """Whether the key that something was begun with opens nothing any more."""
    return VirtualKey.valid_by("id", key_id) is None


def told_about(provider: str, credential_id: str) -> Credential | None:
    """A credential by its id alone, for its provider, which has no key and proves itself by a secret."""
    known = Credential.objects.filter(provider=provider, direct=False)
    return known.filter(pk=credential_id).order_by().first()
