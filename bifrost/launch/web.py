"""`python -m bifrost.launch.web`: the web server. It makes its processes of itself when all is imported."""

import gc
import multiprocessing
import sys

from django.conf import settings
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from bifrost.wsgi import served

# A connection counts while it is open, idle ones too: many more of them than there are threads.
CONNECTIONS = 2048


def main() -> None:
    server = Granian(
        "bifrost.wsgi:served",
        address=settings.BIND,
        port=settings.PORT,
        interface=Interfaces.WSGI,
        workers=settings.WEB_PROCESSES,
        blocking_threads=settings.WEB_THREADS,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=5,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(),
        websockets=False,
        log_level=LogLevels.error,
    )
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")
    # What is never looked at again is never copied.
    gc.freeze()
    server.serve(target_loader=served, wrap_loader=False)


if __name__ == "__main__":
    main()
