"""One trace from upload to result, at a collector that speaks OTLP, and no secret or text in it."""

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from batches.models import Batch, Webhook
from batches.services import sending, webhooks
from files.models import File
from providers import tracing
from providers.posting import Answer
from providers.services import default_workspace
from tests.batches.conftest import line, live

pytestmark = pytest.mark.django_db
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SECRETS = ("sk-client-secret", "the text of a prompt", "debug=1")


class Collector:
    """What was exported, as it was sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    @property
    def spans(self) -> list[Span]:
        found = []
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                assert {"service.name", "bifrost.process"} <= {
                    one.key for one in resource.resource.attributes
                }
                found += [span for scope in resource.scope_spans for span in scope.spans]
        return found

    def span(self, name: str) -> Span:
        return next(span for span in self.spans if span.name == name)


@pytest.fixture
def collector(settings: Any) -> Iterator[Collector]:
    kept = Collector()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            kept.bodies.append(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.TRACES_URL = f"http://127.0.0.1:{server.server_port}"
        settings.MIDDLEWARE = ["bifrost.traced.traced", *settings.MIDDLEWARE]
        tracing.start("test")
        yield kept
        tracing.stop()
        server.shutdown()
        thread.join()


@pytest.fixture
def ended(collector: Collector, credential: Any) -> Batch:
    """A batch that a client made within a trace of its own, whose spans were sent."""
    client = Client()
    given = {
        "authorization": f"Bearer {SECRETS[0]}",
        "traceparent": f"00-{TRACE}-{PARENT}-01",
    }
    lines = json.dumps(line(1, SECRETS[1])).encode()
    file = SimpleUploadedFile("in.jsonl", lines)
    form = {"purpose": "batch", "file": file}
    answer = client.post("/openai/files", form, headers=given)
    assert answer.status_code == 200, answer.content
    asked = {"input_file_id": answer.json()["id"], "endpoint": "/v1/chat/completions"}
    created = client.post(
        "/openai/batches",
        {**asked, "completion_window": "24h"},
        content_type="application/json",
        headers=given,
    )
    assert created.status_code == 200, created.content
    client.get(f"/openai/batches/batch_nobody?{SECRETS[2]}", headers={"authorization": "Bearer sk"})
    batch = live(Batch.objects.get())
    tracing.stop()
    return batch


def attributes(span: Span) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def test_one_trace_from_upload_to_result(collector: Collector, ended: Batch):
    mine = {span.name: span for span in collector.spans if span.trace_id.hex() == TRACE}
    upload, create = mine["POST /openai/files"], mine["POST /openai/batches"]
    assert {upload.parent_span_id.hex(), create.parent_span_id.hex()} == {PARENT}
    assert upload.kind == Span.SPAN_KIND_SERVER
    told = attributes(create)
    assert told["http.response.status_code"] == 200
    assert told["http.route"] == "/openai/batches"
    assert told["bifrost.workspace"] == ended.workspace_id

    submit, go_on = mine["submit"], mine["go on"]
    assert {submit.parent_span_id, go_on.parent_span_id} == {create.span_id}
    assert attributes(submit)["bifrost.batch"] == ended.pk
    assert [link.span_id for link in submit.links] == [upload.span_id]
    for name in ("upload at openai", "submit at openai"):
        assert mine[name].parent_span_id == submit.span_id
        assert mine[name].kind == Span.SPAN_KIND_CLIENT
    assert mine["results at openai"].parent_span_id == go_on.span_id
    assert mine["deliver"].parent_span_id == go_on.span_id


def test_a_poll_is_linked_to_the_batches_that_it_is_about(collector: Collector, ended: Batch):
    poll = collector.span("poll")
    assert poll.trace_id.hex() != TRACE
    assert [link.trace_id.hex() for link in poll.links] == [TRACE]
    asked = collector.span("poll at openai")
    assert (asked.trace_id, asked.parent_span_id) == (poll.trace_id, poll.span_id)


def test_neither_secrets_nor_texts_nor_queries_are_in_it(collector: Collector, ended: Batch):
    assert ended.completed == 1
    sent = b"".join(collector.bodies)
    assert TRACE.encode() not in sent
    assert bytes.fromhex(TRACE) in sent
    for secret in SECRETS:
        assert secret.encode() not in sent


def test_a_request_of_nobody_has_a_trace_of_its_own(collector: Collector, ended: Batch):
    span = collector.span("GET /openai/batches/<batch_id>")
    assert span.trace_id.hex() != TRACE
    assert attributes(span)["http.response.status_code"] == 400
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert "nobody" not in str(span)


def test_a_step_that_fails_says_how_but_not_what(collector: Collector, make: Any, sandbox: Any):
    sandbox.fault(operation="batches.create", status=400, times=1)
    batch = live(make(1))
    tracing.stop()
    assert batch.status == Batch.Status.FAILED
    failed = collector.span("submit at openai")
    assert failed.status.code == Status.STATUS_CODE_ERROR
    assert not failed.status.message
    assert not failed.events
    assert attributes(failed)["error.type"] == "http_400"


def test_a_message_to_a_webhook_is_in_the_trace_of_its_batch(
    collector: Collector, make: Any, monkeypatch: pytest.MonkeyPatch
):
    webhook = Webhook(workspace=default_workspace(), name="pager", url="https://pager.test")
    webhook.renew_secret()
    webhook.save()
    monkeypatch.setattr(sending, "post", lambda *asked: Answer(503, None))
    batch = make(1)
    Batch.objects.update(traceparent=f"00-{TRACE}-{PARENT}-01")
    batch.refresh_from_db()
    webhooks.tell(batch, Webhook.Event.FAILED)
    sending.send(webhook.pk)
    tracing.stop()
    span = collector.span("webhook")
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert attributes(span) == {
        "bifrost.batch": batch.pk,
        "bifrost.event": "batch.failed",
        "http.response.status_code": 503,
    }
    assert span.status.code == Status.STATUS_CODE_ERROR


def test_nothing_of_it_is_loaded_where_it_is_not_wanted():
    """In a process of its own, as web process and worker begin."""
    program = (
        "import sys, bifrost.wsgi, bifrost.counting; bifrost.counting.begin();"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"


def test_the_rows_keep_where_they_come_from(ended: Batch):
    file = File.objects.get(pk=ended.input_file_id)
    for traceparent in (file.traceparent, ended.traceparent):
        assert traceparent.startswith(f"00-{TRACE}-")
    assert file.traceparent != ended.traceparent


def test_without_a_collector_nothing_is_kept_and_nothing_done(make: Any, settings: Any):
    assert not settings.TRACES_URL
    tracing.start("test")
    assert not tracing.is_on()
    batch = make(1)
    assert (batch.traceparent, batch.input_file.traceparent) == ("", "")
    assert tracing.span("a") is tracing.span("b")
    assert tracing.begin("a", {}) is None
