"""Traces of what is done for a batch, from upload to result, if OTEL_EXPORTER_OTLP_ENDPOINT says where to.

If it does not, nothing of OpenTelemetry is imported, and each call here is one look at a variable. Spans hold
ids, counts, statuses and codes: no secret, no text of a record, no words of a provider.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

Attributes = Mapping[str, str | int]
NONE: Attributes = {}
_nothing = nullcontext()


class Open(Protocol):
    """A span under way that is not the current one."""

    def end(self, failure: str = "") -> None: ...


class Tracer(Protocol):
    """What `providers.spans` is."""

    def span(
        self, name: str, attributes: Attributes, *, kind: str, parent: str, links: Iterable[str]
    ) -> AbstractContextManager[None]: ...

    def begin(self, name: str, attributes: Attributes) -> Open: ...

    def tell(self, name: str, attributes: Attributes) -> None: ...

    def current(self) -> str: ...

    def flush(self) -> None: ...


_tracer: Tracer | None = None


def start(process: str) -> None:
    """Send spans from now on, if they are wanted. To be called in the process itself, after any fork."""
    global _tracer
    if settings.TRACES_URL:
        tracer: type[Tracer] = import_string("providers.spans.Spans")
        _tracer = tracer(settings.TRACES_URL, process)  # type: ignore[call-arg]


def stop() -> None:
    """Send what is left, and no more."""
    global _tracer
    if _tracer:
        _tracer.flush()
    _tracer = None


def is_on() -> bool:
    return _tracer is not None


def span(
    name: str,
    attributes: Attributes = NONE,
    *,
    kind: str = "internal",
    parent: str = "",
    links: Iterable[str] = (),
) -> AbstractContextManager[None]:
    """What is done inside. `parent` and `links` are traceparents, as W3C writes them, or ""."""
    if _tracer is None:
        return _nothing
    return _tracer.span(name, attributes, kind=kind, parent=parent, links=links)


def begin(name: str, attributes: Attributes) -> Open | None:
    """A call to somebody else, within the current span, that ends when it is told."""
    return _tracer.begin(name, attributes) if _tracer else None


def tell(attributes: Attributes, name: str = "") -> None:
    """Add to the current span, and name it anew."""
    if _tracer:
        _tracer.tell(name, attributes)


def current() -> str:
    """The current span as a traceparent, or ""."""
    return _tracer.current() if _tracer else ""
