"""Whether slow clients keep others waiting."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.batches import ask, retrieval
from tests.bench.measure import Figure, at_most
from tests.bench.place import Place, record
from tests.stack import ROOT

UPLOADS, DOWNLOADS = 200, 64
CLIENTS = 4
SECONDS = 4.0
# More than the buffers between server and client hold.
FILE_RECORDS = 100_000


def measured(place: Place) -> Iterator[Figure]:
    subject = f"GET a batch, {CLIENTS} clients"
    batch_id = place.gateway.create(place.gateway.upload(record(0)))
    place.gateway.wait(batch_id)
    large = place.gateway.upload(record(0) * FILE_RECORDS)
    alone = ask(place.gateway, retrieval(batch_id), clients=CLIENTS, seconds=SECONDS / 2)
    yield Figure(subject, "p99", alone["p99"], "ms")
    for what, uploads, downloads in (("uploads", UPLOADS, 0), ("downloads", 0, DOWNLOADS)):
        with _slow_clients(place, large, uploads, downloads):
            found = ask(place.gateway, retrieval(batch_id), clients=CLIENTS, seconds=SECONDS)
        yield Figure(
            subject, f"p99, {uploads + downloads} slow {what}", found["p99"], "ms",
            bar=at_most(100, 15),
        )  # fmt: skip


@contextmanager
def _slow_clients(place: Place, file_id: str, uploads: int, downloads: int) -> Iterator[None]:
    target = place.gateway
    given = {"url": target.url, "uploads": uploads, "downloads": downloads, "file": file_id}
    given["authorization"] = target.headers["authorization"]
    command = [sys.executable, "-m", "tests.bench.trickle", json.dumps(given)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as trickling:
        assert trickling.stdout
        trickling.stdout.readline()
        time.sleep(1)
        try:
            yield
        finally:
            trickling.kill()
