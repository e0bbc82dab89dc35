"""What only the database of an installation knows. Run with its settings; prints JSON."""

import json
import os
import sys
from datetime import datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bifrost.settings")
django.setup()

from batches.models import Batch, Job  # noqa: E402
from providers.listed import ListedUpstream  # noqa: E402
from providers.models import VirtualKey  # noqa: E402
from providers.registry import upstream_class  # noqa: E402
from providers.services import default_workspace  # noqa: E402


def key() -> str:
    """A new virtual key."""
    made = VirtualKey(workspace=default_workspace(), name="bench")
    text = made.renew().key
    made.save()
    return text


def times(batch_id: str) -> dict[str, float]:
    """How many seconds a batch was in our hands: until it was submitted, and once it had ended."""
    batch = Batch.objects.get(pk=batch_id.removeprefix("batch_"))
    jobs = Job.objects.filter(batch=batch)
    submitted = max(job.submitted_at for job in jobs if job.submitted_at)
    ended = max(job.ended_at for job in jobs if job.ended_at)
    assert batch.completed_at
    last = max(jobs, key=lambda job: job.ended_at or job.created_at)
    told = _end_told(last) or ended
    return {
        "submit": (submitted - batch.created_at).total_seconds(),
        "collect": (batch.completed_at - ended).total_seconds(),
        "after": (batch.completed_at - told).total_seconds(),
        "jobs": len(jobs),
    }


def _end_told(job: Job) -> datetime | None:
    """When the provider says that it ended, where it says so in more than seconds."""
    known = upstream_class(job.credential.provider)(job.credential.account)
    assert isinstance(known, ListedUpstream)
    said = known.retrieve(job.upstream_id)
    found = said.get("ended_at") or said.get("metadata", {}).get("endTime") or said.get("endTime")
    return datetime.fromisoformat(found) if isinstance(found, str) else found


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    print(json.dumps({"key": key, "times": times}[name](*arguments)))
