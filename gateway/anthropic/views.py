"""Files and message batches as Anthropic's SDK asks for them."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from batches import services, tasks
from batches.models import Batch
from files import services as files
from files.models import File
from gateway.anthropic import wire
from gateway.body import whole
from gateway.choice import named_provider
from gateway.fields import Fields, decoded
from gateway.inline import Limits, created
from gateway.repeats import repeat_of
from gateway.surface import OUT_OF_MONEY, RequestError, SurfaceView, one, page
from gateway.upload import receive
from providers.models import Provider

Row = TypeVar("Row", bound=Model)

REQUESTS = (("requests",),)
# https://platform.claude.com/docs/en/build-with-claude/batch-processing#batch-limitations
INLINE = Limits(bytes=256 * 2**20, requests=100_000)
DIALECT = "anthropic"


class AnthropicView(SurfaceView):
    def write_error(self, error: RequestError) -> Response:
        if error.code == OUT_OF_MONEY:
            error.status = 402
        response = Response(wire.write_error(error, self.request_id), status=error.status)
        if error.lasts:
            response["x-should-retry"] = "false"
        return response

    def query(self, request: Request) -> Fields:
        """What was asked for in the address. Older lines of the SDK mark what they call a beta."""
        query = Fields(request.query_params.dict())
        query.optional_choice("beta", ("true",))
        return query

    def only(self, request: Request) -> str:
        """A call without parameters. Any may name a provider, which is returned; an id is found without.

        Raises RequestError.
        """
        self.query(request).refuse_others()
        return named_provider(request)


class Unknown(AnthropicView):
    """Every other address below /anthropic."""

    def answer(self, request: Request) -> Response:
        raise RequestError(
            f"Bifrost has no {request.method} {request.path}: it serves files and message batches, below "
            "the base URL /anthropic.",
            status=404,
        )


class Files(AnthropicView):
    def create(self, request: Request) -> Response:
        self.only(request)
        limit = files.upload_limit()
        with files.writing(self.caller.workspace, limit=limit) as writer:
            fields = wire.read_upload(receive(request._request, writer))
        seconds = fields.pop("expires_in_seconds")
        file = files.publish(
            writer.file,
            **fields,
            surface="anthropic",
            expires_at=writer.file.created_at + timedelta(seconds=seconds) if seconds else None,
        )
        return Response(wire.write_file(file))

    def list(self, request: Request) -> Response:
        named_provider(request)
        query = self.query(request)
        given = [query.take(name) for name in ("ids", "ids[]")]
        rows: QuerySet[File] = self.caller.files
        if given != [None, None]:
            params = request.query_params
            ids = wire.read_ids([*params.getlist("ids"), *params.getlist("ids[]")], query)
            rows = rows.filter(pk__in=ids)
        # A scope is a session at the vendor: no file here was made in one.
        if query.optional_text("scope_id", longest=wire.LONGEST_ID):
            rows = rows.none()
        cursor = wire.read_cursor(query, paged=True)
        query.refuse_others()
        found, more = part(rows, cursor, self.place)
        written = [wire.write_file(file) for file in found]
        return Response(wire.write_files(written, cursor, more=more))

    def retrieve(self, request: Request, file_id: str) -> Response:
        self.only(request)
        return Response(wire.write_file(self.find(file_id)))

    def destroy(self, request: Request, file_id: str) -> Response:
        self.only(request)
        file = self.find(file_id)
        self.delete_file(file)
        return Response(wire.write_deleted(wire.FILE_PREFIX, "file_deleted", file))

    def content(self, request: Request, file_id: str) -> HttpResponseBase:
        self.only(request)
        return self.content_of(self.find(file_id))

    def find(self, file_id: str) -> File:
        return found_in(self.caller.files, "File", file_id)

    def place(self, file_id: str) -> File:
        """Where a page ended: a client that deletes what it walks over names files that are gone."""
        return found_in(self.caller.all_files, "File", file_id)


class Batches(AnthropicView):
    def create(self, request: Request) -> Response:
        provider = self.only(request) or Provider.ANTHROPIC.value
        self.caller.check_provider(provider)
        wire.read_betas(request.headers.get("anthropic-beta", ""))
        envelopes = wire.Envelopes()
        with created(
            request, self.caller, REQUESTS, surface="anthropic", limits=INLINE, each=envelopes
        ) as body:
            batch, new = services.create(
                workspace=self.caller.workspace,
                own_key=self.caller.own_key,
                input_file=wire.read_create(body.fields, body.file),
                repeat=repeat_of(request, body.digest),
                fields={
                    **wire.new_batch(provider, envelopes.count),
                    "virtual_key": self.caller.key,
                },
            )
            body.wanted = new
        if new:
            tasks.ring(batch.pk)
        return Response(wire.write_batch(batch))

    def list(self, request: Request) -> Response:
        query = self.query(request)
        cursor = wire.read_cursor(query)
        query.refuse_others()
        rows = self.caller.batches
        if provider := named_provider(request):
            rows = rows.filter(provider=provider)
        found, more = part(rows, cursor, self.place)
        return Response(wire.write_list([wire.write_batch(batch) for batch in found], more=more))

    def retrieve(self, request: Request, batch_id: str) -> Response:
        self.only(request)
        return Response(wire.write_batch(self.find(batch_id)))

    def cancel(self, request: Request, batch_id: str) -> Response:
        self.only(request)
        body = whole(request._request)
        Fields(decoded(body, dict[str, object]) if body else {}).refuse_others()
        batch = self.find(batch_id)
        try:
            batch = self.cancel_batch(batch)
        except services.NotCancellableError as error:
            if error.batch.ended:
                raise
            # Its results are being written: for the client it is in progress, and nothing is left to stop.
            batch = error.batch
        tasks.ring(batch.pk)
        return Response(wire.write_batch(batch))

    def destroy(self, request: Request, batch_id: str) -> Response:
        self.only(request)
        batch = self.find(batch_id)
        self.delete_batch(batch)
        return Response(wire.write_deleted(wire.BATCH_PREFIX, "message_batch_deleted", batch))

    def results(self, request: Request, batch_id: str) -> HttpResponseBase:
        self.only(request)
        batch = self.find(batch_id)
        if not batch.ended:
            raise RequestError(
                f"The message batch {batch_id[:100]} has not ended: it has no results yet.",
                status=404,
            )
        told = services.results(batch, DIALECT)
        return self.sent("results.downloaded", batch, told, "application/x-jsonl")

    def find(self, batch_id: str) -> Batch:
        batch = self.caller.batch(wire.read_id(batch_id, "Message batch"))
        if batch is None:
            raise wire.not_found("Message batch", batch_id)
        return batch

    def place(self, batch_id: str) -> Batch:
        """Where a page ended, be it deleted since."""
        batch: Batch = found_in(self.caller.all_batches, "Message batch", batch_id)
        return batch


def found_in(rows: QuerySet[Row], kind: str, name: str) -> Row:
    """Raises RequestError 404."""
    row = one(rows, wire.read_id(name, kind))
    if row is None:
        raise wire.not_found(kind, name)
    return row


def part(
    rows: QuerySet[Row], cursor: wire.Cursor, place: Callable[[str], Row]
) -> tuple[list[Row], bool]:
    """The rows that a cursor asks for, the newest first, and whether more follow in its direction."""
    beside = cursor.before or cursor.after
    found, more = page(
        rows,
        after=place(beside) if beside else None,
        limit=cursor.limit,
        ascending=bool(cursor.before),
    )
    return found[:: -1 if cursor.before else 1], more
