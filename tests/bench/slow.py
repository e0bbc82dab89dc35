"""Whether clients that upload slowly keep others waiting."""

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

UPLOADS = 200
CLIENTS = 4
SECONDS = 4.0


def measured(place: Place) -> Iterator[Figure]:
    subject = f"GET a batch, {CLIENTS} clients"
    batch_id = place.gateway.create(place.gateway.upload(record(0)))
    place.gateway.wait(batch_id)
    alone = ask(place.gateway, retrieval(batch_id), clients=CLIENTS, seconds=SECONDS / 2)
    with _slow_uploads(place):
        found = ask(place.gateway, retrieval(batch_id), clients=CLIENTS, seconds=SECONDS)
    yield Figure(subject, "p99", alone["p99"], "ms")
    yield Figure(
        subject, f"p99 beside {UPLOADS} slow uploads", found["p99"], "ms", bar=at_most(100, 15)
    )


@contextmanager
def _slow_uploads(place: Place) -> Iterator[None]:
    target = place.gateway
    given = {"url": target.url, "authorization": f"Bearer {target.key}", "count": UPLOADS}
    command = [sys.executable, "-m", "tests.bench.trickle", json.dumps(given)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as trickling:
        assert trickling.stdout
        trickling.stdout.readline()
        time.sleep(1)
        try:
            yield
        finally:
            trickling.kill()
