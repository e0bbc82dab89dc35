"""Spans by OpenTelemetry, sent in the background. Loaded by `providers.tracing` alone.

https://opentelemetry.io/docs/specs/semconv/
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.conf import settings
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from providers.tracing import Attributes

HEADER = "traceparent"
KINDS = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "consumer": SpanKind.CONSUMER,
}
MOST_LINKS = 100
SECONDS = 5
_propagator = TraceContextTextMapPropagator()


class Spans:
    """One for each process: its exporter has a thread of its own."""

    def __init__(self, url: str, process: str) -> None:
        about = {"service.version": settings.VERSION, "bifrost.process": process}
        if not os.environ.get("OTEL_SERVICE_NAME"):
            about["service.name"] = "bifrost"
        self._provider = TracerProvider(resource=Resource.create(about))
        exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("bifrost", settings.VERSION)

    @contextmanager
    def span(
        self, name: str, attributes: Attributes, *, kind: str, parent: str, links: Iterable[str]
    ) -> Iterator[None]:
        span = self._tracer.start_span(
            name,
            # Without a parent of its own it goes on with what is at hand.
            context=_context(parent) if parent else None,
            kind=KINDS[kind],
            attributes=attributes,
            links=_links(links),
        )
        failure = ""
        try:
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                yield
        except BaseException as error:
            failure = str(getattr(error, "code", None) or type(error).__name__)
            raise
        finally:
            _end(span, failure)

    def begin(self, name: str, attributes: Attributes) -> "_Open":
        return _Open(
            self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=dict(attributes))
        )

    def tell(self, name: str, attributes: Attributes) -> None:
        span = trace.get_current_span()
        span.set_attributes(dict(attributes))
        if name:
            span.update_name(name)
        if int(attributes.get("http.response.status_code", 0)) >= 500:
            span.set_status(StatusCode.ERROR)

    def current(self) -> str:
        carrier: dict[str, str] = {}
        _propagator.inject(carrier)
        return carrier.get(HEADER, "")

    def flush(self) -> None:
        self._provider.force_flush(SECONDS * 1000)
        self._provider.shutdown()


class _Open:
    def __init__(self, span: Span) -> None:
        self._span = span

    def end(self, failure: str = "") -> None:
        _end(self._span, failure)


def _end(span: Span, failure: str) -> None:
    """The code of what went wrong, and never its message, which may repeat what was sent."""
    if failure:
        span.set_attribute("error.type", failure)
        span.set_status(StatusCode.ERROR)
    span.end()


def _context(traceparent: str) -> Context:
    """Without anything of what is current."""
    return _propagator.extract({HEADER: traceparent}, context=Context())


def _links(traceparents: Iterable[str]) -> list[Link]:
    contexts = (
        trace.get_current_span(_context(one)).get_span_context()
        for one in list(traceparents)[:MOST_LINKS]
        if one
    )
    return [Link(context) for context in contexts if context.is_valid]
