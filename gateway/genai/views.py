"""Files and batches as Google's GenAI SDK asks for them."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from batches import services, tasks
from batches.models import Batch
from files.models import File
from gateway.body import whole
from gateway.choice import first_of, named_provider
from gateway.fields import Fields, decoded
from gateway.genai import operations, wire
from gateway.inline import Created, Limits, created
from gateway.repeats import repeat_of
from gateway.surface import RequestError, SurfaceView, one, page
from providers.ids import core_id
from providers.models import Provider

# Google takes 20 MB. What the requests are sent on as is a file, so more of them do no harm.
INLINE = Limits(bytes=256 * 10**6)


class GenAIView(SurfaceView):
    def write_error(self, error: RequestError) -> Response:
        return Response(wire.write_error(error), status=error.status)

    def query(self, request: Request, *names: str, alt: str = "json") -> Fields:
        return wire.read_query(request.query_params.dict(), *names, alt=alt)

    def only(self, request: Request, *, alt: str = "json") -> None:
        """A call without parameters. A provider may be named with any; an id is found without.

        Raises RequestError.
        """
        named_provider(request)
        self.query(request, alt=alt).refuse_others()

    def root(self, version: str) -> str:
        """The address of the API as its client knows it."""
        address: str = self.request._request.build_absolute_uri(f"/genai/{version}")
        return address


class Unknown(GenAIView):
    """Every other address below /genai."""

    def answer(self, request: Request) -> Response:
        raise RequestError(
            f"Bifrost has no {request.method} {request.path}: it serves files and batches.",
            status=404,
        )


class Files(GenAIView):
    def list(self, request: Request, version: str) -> Response:
        named_provider(request)
        query = self.query(request, "pageSize", "pageToken")
        after, limit = wire.read_page(query, File, usual=wire.USUAL_FILES)
        query.refuse_others()
        found, more = page(self.caller.files, after=after, limit=limit)
        written = [wire.write_file(file, self.root(version)) for file in found]
        return Response(wire.write_page("files", written, found[-1] if more else None))

    def retrieve(self, request: Request, version: str, name: str) -> Response:
        self.only(request)
        return Response(wire.write_file(self.find(name), self.root(version)))

    def destroy(self, request: Request, version: str, name: str) -> Response:
        self.only(request)
        self.delete_file(self.find(name))
        return Response({})

    def download(self, request: Request, version: str, name: str) -> HttpResponseBase:
        if "alt" not in request.query_params:
            raise RequestError(
                "Missing required parameter: 'alt'. A file is downloaded with 'alt=media'.",
                code="missing_required_parameter",
                param="alt",
            )
        self.only(request, alt="media")
        return self.content_of(self.find(name))

    def find(self, name: str) -> File:
        return find_file(self.caller.files, name)


def find_file(rows: QuerySet[File], name: str) -> File:
    """By the name that its client chose, or an id in the form of any surface. Raises RequestError 404."""
    given, core = name.removeprefix(wire.FILES), core_id(name)
    file: File | None = None
    if wire.is_name(given):
        file = next(iter(rows.filter(name=given).order_by()), None)
    if file is None and wire.is_name(core):
        file = one(rows, core)
    if file is None:
        raise wire.not_found(wire.FILES, name)
    return file


class Batches(GenAIView):
    def create(self, request: Request, version: str, model: str, verb: str) -> Response:
        provider = named_provider(request) or Provider.GEMINI.value
        self.caller.check_provider(provider)
        self.query(request).refuse_others()
        model = operations.read_model(model)
        with created(
            request,
            self.caller,
            operations.REQUESTS,
            surface="genai",
            limits=INLINE,
            each=lambda index, element: operations.read_request(index, element, model),
        ) as body:
            file, fields = self.read(body, model, verb)
            batch, new = services.create(
                workspace=self.caller.workspace,
                own_key=self.caller.own_key,
                input_file=file,
                repeat=repeat_of(request, body.digest),
                fields={**fields, "provider": provider, "virtual_key": self.caller.key},
            )
            body.wanted = new
        if new:
            tasks.ring(batch.pk)
        return Response(operations.write_operation(batch))

    def read(self, body: Created, model: str, verb: str) -> tuple[File, dict[str, Any]]:
        """The input and the fields of the batch. Raises RequestError."""
        inline = body.file is not None
        name, fields = operations.read_create(body.fields, model, inline=inline)
        file = body.file or find_file(self.caller.files, name)
        endpoint = operations.ENDPOINT[verb]
        if not inline and endpoint == operations.CHAT:
            endpoint = self.endpoint_of(file, model)
        return file, {**fields, "endpoint": endpoint}

    def endpoint_of(self, file: File, model: str) -> str:
        """Lines of OpenAI's name one themselves, of which several generate content."""
        first = first_of(file, model=model)
        if first is None or first.endpoint in ("", operations.EMBEDDINGS):
            return operations.CHAT
        return first.endpoint

    def list(self, request: Request, version: str) -> Response:
        query = self.query(request, "pageSize", "pageToken")
        after, limit = wire.read_page(query, Batch, usual=wire.USUAL_BATCHES)
        query.refuse_others()
        rows = self.caller.batches
        if provider := named_provider(request):
            rows = rows.filter(provider=provider)
        found, more = page(rows, after=after, limit=limit)
        written = [operations.write_operation(batch) for batch in found]
        return Response(wire.write_page("operations", written, found[-1] if more else None))

    def retrieve(self, request: Request, version: str, batch_id: str) -> HttpResponseBase:
        self.only(request)
        batch = self.find(batch_id)
        if not (batch.inline and batch.ended and batch.total):
            return Response(operations.write_operation(batch))
        try:
            return self.inlined(batch)
        except FileNotFoundError:
            # The requests were deleted. What they brought can be read as it was written.
            return Response(operations.write_operation(batch, results_file=True))

    def cancel(self, request: Request, version: str, batch_id: str) -> Response:
        self.only(request)
        body = whole(request._request)
        Fields(decoded(body, dict[str, object]) if body else {}).refuse_others()
        tasks.ring(self.cancel_batch(self.find(batch_id)).pk)
        return Response({})

    def destroy(self, request: Request, version: str, batch_id: str) -> Response:
        self.only(request)
        batch = self.find(batch_id)
        self.delete_batch(batch, stop=True)
        tasks.ring(batch.pk)
        return Response({})

    def inlined(self, batch: Batch) -> StreamingHttpResponse:
        """The operation with what became of each request. Raises FileNotFoundError and StoreError."""
        parts = operations.parted(batch)
        readings = [opened(services.results(batch, "gemini")) for _ in parts[1:]]
        told = operations.joined(parts, readings)
        return self.sent("results.downloaded", batch, told, "application/json")

    def find(self, batch_id: str) -> Batch:
        core = core_id(batch_id)
        batch = self.caller.batch(core) if wire.is_name(core) else None
        if batch is None:
            raise wire.not_found(wire.BATCHES, batch_id)
        return batch


def opened(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """What is wrong is raised at once, and the database asked."""
    return chain((next(blocks, b""),), blocks)
