"""The steps of a job at any provider, each in one line."""

import io
import json
import time
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from providers import registry
from providers.base import JobRequest, JobState, Upstream, UpstreamError
from tests.providers.vendors import Vendor

CHAT = "/v1/chat/completions"
WAITS = "[sandbox:seconds=60]"
PATIENCE = 30  # seconds, for a busy machine


def opened(content: bytes):
    return lambda: nullcontext(io.BytesIO(content))


class ReadOnly:
    """What the records of a job come as: it can be read and sought, and that is all."""

    def __init__(self, content: bytes) -> None:
        self.file = io.BytesIO(content)
        self.reads = 0

    def read(self, size: int = -1) -> bytes:
        self.reads += 1
        return self.file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)


@dataclass(frozen=True)
class Client:
    """What takes the steps of a job: the records of a job carry its name."""

    vendor: Vendor
    upstream: Upstream

    @classmethod
    def of(cls, vendor: Vendor, secret: str, base_url: str, **options: object) -> "Client":
        """For the account that the secret opens."""
        account = vendor.account(secret, base_url, **options)
        return cls(vendor, registry.upstream(vendor.name, account))

    def job(self, name: str = "job0", records: int = 3, **more: Any) -> JobRequest:
        given = {"endpoint": CHAT, "completion_window": "24h", "since": datetime.now(UTC), **more}
        return JobRequest(name, model=self.vendor.model, records=records, **given)

    def upload(self, content: bytes | None = None) -> str:
        content = content if content is not None else self.vendor.content("job0", 3)
        return self.upstream.upload(self.job(), opened(content))

    def start(
        self, name: str, input_id: str = "", *, records: int = 3, text: str = "Hello"
    ) -> JobState:
        """Start a job whose records were uploaded before, or travel with it."""
        content = opened(self.vendor.content(name, records, text))
        return self.upstream.submit(self.job(name, records), input_id, content)

    def submit(self, name: str = "job0", *, records: int = 3, text: str = "Hello") -> JobState:
        input_id = self.upload(self.vendor.content(name, records, text))
        return self.start(name, input_id, records=records, text=text)

    def submit_many(self, number: int, *, text: str = WAITS) -> list[str]:
        """Jobs of one record each, which run on and on; their names upstream."""
        input_id = self.upload(self.vendor.content("job0", 1, text))
        names = [f"job{number}" for number in range(number)]
        return [self.start(one, input_id, records=1, text=text).upstream_id for one in names]

    def poll(self, *names: str) -> dict[str, JobState | UpstreamError]:
        answers = list(self.upstream.poll(names))
        assert sorted(name for name, _ in answers) == sorted(names)
        return dict(answers)

    def ended(self, name: str) -> JobState:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            state = self.poll(name)[name]
            assert isinstance(state, JobState), state
            if state.ended:
                return state
            time.sleep(0.02)
        raise AssertionError(f"still {state.raw}")

    def find(self, name: str = "job0", records: int = 3, **more: Any) -> JobState | None:
        """Look for a job until it can be told."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                return self.upstream.find(self.job(name, records, **more))
            except UpstreamError as error:
                if error.code != "submission_unknown":
                    raise
            time.sleep(0.02)
        raise AssertionError("nobody can tell")

    def results(self, state: JobState) -> list[str]:
        """The ids of the records that have a result."""
        lines = b"".join(self.upstream.results(state.files)).splitlines()
        return [self.vendor.id_of(json.loads(line)) for line in lines if line]


def refused(call, *arguments: Any, kind: type[UpstreamError] = UpstreamError) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        call(*arguments)
    assert type(caught.value) is kind
    return caught.value
