"""`GET /metrics`: who may read it, and how often it is made anew."""

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder, generate_latest

from bifrost.access import is_loopback
from bifrost.metrics import present, upstream, usage

READERS: tuple[Callable[[], Iterable[Metric]], ...] = (
    present.build,
    present.jobs,
    present.batches,
    present.lags,
    present.heartbeats,
    present.queue,
    present.deliveries,
    present.credentials,
    present.budgets,
    upstream.upstream,
    usage.usage,
)
LASTS_SECONDS = 1.0
# Whoever sends one of these is a proxy, and who called that is not known.
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
CLOSED = (
    "Metrics are for this machine only until BIFROST_METRICS_TOKEN is set: then send it as "
    "'Authorization: Bearer TOKEN'."
)
WRONG = "That is not BIFROST_METRICS_TOKEN: send it as 'Authorization: Bearer TOKEN'."


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_read(request):
        return _refusal()
    try:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
    except (ValueError, TypeError):
        encode, content_type = generate_latest, CONTENT_TYPE_PLAIN_0_0_4
    text = made.text(encode, content_type)
    return HttpResponse(text, content_type=content_type, headers={"Cache-Control": "no-store"})


class Made:
    """What was made last, in each format. Those who ask while it is made wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = float("-inf")
        self._texts: dict[str, bytes] = {}

    def text(self, encode: Callable[[Any], bytes], content_type: str) -> bytes:
        with self._lock:
            if time.monotonic() - self._at >= LASTS_SECONDS:
                self._texts = {}
            if content_type not in self._texts:
                self._texts[content_type] = encode(self)
                self._at = time.monotonic()
            return self._texts[content_type]

    def collect(self) -> Iterator[Metric]:
        began = time.perf_counter()
        for read in READERS:
            yield from read()
        spent = GaugeMetricFamily("bifrost_metrics_duration_seconds", "What it took to read these")
        spent.add_metric([], time.perf_counter() - began)
        yield spent


made = Made()


def _may_read(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    if not token:
        return _is_at_home(request)
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and secrets.compare_digest(
        given.strip().encode(), token.encode()
    )


def _is_at_home(request: HttpRequest) -> bool:
    """Whether it comes from this machine, and this machine is all that can reach Bifrost. In a container, or
    behind a proxy, everybody seems to be next door."""
    reachable = (settings.BIND, settings.PUBLIC_HOST, request.META.get("REMOTE_ADDR", ""))
    return all(is_loopback(host) for host in reachable) and not any(
        name in request.headers for name in FORWARDED
    )


def _refusal() -> HttpResponse:
    if settings.METRICS_TOKEN:
        headers = {"WWW-Authenticate": "Bearer"}
        return JsonResponse({"error": {"message": WRONG}}, status=401, headers=headers)
    return JsonResponse({"error": {"message": CLOSED}}, status=403)
