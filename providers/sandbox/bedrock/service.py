"""Bedrock as the sandbox's server sees it: its operations and its ways."""

from aiohttp import web

from providers.sandbox.bedrock import jobs, refusals
from providers.sandbox.bedrock.jobs import Jobs
from providers.sandbox.bedrock.library import Library
from providers.sandbox.bedrock.lifecycle import Lifecycle
from providers.sandbox.bedrock.runs import Runs
from providers.sandbox.bedrock.runtime import Runtime
from providers.sandbox.bedrock.s3.library import Library as Storage
from providers.sandbox.gate import Operation, Provider
from providers.sandbox.stage import Service, Stage

CONTROL, RUNTIME = "/bedrock", "/bedrock-runtime"

_JOB = f"{CONTROL}/model-invocation-job"
_MODEL = RUNTIME + "/model/{model:[^/]+}"


class Bedrock:
    """The vendor on the stage."""

    def __init__(self, stage: Stage) -> None:
        library = Library(stage.store)
        runs = Runs(Storage(stage.store, stage.clock), stage)
        lifecycle = Lifecycle(library, runs, stage)
        self.resume = lifecycle.resume
        self.stop = lifecycle.stop
        self.has_batch = library.has
        self.force = lifecycle.force
        self.provider = _provider(Jobs(library, lifecycle, stage.clock), Runtime(stage))


def open_service(stage: Stage) -> Service:
    return Bedrock(stage)


def _provider(calls: Jobs, runtime: Runtime) -> Provider:
    """Two services of AWS, each at an address of its own."""
    return Provider(
        name="bedrock",
        prefix="",
        operations=(
            Operation("batches.create", "POST", _JOB, calls.create),
            Operation("batches.list", "GET", f"{_JOB}s", calls.list, jobs.QUERY),
            Operation("batches.retrieve", "GET", _JOB + "/{id:[^/]+}", calls.retrieve),
            Operation("batches.cancel", "POST", _JOB + "/{id:[^/]+}/stop", calls.stop),
            Operation("models.converse", "POST", f"{_MODEL}/converse", runtime.converse),
            Operation("models.invoke", "POST", f"{_MODEL}/invoke", runtime.invoke),
            Operation("unknown", "*", CONTROL + "/{rest:.*}", _unknown),
            Operation("unknown", "*", RUNTIME + "/{rest:.*}", _unknown),
        ),
        refusal=refusals.plain,
        unknown=refusals.unknown,
        headers=_headers,
    )


async def _unknown(_: web.Request) -> web.StreamResponse:
    raise refusals.refusal(404, "UnknownOperationException", "The operation is unknown.")


def _headers(request_id: str, _: float) -> dict[str, str]:
    digits = request_id.removeprefix("req_")
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32])
    return {"x-amzn-requestid": "-".join(parts)}
