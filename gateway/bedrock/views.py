"""Jobs as boto3's client for Bedrock asks for them."""

from collections.abc import Mapping
from urllib.parse import unquote

from rest_framework.request import Request
from rest_framework.response import Response

from batches import services, tasks
from batches.models import Batch
from gateway.bedrock import wire
from gateway.bedrock.asked import Create, idempotency_key, read_create, read_list, write_where
from gateway.bedrock.listing import listed
from gateway.bedrock.places import check_target, endpoint_of, input_of
from gateway.bedrock.signing import JobsAuthentication
from gateway.body import whole
from gateway.choice import named_provider
from gateway.fields import Fields, decoded
from gateway.repeats import told_apart
from gateway.signatures.scope import signed_region
from gateway.surface import RequestError, SurfaceView
from providers.models import Provider


class BedrockView(SurfaceView):
    authentication_classes = [JobsAuthentication]

    def write_error(self, error: RequestError) -> Response:
        status, body, headers = wire.write_error(error)
        return Response(body, status=status, headers=headers)

    def body(self, request: Request) -> Mapping[str, object]:
        """The JSON object that was sent, empty where none was. Raises RequestError."""
        body = whole(request._request)
        return decoded(body, dict[str, object]) if body else {}


class Unknown(BedrockView):
    """Every other address below /bedrock."""

    def answer(self, request: Request) -> Response:
        raise RequestError(
            f"Bifrost has no operation {request.method} {request.path}.",
            status=404,
            code="unknown_operation",
        )


class Jobs(BedrockView):
    def create(self, request: Request) -> Response:
        provider = named_provider(request) or Provider.BEDROCK.value
        self.caller.check_provider(provider)
        asked = read_create(self.body(request), provider=provider)
        digest = told_apart(self.caller, asked.digest)
        repeat = services.Repeat(digest, idempotency_key(asked.token))
        # Looked for at first: the input of a first try may be gone.
        batch = services.made_before(self.caller.workspace, repeat) or self.make(asked, repeat)
        return Response({"jobArn": wire.write_arn(batch, signed_region(request._request))})

    def make(self, asked: Create, repeat: services.Repeat) -> Batch:
        check_target(self.caller, asked)
        file = input_of(self.caller, asked)
        endpoint = endpoint_of(file, asked)
        batch, new = services.create(
            workspace=self.caller.workspace,
            own_key=self.caller.own_key,
            input_file=file,
            repeat=repeat,
            fields={**asked.fields, "endpoint": endpoint, "virtual_key": self.caller.key},
        )
        if new:
            tasks.ring(batch.pk)
        return batch

    def list(self, request: Request) -> Response:
        asked = read_list(request.query_params.dict(), statuses=tuple(wire.STATUS))
        found, where = listed(self.caller.batches, asked, provider=named_provider(request))
        region = signed_region(request._request)
        answer: dict[str, object] = {
            "invocationJobSummaries": [wire.write_job(batch, region) for batch in found]
        }
        if where:
            answer["nextToken"] = write_where(where)
        return Response(answer)

    def retrieve(self, request: Request, job_id: str) -> Response:
        named_provider(request)
        return Response(wire.write_job(self.find(job_id), signed_region(request._request)))

    def stop(self, request: Request, job_id: str) -> Response:
        named_provider(request)
        Fields(self.body(request)).refuse_others()
        batch = self.find(job_id)
        # A second stop is no error while the first is under way, and one once it is done.
        if batch.status == Batch.Status.CANCELLED:
            raise services.NotCancellableError(batch)
        tasks.ring(self.cancel_batch(batch).pk)
        return Response({})

    def find(self, job_id: str) -> Batch:
        """Raises RequestError 404. Some clients encode an ARN once more than it needs."""
        batch = self.caller.batch(wire.read_id(unquote(job_id)))
        if batch is None:
            raise wire.not_found(job_id)
        return batch
