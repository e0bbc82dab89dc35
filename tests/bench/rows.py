"""What only the database of an installation knows. Run with its settings; prints JSON."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bifrost.settings")
django.setup()

from batches.models import Batch, Job  # noqa: E402
from providers.models import VirtualKey  # noqa: E402
from providers.services import default_workspace  # noqa: E402


def key() -> str:
    """A new virtual key."""
    made = VirtualKey(workspace=default_workspace(), name="bench")
    text = made.renew()
    made.save()
    return text


def times(batch_id: str) -> dict[str, float]:
    """How many seconds a batch was in our hands: until it was submitted, and once it had ended."""
    batch = Batch.objects.get(pk=batch_id.removeprefix("batch_"))
    jobs = Job.objects.filter(batch=batch)
    submitted = max(job.submitted_at for job in jobs if job.submitted_at)
    ended = max(job.ended_at for job in jobs if job.ended_at)
    assert batch.completed_at
    return {
        "submit": (submitted - batch.created_at).total_seconds(),
        "collect": (batch.completed_at - ended).total_seconds(),
    }


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    print(json.dumps({"key": key, "times": times}[name](*arguments)))
