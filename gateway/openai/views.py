"""Files and batches as OpenAI's SDK asks for them."""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from batches import services, tasks
from batches.models import Batch
from files import objects
from files import services as files
from files.buckets import Bucket, NoBucketNamedError, bucket_of
from files.models import File
from gateway.body import whole
from gateway.choice import provider_of
from gateway.fields import Fields, decoded
from gateway.inline import Limits, created
from gateway.openai import bedrock, wire
from gateway.repeats import repeat_of
from gateway.surface import RequestError, SurfaceView, one, page
from gateway.upload import receive
from providers.models import Provider

REQUESTS = (("requests",),)
CONTENT = "/content"


def wants_json(request: Request) -> bool:
    """What SDKs accept tells the calls for an object `a/content` from those for the content of `a`."""
    return "application/json" in request.headers.get("accept", "")


class OpenAIView(SurfaceView):
    def write_error(self, error: RequestError) -> Response:
        response = Response(wire.write_error(error), status=error.status)
        if error.lasts:
            response["x-should-retry"] = "false"
        return response

    def query(self, request: Request) -> Fields:
        return Fields(request.query_params.dict())

    def named(self, request: Request) -> None:
        """Any call may name a provider, in its body or in its query; an id is found without.

        Raises RequestError.
        """
        body, query = self.asked(request)
        wire.read_provider_of(body, query)
        body.refuse_others()
        query.refuse_others()

    def asked(self, request: Request) -> tuple[Fields, Fields]:
        """What comes with an id, in the body and in the query. Raises RequestError."""
        sent = b"" if request.method == "GET" else whole(request._request)
        return Fields(self.decode(sent)), self.query(request)

    def decode(self, body: bytes) -> dict[str, object]:
        """The JSON object that was sent, empty where none was. Raises RequestError."""
        return decoded(body, dict[str, object]) if body else {}

    def file(self, file_id: str, *, region: str = "") -> File:
        """A file of ours, or any object in S3. Raises RequestError, NotAllowedError and BucketError."""
        workspace = self.caller.workspace
        if name := bedrock.read_name(file_id):
            self.caller.check_provider(Provider.BEDROCK)
            return objects.find(
                workspace, bucket_of(workspace, name.bucket, region=region), name.key
            )
        file = self.caller.file(wire.read_id(file_id, "File"))
        if file is None:
            raise wire.not_found("File", file_id)
        return file


class Unknown(OpenAIView):
    """Every other address below /openai."""

    def answer(self, request: Request) -> Response:
        raise RequestError(f"Invalid URL ({request.method} {request.path})", status=404)


class Files(OpenAIView):
    def create(self, request: Request) -> Response:
        limit = files.upload_limit()
        with files.writing(self.caller.workspace, limit=limit) as writer:
            form = receive(request._request, writer)
            fields = wire.read_upload(form.fields, form.filename, self.query(request))
            folder, seconds = fields.pop("folder"), fields.pop("expires_after")
            filename = form.filename[:512]
            bucket = self.bucket(folder) if folder else None
            key = folder.key(writer.file, filename, bucket.prefix) if bucket else ""
        file = writer.file
        file.content_type = form.content_type
        if bucket:
            files.move_to_bucket(file, bucket, key)
        expires_at = file.created_at + timedelta(seconds=seconds) if seconds else None
        files.publish(file, **fields, filename=filename, surface="openai", expires_at=expires_at)
        return Response(wire.write_file(file))

    def list(self, request: Request) -> Response:
        query = self.query(request)
        folder = bedrock.read_folder(query, wire.read_provider(query))
        limit = query.whole("limit", 1, wire.MOST_FILES, wire.MOST_FILES)
        if folder:
            return self.list_folder(query, folder, limit)
        order = query.optional_choice("order", ("asc", "desc"))
        rows = self.caller.files
        if purpose := query.optional_text("purpose", longest=64):
            rows = rows.filter(purpose=purpose)
        after = query.optional_text("after", longest=wire.LONGEST_ID)
        query.refuse_others()
        found, more = page(
            rows,
            after=self.place(after) if after else None,
            limit=limit,
            ascending=order == "asc",
        )
        return Response(wire.write_list([wire.write_file(file) for file in found], more=more))

    def region(self, request: Request) -> str:
        """Calls about a file may say where in S3 it is. Its region matters, if that is named: the rest is in
        the id. Raises RequestError.
        """
        body, query = self.asked(request)
        folder = bedrock.read_folder(query, wire.read_provider_of(body, query))
        body.refuse_others()
        query.refuse_others()
        return folder.region if folder else ""

    def list_folder(self, query: Fields, folder: bedrock.Folder, limit: int) -> Response:
        """What is in a bucket, by key: of the vendor's orders S3 has none."""
        purpose = query.optional_choice("purpose", (File.Purpose.BATCH,))
        after = query.optional_text("after", longest=wire.LONGEST_ID)
        query.refuse_others()
        bucket = self.bucket(folder)
        found, more = objects.listed(
            self.caller.workspace,
            bucket,
            folder.within(bucket.prefix),
            after_key=self.key_of(after, bucket) if after else "",
            limit=limit,
            purpose=purpose or "",
        )
        return Response(wire.write_list([wire.write_file(file) for file in found], more=more))

    def retrieve(self, request: Request, file_id: str) -> HttpResponseBase:
        name = file_id.removesuffix(CONTENT)
        if bedrock.read_name(name) and name != file_id and not wants_json(request):
            return self.content(request, name)
        return Response(wire.write_file(self.file(file_id, region=self.region(request))))

    def destroy(self, request: Request, file_id: str) -> Response:
        file = self.file(file_id, region=self.region(request))
        if file.credential_id and not file.batches.active().exists():
            files.delete_at_once(file)
            self.audit("file.deleted", file)
        else:
            self.delete_file(file)
        return Response(wire.write_deleted(file))

    def content(self, request: Request, file_id: str) -> HttpResponseBase:
        return self.content_of(self.file(file_id, region=self.region(request)))

    def bucket(self, folder: bedrock.Folder) -> Bucket:
        """Raises RequestError, NotAllowedError, NoCredentialError and BucketError."""
        self.caller.check_provider(Provider.BEDROCK)
        try:
            return bucket_of(self.caller.workspace, folder.bucket, region=folder.region)
        except NoBucketNamedError:
            raise bedrock.no_bucket() from None

    def place(self, file_id: str) -> File:
        """Where a page ended: a client that deletes what it walks over names files that are gone."""
        rows = self.caller.all_files
        if name := bedrock.read_name(file_id):
            named = rows.filter(credential__isnull=False, bucket=name.bucket, key=name.key)
            file = named.first()
        else:
            file = one(rows, wire.read_id(file_id, "File"))
        if file is None:
            raise wire.not_found("File", file_id)
        return file

    def key_of(self, file_id: str, bucket: Bucket) -> str:
        """The same in a bucket. Raises RequestError."""
        place = bedrock.read_name(file_id) or self.place(file_id)
        if place.bucket != bucket.name:
            raise wire.not_found("File", file_id)
        return place.key


class Batches(OpenAIView):
    def create(self, request: Request) -> Response:
        limits = Limits(bytes=files.upload_limit())
        with created(request, self.caller, REQUESTS, surface="openai", limits=limits) as body:
            body.fields.pop("requests", None)
            input_file_id, fields = wire.read_create(
                body.fields, self.query(request), inline=body.file is not None
            )
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
            workspace,
            file,
            model=fields["model_override"],
            own_key=bool(self.caller.own_key),
        )
        self.caller.check_provider(provider)
        fields = {**fields, "provider": provider, "virtual_key": self.caller.key}
        bedrock.check_job(fields, self.caller)
        if place := bedrock.read_output(fields["output_uri"]):
            bucket_of(workspace, place.bucket).refuse_hidden(place.key)
        return services.create(
            workspace=workspace,
            input_file=objects.adopt(file),
            repeat=repeat,
            fields=fields,
            own_key=self.caller.own_key,
        )

    def list(self, request: Request) -> Response:
        query = self.query(request)
        rows = self.caller.batches
        if provider := wire.read_provider(query):
            rows = rows.filter(provider=provider)
        if model := query.optional_text("model", longest=255):
            # The records' own is not known before they were looked at.
            rows = rows.filter(Q(model=model) | Q(model_override=model))
        limit = query.whole("limit", 1, wire.MOST_BATCHES, wire.USUAL_BATCHES)
        after = query.optional_text("after", longest=100)
        query.refuse_others()
        found, more = page(rows, after=self.find(after) if after else None, limit=limit)
        return Response(wire.write_list([wire.write_batch(batch) for batch in found], more=more))

    def retrieve(self, request: Request, batch_id: str) -> Response:
        self.named(request)
        return Response(wire.write_batch(self.find(batch_id)))

    def cancel(self, request: Request, batch_id: str) -> Response:
        self.named(request)
        batch = self.cancel_batch(self.find(batch_id))
        tasks.ring(batch.pk)
        return Response(wire.write_batch(batch))

    def find(self, batch_id: str) -> Batch:
        core = wire.read_id(batch_id, "Batch")
        batch = self.caller.batch(core)
        if batch is None:
            raise wire.not_found("Batch", batch_id)
        return batch

    def input_file(self, file_id: str) -> File:
        file = self.file(file_id)
        if file.purpose != File.Purpose.BATCH:
            raise RequestError(
                f"The file '{file_id}' was uploaded with purpose '{file.purpose}': "
                "a batch's input needs purpose 'batch'.",
                code="invalid_file_purpose",
                param="input_file_id",
            )
        return file
