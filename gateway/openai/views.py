"""Files and batches as OpenAI's SDK asks for them."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from batches import services, tasks
from batches.models import Batch
from files import services as files
from files.models import File
from gateway.body import whole
from gateway.choice import provider_of
from gateway.fields import Fields, decoded
from gateway.inline import Limits, created
from gateway.openai import wire
from gateway.repeats import repeat_of
from gateway.surface import RequestError, SurfaceView, one, page
from gateway.turns import give_back_connections
from gateway.upload import receive

REQUESTS = (("requests",),)


class OpenAIView(SurfaceView):
    def write_error(self, error: RequestError) -> Response:
        response = Response(wire.write_error(error), status=error.status)
        if error.status == 507:
            response["x-should-retry"] = "false"
        return response

    def query(self, request: Request) -> Fields:
        return Fields(request.query_params.dict())

    def named(self, request: Request) -> None:
        """A provider may be named with any call; an id is found without. Raises RequestError."""
        wire.read_provider(self.query(request))

    def decode(self, body: bytes) -> dict[str, object]:
        """The JSON object that was sent, empty where none was. Raises RequestError."""
        return decoded(body, dict[str, object]) if body else {}


class Unknown(OpenAIView):
    """Every other address below /openai."""

    def answer(self, request: Request) -> Response:
        raise RequestError(f"Invalid URL ({request.method} {request.path})", status=404)


class Files(OpenAIView):
    def create(self, request: Request) -> Response:
        limit = files.upload_limit()
        with files.writing(self.caller.workspace, limit=limit) as writer:
            form = receive(request._request, writer)
            fields = wire.read_upload(form.fields, form.filename)
        seconds = fields.pop("expires_after")
        file = files.publish(
            writer.file,
            **fields,
            filename=form.filename[:512],
            content_type=form.content_type,
            surface="openai",
            expires_at=writer.file.created_at + timedelta(seconds=seconds) if seconds else None,
        )
        return Response(wire.write_file(file))

    def list(self, request: Request) -> Response:
        query = self.query(request)
        wire.read_provider(query)
        limit = query.whole("limit", 1, wire.MOST_FILES, wire.MOST_FILES)
        order = query.optional_choice("order", ("asc", "desc"))
        rows = self.visible()
        if purpose := query.optional_text("purpose", longest=64):
            rows = rows.filter(purpose=purpose)
        after = query.optional_text("after", longest=100)
        query.refuse_others()
        found, more = page(
            rows,
            after=self.place(after) if after else None,
            limit=limit,
            ascending=order == "asc",
        )
        return Response(wire.write_list([wire.write_file(file) for file in found], more=more))

    def retrieve(self, request: Request, file_id: str) -> Response:
        self.named(request)
        return Response(wire.write_file(self.find(file_id)))

    def destroy(self, request: Request, file_id: str) -> Response:
        self.named(request)
        file = self.find(file_id)
        files.delete(file)
        return Response(wire.write_deleted(file))

    def content(self, request: Request, file_id: str) -> HttpResponseBase:
        self.named(request)
        file = self.find(file_id)
        response = StreamingHttpResponse(
            files.opened(file), content_type="application/octet-stream"
        )
        response["content-length"] = str(file.size)
        response["x-content-type-options"] = "nosniff"
        # A slow client must not hold a connection to the database for as long as it reads.
        give_back_connections()
        return response

    def visible(self) -> QuerySet[File]:
        return File.objects.visible(self.caller.workspace)

    def find(self, file_id: str, *, among: QuerySet[File] | None = None) -> File:
        core = wire.read_id(file_id, wire.FILE_PREFIX, "File")
        file = one(self.visible() if among is None else among, core)
        if file is None:
            raise wire.not_found("File", file_id)
        return file

    def place(self, file_id: str) -> File:
        """Where a page ended: a client that deletes what it walks over names files that are gone."""
        return self.find(file_id, among=File.objects.filter(workspace=self.caller.workspace))


class Batches(OpenAIView):
    def create(self, request: Request) -> Response:
        limits = Limits(bytes=files.upload_limit())
        with created(request, self.caller, REQUESTS, surface="openai", limits=limits) as body:
            body.fields.pop("requests", None)
            input_file_id, fields = wire.read_create(body.fields, inline=body.file is not None)
            file = body.file or self.input_file(input_file_id)
            batch, new = self.make(file, fields, repeat_of(request, body.digest))
            body.wanted = new
        if new:
            tasks.ring(batch.pk)
        return Response(wire.write_batch(batch))

    def make(
        self, file: File, fields: dict[str, Any], repeat: services.Repeat
    ) -> tuple[Batch, bool]:
        workspace = self.caller.workspace
        provider = fields["provider"] or provider_of(
            workspace, file, model=fields["model_override"]
        )
        return services.create(
            workspace=workspace,
            input_file=file,
            repeat=repeat,
            fields={**fields, "provider": provider, "virtual_key": self.caller.key},
        )

    def list(self, request: Request) -> Response:
        query = self.query(request)
        rows = Batch.objects.visible(self.caller.workspace)
        if provider := wire.read_provider(query):
            rows = rows.filter(provider=provider)
        if model := query.optional_text("model", longest=255):
            rows = rows.filter(model=model)
        limit = query.whole("limit", 1, wire.MOST_BATCHES, wire.USUAL_BATCHES)
        after = query.optional_text("after", longest=100)
        query.refuse_others()
        found, more = page(rows, after=self.find(after) if after else None, limit=limit)
        return Response(wire.write_list([wire.write_batch(batch) for batch in found], more=more))

    def retrieve(self, request: Request, batch_id: str) -> Response:
        self.named(request)
        return Response(wire.write_batch(self.find(batch_id)))

    def cancel(self, request: Request, batch_id: str) -> Response:
        form = Fields(self.decode(whole(request._request)))
        wire.read_provider(form)
        form.refuse_others()
        batch = services.cancel(self.find(batch_id))
        tasks.ring(batch.pk)
        return Response(wire.write_batch(batch))

    def find(self, batch_id: str) -> Batch:
        core = wire.read_id(batch_id, wire.BATCH_PREFIX, "Batch")
        batch = Batch.of(self.caller.workspace, core)
        if batch is None:
            raise wire.not_found("Batch", batch_id)
        return batch

    def input_file(self, file_id: str) -> File:
        core = wire.read_id(file_id, wire.FILE_PREFIX, "File")
        file = one(File.objects.visible(self.caller.workspace), core)
        if file is None:
            raise wire.not_found("File", file_id)
        if file.purpose != File.Purpose.BATCH:
            raise RequestError(
                f"The file '{file_id}' was uploaded with purpose '{file.purpose}': "
                "a batch's input needs purpose 'batch'.",
                code="invalid_file_purpose",
                param="input_file_id",
            )
        return file
