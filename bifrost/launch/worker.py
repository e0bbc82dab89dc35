"""`python -m bifrost.launch.worker`: the worker.

Celery's own command line does the same, but brings a shell with it that takes as long as all the rest.
"""

import gc
import sys
import warnings

from bifrost.celery import app


def main() -> int:
    # Celery calls root too powerful at every start; in a container there may be nobody else.
    warnings.filterwarnings("ignore", "You're running the worker with superuser")
    # What it starts itself with again on SIGHUP.
    sys.argv = sys.orig_argv[1:]
    # Workers need nothing of one another, and asking around delays the start and the stop.
    worker = app.Worker(
        quiet=True,
        loglevel="WARNING",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    # Loaded before the fork, and what is never looked at again is never copied.
    app.connection_for_write().get_transport_cls()
    gc.freeze()
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(main())
