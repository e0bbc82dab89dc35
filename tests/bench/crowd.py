"""A database full of batches, polled in this process against a provider that answers at once.

Run with the settings of an empty database; prints JSON.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bifrost.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from batches import services  # noqa: E402
from batches.models import Batch, Job  # noqa: E402
from files.models import File  # noqa: E402
from providers import registry  # noqa: E402
from providers.base import JobState  # noqa: E402
from providers.models import Credential, Workspace  # noqa: E402
from providers.openai.upstream import OpenAIUpstream  # noqa: E402
from providers.services import default_workspace  # noqa: E402

RUNNING = 2000
AT_ONCE = 5000


class InstantUpstream(OpenAIUpstream):
    """Knows every job and says that it runs."""

    def poll(self, upstream_ids: Sequence[str]) -> Iterator[tuple[str, JobState]]:
        for name in upstream_ids:
            yield name, JobState(name, "in_progress", total=100, completed=50)


def fill(workspace: Workspace, file: File, count: int, status: Batch.Status) -> list[Batch]:
    """Batches, one a second into the past."""
    now = timezone.now()
    made: list[Batch] = []
    for start in range(0, count, AT_ONCE):
        made += Batch.objects.bulk_create(
            Batch(
                workspace=workspace,
                surface="openai",
                provider="openai",
                endpoint="/v1/chat/completions",
                status=status,
                total=100,
                input_file=file,
                created_at=now - timedelta(seconds=number),
                due_at=None,
            )
            for number in range(start, min(count, start + AT_ONCE))
        )
        del made[RUNNING:]
    return made


def make_due(batches: list[Batch], credential: Credential) -> None:
    now = timezone.now()
    Job.objects.bulk_create(
        [
            Job(
                batch=batch,
                credential=credential,
                ordinal=0,
                first=0,
                records=100,
                status=Job.Status.RUNNING,
                upstream_id=f"batch_{batch.pk}",
                submitted_at=now - timedelta(hours=1),
                due_at=now,
            )
            for batch in batches
        ],
        batch_size=AT_ONCE,
    )


def poll_all(credential: Credential) -> float:
    """Jobs a second until none is due."""
    began = time.perf_counter()
    while services.credentials_due():
        services.poll(credential.pk)
    return RUNNING / (time.perf_counter() - began)


def answer_ms(path: str) -> float:
    """The best of many: the two tables cannot be asked in turns, so a busy moment must not count."""
    client = Client(headers={"authorization": "Bearer any", "host": "localhost"})
    times = []
    for _ in range(60):
        began = time.perf_counter()
        assert client.get(path).status_code == 200
        times.append(time.perf_counter() - began)
    return min(times) * 1000


def main(count: int) -> dict[str, Any]:
    call_command("migrate", verbosity=0)
    registry.UPSTREAMS["openai"] = f"{__name__}.InstantUpstream"
    workspace = default_workspace()
    credential = Credential(provider="openai", name="instant")
    credential.secret = "any"
    credential.save()
    file = File.objects.create(workspace=workspace, purpose="batch", status=File.Status.STORED)
    few = fill(workspace, file, 20, Batch.Status.COMPLETED)
    paths = {"retrieve": f"/openai/batches/batch_{few[0].pk}", "list": "/openai/batches"}
    before = {f"{name} of few": answer_ms(path) for name, path in paths.items()}
    fill(workspace, file, count - RUNNING, Batch.Status.COMPLETED)
    make_due(fill(workspace, file, RUNNING, Batch.Status.IN_PROGRESS), credential)
    with connection.cursor() as cursor:
        # A database that has lived for a minute knows its tables.
        cursor.execute("ANALYZE")
    rate = poll_all(credential)
    after = {name: answer_ms(path) for name, path in paths.items()}
    return {"jobs": RUNNING, "rate": rate, **before, **after}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
