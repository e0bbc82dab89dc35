"""Jobs that somebody else made on our accounts: to be listed, and adopted."""

from typing import Any

from django.core.management.base import CommandError
from django.db.models import Q

from batches import services
from batches.models import OutsideJob
from bifrost.cli.verbs import Output, Row, actor, noun, tell, verb, workspace_named
from files.services import StoreError
from providers import audit
from providers.base import UpstreamError
from providers.models import Credential, Provider


def add(nouns: Any) -> None:
    verbs = noun(nouns, "outside", "Jobs at the providers that Bifrost did not make")
    parser = verb(verbs, "list", show_all)
    parser.add_argument("--provider", choices=Provider.values)
    parser.add_argument("--credential", help="only those on this account: its id or its name")
    parser.add_argument("--adopted", action="store_true", help="only those that were adopted")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="how many; 50 of itself")
    parser = verb(verbs, "sync", sync)
    parser.add_argument("credential", nargs="?", help="its id or its name; of itself all of them")
    parser = verb(nouns, "import", adopt)
    parser.add_argument("credential", help="its id or its name")
    parser.add_argument("upstream_id", help="what the provider calls the job")
    parser.add_argument("--workspace", required=True, help="whose batch it becomes")


def show_all(out: Output, options: dict[str, Any]) -> None:
    """Show jobs that others made, as far as they are known; the latest found first."""
    if options["limit"] < 1:
        raise CommandError(f"--limit {options['limit']}: ask for one job at least.")
    rows = OutsideJob.objects.select_related("credential")
    if options["provider"]:
        rows = rows.filter(credential__provider=options["provider"])
    if options["credential"]:
        rows = rows.filter(credential__in=credentials_named(options["credential"]))
    if options["adopted"]:
        rows = rows.filter(batch__isnull=False)
    out.rows([row_of(job) for job in rows[: options["limit"]]])


def sync(out: Output, options: dict[str, Any]) -> None:
    """List the jobs of every credential at its provider, and keep what is known of those of others."""
    some = Credential.objects.filter(pk__in=services.credentials_to_sync())
    if options["credential"]:
        named = credentials_named(options["credential"])
        some = some.filter(pk__in=[one.pk for one in named])
    rows = [_synced(one) for one in some]
    audit.record_each(actor(), "jobs.listed", some)
    out.rows(rows)
    if failed := sum(bool(row["error"]) for row in rows):
        raise CommandError(f"{failed} of {len(rows)} could not be listed.")


def adopt(out: Output, options: dict[str, Any]) -> None:
    """Make a job that somebody else made a batch of a workspace, whose clients can read its results."""
    workspace = workspace_named(options["workspace"])
    some = credentials_named(options["credential"])
    if len(some) > 1:
        raise CommandError(f"Several credentials are named {options['credential']!r}: give an id.")
    try:
        job = services.sync_one(some[0], options["upstream_id"])
        batch = services.adopt(job, workspace, by=actor())
    except (
        services.NoSuchJobError,
        services.NotAdoptableError,
        StoreError,
        UpstreamError,
    ) as error:
        raise CommandError(str(error)) from error
    out.row({"batch": f"batch_{batch.pk}", "workspace": workspace.name, "status": batch.status})


def credentials_named(name: str) -> list[Credential]:
    """By id or by name. Raises CommandError."""
    found = list(Credential.objects.filter(Q(pk=name) | Q(name=name), direct=False))
    if not found:
        raise CommandError(f"There is no credential {name!r}: see `bifrost credentials list`.")
    return found


def row_of(job: OutsideJob) -> Row:
    return {
        "upstream_id": job.upstream_id,
        "credential": job.credential.name,
        "provider": job.credential.provider,
        "name": job.name,
        "model": job.model,
        "says": job.upstream_status,
        "ended": job.ending or "running",
        "total": job.total,
        "completed": job.completed,
        "failed": job.failed,
        "made_at": job.made_at,
        "seen_at": job.seen_at,
        "batch": f"batch_{job.batch_id}" if job.batch_id else "",
    }


def _synced(credential: Credential) -> Row:
    tell(f"listing the jobs of {credential}")
    row: dict[str, Any] = {
        "credential": credential.pk,
        "name": credential.name,
        "provider": credential.provider,
        "outside": None,
        "new": None,
        "unreadable": None,
        "cut": None,
        "error": "",
    }
    try:
        return {**row, **vars(services.sync(credential.pk))}
    except UpstreamError as error:
        return {**row, "error": error.message}
