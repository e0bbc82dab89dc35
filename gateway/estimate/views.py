"""What a batch would come to: a dry run, of which nothing is kept and nothing is sent."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, Any, TypeVar

import msgspec
from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from batches.services.estimate import (
    Estimating,
    Target,
    TooManyRecordsError,
    accounts_of,
    refused_lines,
    told,
    told_refused,
)
from gateway.authentication import Authentication, presented_key
from gateway.bedrock.signing import JobsAuthentication
from gateway.caller import Caller
from gateway.choice import first_in, named_provider
from gateway.estimate import wire
from gateway.estimate.source import BLOCK_BYTES, IN_MEMORY, Source, received
from gateway.openapi import LINES
from gateway.signatures.scope import signed_scope
from gateway.surface import RequestError, SurfaceView, streamed
from providers.models import Provider
from providers.services import provider_for

Found = TypeVar("Found")


class AnyAuthentication(JobsAuthentication):
    """By a key wherever an SDK puts it, or by a signature as for Bedrock."""

    def authenticate(self, request: Request) -> tuple[None, Caller]:
        if presented_key(request) or not signed_scope(request._request)[0]:
            return Authentication.authenticate(self, request)
        return super().authenticate(request)


class EstimateView(SurfaceView):
    authentication_classes = [AnyAuthentication]

    def write_error(self, error: RequestError) -> Response:
        return Response(wire.write_error(error), status=error.status)


class Unknown(EstimateView):
    """Every other address below /bifrost."""

    def answer(self, request: Request) -> Response:
        raise RequestError(f"Invalid URL ({request.method} {request.path})", status=404)


class Estimates(EstimateView):
    def create(self, request: Request) -> HttpResponseBase:
        with received(request._request, self.caller) as source:
            targets = source.asked.targets or [self.usual_target(request, source)]
            for target in targets:
                self.check(target)
            if source.asked.all:
                return self.every_refused(source, targets)
            return Response(wire.write(source.asked, self.some_refused(source, targets)))

    def some_refused(self, source: Source, targets: Sequence[Target]) -> list[dict[str, Any]]:
        """The estimates, each with the first of the records that its target refuses."""
        answers = []
        for target in targets:
            estimating = self.estimating(source, target)
            named = [
                told_refused(one)
                for number, one in enumerate(looked_through(estimating))
                if number < wire.MOST_NAMED
            ]
            more = estimating.result.findings.refused - len(named)
            answers.append(self.told(estimating) | {"refusals": {"data": named, "more": more}})
        return answers

    def every_refused(self, source: Source, targets: Sequence[Target]) -> HttpResponseBase:
        """A line for each, and the estimates in the last. It is all there before the answer begins, so that
        what is wrong can still be said as an error."""
        answers = []
        with ExitStack() as undo:
            spool = undo.enter_context(SpooledTemporaryFile(max_size=IN_MEMORY))
            for number, target in enumerate(targets):
                estimating = self.estimating(source, target)
                for refused in looked_through(refused_lines(estimating, number)):
                    spool.write(refused)
                answers.append(self.told(estimating))
            spool.write(msgspec.json.encode(wire.write(source.asked, answers)) + b"\n")
            spool.seek(0)
            undo.pop_all()
        return streamed(blocks_of(spool), LINES)

    def usual_target(self, request: Request, source: Source) -> Target:
        """Where a batch goes whose client names no provider: see gateway.choice."""
        if provider := named_provider(request):
            return Target(provider)
        first = first_in(source.chunks())
        if first is None:
            return Target(Provider.OPENAI.value)
        own_key = bool(self.caller.own_key)
        workspace = self.caller.workspace
        return Target(
            provider_for(workspace, model=first.model, dialect=first.dialect, own_key=own_key)
        )

    def check(self, target: Target) -> None:
        """Raises NotAllowedError, as for a batch."""
        self.caller.check_provider(target.provider)
        if target.model and self.caller.key:
            self.caller.key.check_model(target.model)

    def estimating(self, source: Source, target: Target) -> Estimating:
        # A key of the client's own is for an account of its own.
        usable = self.caller.credentials(target.provider)
        own_key = bool(self.caller.own_key)
        return Estimating(
            source.chunks(),
            target,
            accounts=[] if own_key else accounts_of(usable, target.provider),
            endpoint=source.asked.endpoint,
            workspace=self.caller.workspace,
            key=self.caller.key,
            most=wire.MOST_RECORDS,
        )

    def told(self, estimating: Estimating) -> dict[str, Any]:
        own_key = bool(self.caller.own_key)
        return told(estimating.result) | {"has_credential": own_key or estimating.has_account}


def looked_through(found: Iterable[Found]) -> Iterator[Found]:
    """Raises RequestError for more than is looked at."""
    try:
        yield from found
    except TooManyRecordsError:
        raise wire.too_large() from None


def blocks_of(spool: IO[bytes]) -> Iterator[bytes]:
    with spool:
        yield from iter(partial(spool.read, BLOCK_BYTES), b"")
