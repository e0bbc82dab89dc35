"""What is asked of every surface, and how a line of results is read."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """One result: whose it is, and the text of its answer or None where there is none."""

    custom_id: str
    text: str | None


class Surface(ABC):
    """An SDK that was told to ask for one provider."""

    dialect: str
    """Whose lines its documentation shows."""

    def __init__(self, url: str, provider: str, model: str) -> None:
        self.url = url
        self.provider = provider
        self.model = model

    @abstractmethod
    def batch_id(self, core: str) -> str:
        """The surface's own form of an id."""

    @abstractmethod
    def file_id(self, core: str) -> str: ...

    @abstractmethod
    def upload(self, content: bytes) -> str: ...

    @abstractmethod
    def download(self, file_id: str) -> bytes: ...

    @abstractmethod
    def files(self) -> Iterator[str]: ...

    @abstractmethod
    def delete_file(self, file_id: str) -> None: ...

    @abstractmethod
    def create(self, content: bytes) -> str:
        """A batch of these lines, in a file where the surface has batches of files, else inline."""

    @abstractmethod
    def status(self, batch_id: str) -> str:
        """running, completed or cancelled."""

    @abstractmethod
    def counts(self, batch_id: str) -> tuple[int, int]:
        """How many succeeded and how many did not."""

    @abstractmethod
    def results(self, batch_id: str) -> list[Told]: ...

    @abstractmethod
    def batches(self) -> Iterator[str]: ...

    @abstractmethod
    def cancel(self, batch_id: str) -> None: ...

    @abstractmethod
    def is_missing(self, call: Callable[[], object]) -> bool:
        """Whether the call raises the SDK's own error for what is not there."""

    def wait(self, batch_id: str) -> str:
        deadline = time.monotonic() + 60
        while (status := self.status(batch_id)) == "running":
            assert time.monotonic() < deadline, f"{batch_id} still runs"
            time.sleep(0.05)
        return status


def told_by(line: dict) -> Told:
    """A line of a file of results: its dialect is that of the questions, whoever reads it."""
    name = line.get("custom_id") or line.get("key") or line.get("recordId")
    assert name is not None, line
    if "result" in line:
        answered = line["result"]["type"] == "succeeded"
        return Told(name, line["result"]["message"]["content"][-1]["text"] if answered else None)
    if "recordId" in line:
        output = line.get("modelOutput")
        return Told(name, _text(output["output"]["message"]["content"]) if output else None)
    if "key" in line:
        answer = line.get("response")
        return Told(name, _text(answer["candidates"][0]["content"]["parts"]) if answer else None)
    if line["error"] or line["response"]["status_code"] != 200:
        return Told(name, None)
    return Told(name, line["response"]["body"]["choices"][0]["message"]["content"])


def _text(parts: list[dict]) -> str:
    return "".join(part.get("text", "") for part in parts)
