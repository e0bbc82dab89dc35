"""The calls about jobs.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelInvocationJob.html
"""

import secrets
import string
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from aiohttp import web

from providers.sandbox import bodies
from providers.sandbox.bedrock import access, refusals
from providers.sandbox.bedrock.families import family_of
from providers.sandbox.bedrock.library import Library
from providers.sandbox.bedrock.lifecycle import Lifecycle
from providers.sandbox.bedrock.objects import TERMINAL, Job
from providers.sandbox.bedrock.shapes import complaint, input_of
from providers.sandbox.clock import Clock
from providers.sandbox.gate import json_answer

QUERY = frozenset(
    {
        "submitTimeAfter",
        "submitTimeBefore",
        "statusEquals",
        "nameContains",
        "maxResults",
        "nextToken",
        "sortBy",
        "sortOrder",
    }
)
_USUAL = 100
_LETTERS = string.ascii_lowercase + string.digits
_LARGEST = 1024 * 1024
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Jobs:
    def __init__(self, library: Library, lifecycle: Lifecycle, clock: Clock) -> None:
        self._library = library
        self._lifecycle = lifecycle
        self._clock = clock

    async def create(self, request: web.Request) -> web.StreamResponse:
        owner = account(request)
        asked = await _read(request)
        token = asked.pop("clientRequestToken", None) or secrets.token_hex(16)
        earlier = self._library.by_token(token, owner=owner)
        if earlier is not None and earlier.asked != asked:
            raise refusals.conflict("The client token was used with other parameters before.")
        job = earlier or self._new(request, owner, token, asked)
        return json_answer({"jobArn": job.arn}, object_id=job.id)

    async def retrieve(self, request: web.Request) -> web.StreamResponse:
        job = self._lifecycle.show(self._job(request))
        return json_answer(job.shown(), object_id=job.id)

    async def stop(self, request: web.Request) -> web.StreamResponse:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_StopModelInvocationJob.html"""
        job = self._job(request)
        if job.status in TERMINAL:
            raise refusals.conflict(
                f"The job {job.arn} is in {job.status} status and can't be stopped."
            )
        self._lifecycle.stop_job(job.id)
        return json_answer({}, object_id=job.id)

    async def list(self, request: web.Request) -> web.StreamResponse:
        owner, query = account(request), request.query
        wrong = complaint(input_of("bedrock", "ListModelInvocationJobs"), _typed(query))
        if wrong is not None:
            raise refusals.invalid(wrong)
        jobs = self._library.jobs(
            owner=owner,
            after=query.get("nextToken", ""),
            newest_first=query.get("sortOrder", "Descending") == "Descending",
        )
        size = int(query.get("maxResults", _USUAL))
        found = list(islice(self._matching(jobs, request), size + 1))
        answer: dict[str, Any] = {"invocationJobSummaries": [job.shown() for job in found[:size]]}
        if len(found) > size:
            answer["nextToken"] = found[size - 1].id
        return json_answer(answer)

    def _matching(self, jobs: Iterator[Job], request: web.Request) -> Iterator[Job]:
        query = request.query
        first = _moment(query.get("submitTimeAfter"), 0.0)
        last = _moment(query.get("submitTimeBefore"), float("inf"))
        for each in jobs:
            job = self._lifecycle.show(each)
            if (
                first <= job.submitted <= last
                and query.get("nameContains", "") in job.asked["jobName"]
                and query.get("statusEquals") in (None, job.status)
            ):
                yield job

    def _new(self, request: web.Request, owner: str, token: str, asked: dict[str, Any]) -> Job:
        id = "".join(secrets.choice(_LETTERS) for _ in range(12))
        now = self._clock.now()
        where = f"{access.region(request)}:{access.number(owner)}"
        job = Job(
            id=id,
            owner=owner,
            arn=f"arn:aws:bedrock:{where}:model-invocation-job/{id}",
            token=token,
            asked=asked,
            submitted=now,
            modified=now,
        )
        self._lifecycle.begin(job)
        return job

    def _job(self, request: web.Request) -> Job:
        id = request.match_info["id"]
        shape = input_of("bedrock", "GetModelInvocationJob")
        wrong = complaint(shape, {"jobIdentifier": id})
        if wrong is not None:
            raise refusals.invalid(wrong)
        return self._library.job(id, owner=account(request))


def account(request: web.Request) -> str:
    try:
        return access.account(request)
    except access.NobodyError:
        raise refusals.nobody() from None


async def _read(request: web.Request) -> dict[str, Any]:
    try:
        asked = _decode(await bodies.read(request, most=_LARGEST) or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refusals.refusal(400, "SerializationException", "") from None
    wrong = complaint(input_of("bedrock", "CreateModelInvocationJob"), asked)
    if wrong is not None:
        raise refusals.invalid(wrong)
    if family_of(asked["modelId"]) is None:
        raise refusals.unknown_model()
    return asked


def _typed(query: Any) -> dict[str, Any]:
    """What stands in a query is text; one of its parameters is a number."""
    typed: dict[str, Any] = dict(query)
    if typed.get("maxResults", "").isdecimal():
        typed["maxResults"] = int(typed["maxResults"])
    return typed


def _moment(text: str | None, usual: float) -> float:
    if text is None:
        return usual
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise refusals.invalid(f"{text!r} is no timestamp") from None
