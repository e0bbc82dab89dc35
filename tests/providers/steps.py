"""The steps of a job, each in one line."""

import io
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from providers.base import JobRequest, JobState, UpstreamError
from providers.openai.upstream import OpenAIUpstream
from tests.sandbox.records import CHAT, chats, jsonl

CONTENT = jsonl(chats(3))


def job(name: str = "job0", *, since: datetime | None = None) -> JobRequest:
    return JobRequest(name, CHAT, "24h", since or datetime.now(UTC))


def upload(upstream: OpenAIUpstream, content: bytes = CONTENT) -> str:
    return upstream.upload("bifrost-job0.jsonl", io.BytesIO(content))


def submit(upstream: OpenAIUpstream, name: str = "job0", content: bytes = CONTENT) -> JobState:
    return upstream.submit(job(name), upload(upstream, content))


def poll(upstream: OpenAIUpstream, *names: str) -> dict[str, JobState | UpstreamError]:
    answers = list(upstream.poll(names))
    assert sorted(name for name, _ in answers) == sorted(names)
    return dict(answers)


def ended(upstream: OpenAIUpstream, name: str) -> JobState:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        state = poll(upstream, name)[name]
        assert isinstance(state, JobState)
        if state.ended:
            return state
        time.sleep(0.02)
    raise AssertionError(f"still {state.raw}")


def refused(call, *arguments: Any, kind: type[UpstreamError] = UpstreamError) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        call(*arguments)
    assert type(caught.value) is kind
    return caught.value
