"""What every provider's upstream is, and how it fails.

* UpstreamError             a call to a provider failed; `permanent` says that trying again is of no use
  + AnswerLostError         it may have been carried out all the same: look before trying again
  + InputGoneError          what a job needs is no longer at the provider: send it again
* RecordError               one record is at fault, and only that record
  - MalformedRecordError    it does not have the shape of its dialect
  - UnsupportedFeatureError the target has no words for something in it
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, BinaryIO, ClassVar

from providers.records import MalformedRecordError, RecordError, UnsupportedFeatureError

__all__ = [
    "CHECK_SECONDS",
    "ENDINGS",
    "OF_THE_ACCOUNT",
    "OF_THE_KEY",
    "Account",
    "AnswerLostError",
    "Content",
    "InputGoneError",
    "JobRequest",
    "JobState",
    "Limits",
    "Listed",
    "MalformedRecordError",
    "Problem",
    "RecordError",
    "UnsupportedFeatureError",
    "Upstream",
    "UpstreamError",
    "waiting_for_a_key",
]

# Somebody waits who wants to know whether a credential works.
CHECK_SECONDS = 10
# Errors that each further call would only hear again.
OF_THE_ACCOUNT = frozenset(
    {
        "unreachable",
        "no_answer",
        *(f"http_{status}" for status in (401, 403, 429, 503, 529)),
    }
)
# Errors that say more about who asks, and whom, than about what is asked for.
OF_THE_KEY = frozenset(
    {
        "no_credentials",
        *(f"http_{status}" for status in (301, 302, 303, 307, 308, 401, 402, 403, 407)),
    }
)


class UpstreamError(Exception):
    """A call to a provider failed."""

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        code: str = "upstream_error",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.code = code
        self.retry_after = retry_after


class AnswerLostError(UpstreamError):
    """The call may have been carried out though no answer came."""


class InputGoneError(UpstreamError):
    """What was sent ahead for a job is no longer there, so that the job was not submitted."""


@contextmanager
def waiting_for_a_key() -> Iterator[None]:
    """Makes no permanent error of what another key, or another address, may mend."""
    try:
        yield
    except UpstreamError as error:
        error.permanent = error.permanent and error.code not in OF_THE_KEY
        raise


@dataclass(frozen=True)
class Account:
    """One account at a provider, as its upstream needs it."""

    id: str
    secret: str = field(repr=False)
    base_url: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """What one job of a provider takes at the most."""

    records: int
    bytes: int
    one_model: bool


@dataclass(frozen=True)
class JobRequest:
    """What is to be submitted. `id` is ours and travels with it, so that it can be found again.

    `since` is when the first attempt to submit it began. `invocation` is how its records call their
    model, where a provider's jobs must say so. `output_uri`, `role_arn`, `tags` and `timeout_hours` are
    what the client wants of a job at AWS, empty where the credential decides. `known` says whether a
    provider's id is already that of another of our jobs. `goes_on` is asked now and then where submitting
    the job is all of its work, and says whether it is still wanted.
    """

    id: str
    endpoint: str
    completion_window: str
    since: datetime
    model: str = ""
    records: int = 0
    invocation: str = ""
    output_uri: str = ""
    role_arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    timeout_hours: int | None = None
    known: Callable[[str], bool] = field(default=lambda upstream_id: False, compare=False)
    goes_on: Callable[[], bool] = field(default=lambda: True, compare=False)


Content = Callable[[], AbstractContextManager[BinaryIO]]
"""Opens the records of a job, to be read from the start: JSON lines, each with its end."""


@dataclass(frozen=True)
class Problem:
    """Why a provider refused a whole job; `line` counts the job's own lines from 1."""

    code: str
    message: str
    line: int | None = None
    param: str | None = None


@dataclass(frozen=True)
class JobState:
    """What a provider says of a job. `ended` is None while it runs, else one of ENDINGS.

    `raw` is the provider's own word. `files` are the provider's ids of what it wrote.
    """

    upstream_id: str
    raw: str
    ended: str | None = None
    total: int = 0
    completed: int = 0
    failed: int = 0
    files: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    usage: Mapping[str, Any] | None = None


ENDINGS = ("completed", "failed", "expired", "cancelled")


@dataclass(frozen=True)
class Listed:
    """A job as its provider lists it, whoever made it: what is not known is empty.

    Its state may lack what a look at the job alone would tell, such as its files. `endpoint` is in the words
    of our batches. `input_id` is the provider's id of the input, or its address; empty if it came inline.
    `job_id` is the id of ours that the job bears, if it bears any: see JobRequest.
    """

    state: JobState
    made_at: datetime | None
    name: str = ""
    model: str = ""
    endpoint: str = ""
    input_id: str = ""
    job_id: str = ""


class Upstream(ABC):
    """Talks to one account at a provider. Every method may raise UpstreamError."""

    limits: ClassVar[Limits]
    marks_records: ClassVar[bool] = False
    """Whether the ids of the records must carry the job's, since nothing else of ours stays with it."""
    names_invocation: ClassVar[bool] = False
    """Whether a job must say how its records call their model."""
    input_lasts: ClassVar[timedelta | None] = None
    """How old an upload may be at most when its job is submitted."""

    def __init__(self, account: Account) -> None:
        self.account = account

    @staticmethod
    def least_records(options: Mapping[str, Any]) -> int:
        """Of how many records a job must be to cost what batch work does: smaller ones are asked singly."""
        return 0

    @abstractmethod
    def check(self) -> list[str]:
        """Ask once for something cheap, with little patience; what the account still lacks, in words."""

    @abstractmethod
    def upload(self, job: JobRequest, content: Content) -> str:
        """Send a job's records ahead; the provider's id for them, or "" where they travel with the job."""

    @abstractmethod
    def submit(self, job: JobRequest, input_id: str, content: Content) -> JobState:
        """Start the job. Costs money: the caller makes sure that it happens once. Raises InputGoneError."""

    @abstractmethod
    def find(self, job: JobRequest) -> JobState | None:
        """The job, if an earlier submit of it arrived though its answer was lost."""

    @abstractmethod
    def poll(self, upstream_ids: Sequence[str]) -> Iterator[tuple[str, JobState | UpstreamError]]:
        """What became of each: one pair for every id, an error where one could not be told."""

    @abstractmethod
    def jobs(self, since: datetime) -> Iterator[Listed | UpstreamError]:
        """The account's jobs made since then, whoever made them, newest first; an error in place of one that
        makes no sense."""

    @abstractmethod
    def job(self, upstream_id: str) -> Listed:
        """One of them, of any age."""

    @abstractmethod
    def given(self, input_id: str) -> Iterable[bytes]:
        """The records of a job that somebody else made; nothing where the provider keeps them to itself."""

    @abstractmethod
    def cancel(self, upstream_id: str) -> JobState:
        """Ask the provider to stop the job. Harmless if it has ended."""

    @abstractmethod
    def discard(self, input_id: str) -> None:
        """Remove what `upload` sent, and nothing else. Harmless if it is gone."""

    @abstractmethod
    def forget(self, upstream_id: str, files: Mapping[str, str]) -> None:
        """Remove what an ended job wrote, and the job itself where its provider has a call for that.

        Harmless if it is gone, and for what is not ours. A permanent error is about what has to stay.
        """

    @abstractmethod
    def results(self, files: Mapping[str, str]) -> Iterable[bytes]:
        """The bytes of every result the provider wrote, JSON lines in any order."""
