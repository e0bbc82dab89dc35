"""Look into a batch's records: what was asked, what was sent, what came back, what its client got.

Everything is read from the start of a file and stops at bounds: of bytes, and of the time that whoever looks
will wait. What it shows is text of records: it is for those alone who may see that.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice, repeat

from batches import translate
from batches.models import Batch, Job
from batches.services.jobs import share_of
from batches.services.outcomes import Carriers
from files import services as files
from files.models import File
from providers.records import MalformedRecordError, RecordError, lines, upstream_id
from providers.records.errors import LineTooLongError

ROWS = 25
EXCERPT = 200
LONGEST_LINE = 32 * 2**20


class OutOfBoundsError(Exception):
    """There is more, and it was not read."""


class Bounds:
    """How much may be read, of all files together, and for how long."""

    def __init__(self, *, seconds: float = 5, size: int = 2**30) -> None:
        self.deadline = time.monotonic() + seconds
        self.left = size

    def watch(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The chunks. Raises OutOfBoundsError before one too many."""
        for chunk in chunks:
            self.left -= len(chunk)
            if self.left < 0 or time.monotonic() > self.deadline:
                raise OutOfBoundsError
            yield chunk

    def lines(self, file: File | None) -> Iterator[bytes]:
        """Raises OutOfBoundsError, also for a line that is too long to be shown, and StoreError."""
        if file is None or file.status != File.Status.STORED:
            return
        try:
            for _, line in lines(self.watch(files.stream(file)), longest=LONGEST_LINE):
                yield line
        except LineTooLongError:
            raise OutOfBoundsError from None
        except FileNotFoundError:
            return


@dataclass(frozen=True)
class Row:
    """One record in a list. `answered` is None as long as nothing is told of it."""

    number: int
    custom_id: str
    model: str
    asked: str
    answered: bool | None = None
    told: str = ""


@dataclass
class Page:
    """Some records in their order, from the first one wanted. `onward` is where the next page begins."""

    rows: list[Row] = field(default_factory=list)
    looked_at: int = 0
    onward: int | None = None
    cut: bool = False


@dataclass(frozen=True)
class Wanted:
    """Which records: from `start` on, those that failed alone, or the one of a custom_id."""

    start: int = 0
    failed: bool = False
    custom_id: str = ""

    def may_be(self, line: bytes) -> bool:
        """Told by the bytes of a line, which is cheap."""
        plain = self.custom_id.isascii() and self.custom_id.isalnum()
        return not plain or self.custom_id.encode() in line

    def fits(self, row: Row) -> bool:
        if self.failed and row.answered is not False:
            return False
        return not self.custom_id or row.custom_id == self.custom_id


def look(batch: Batch, wanted: Wanted, *, rows: int = ROWS, bounds: Bounds | None = None) -> Page:
    """A page of records. Raises StoreError."""
    bounds = bounds or Bounds()
    page = Page()
    try:
        source = input_within(batch, bounds)
        for number, line, told in _numbered(batch, source, bounds):
            page.looked_at = number + 1
            if number < wanted.start or not wanted.may_be(line):
                continue
            row = _row(source, number, line, told)
            if not wanted.fits(row):
                continue
            if len(page.rows) == rows:
                page.onward = number
                break
            page.rows.append(row)
    except OutOfBoundsError:
        page.cut = True
        page.onward = page.looked_at if page.looked_at > wanted.start else None
    except FileNotFoundError:
        pass
    return page


@dataclass(frozen=True)
class Look:
    """One record: its lines where there are any, and else why there is none."""

    number: int
    custom_id: str
    asked: bytes
    sent: bytes | str
    answered: bytes | str
    told: bytes | str
    job: Job | None = None


def look_at(batch: Batch, number: int, *, bounds: Bounds | None = None) -> Look | None:
    """None if there is no such record. Raises StoreError and OutOfBoundsError."""
    bounds = bounds or Bounds()
    source = input_within(batch, bounds)
    jobs = list(batch.jobs.select_related("credential", "raw_results").order_by("ordinal"))
    found = next(islice(_numbered(batch, source, bounds), number, None), None)
    if found is None:
        return None
    _, line, told = found
    got: bytes | str = told if told is not None else "Nothing yet: its results are not written."
    try:
        record = source.translation.open(line)
        job = Carriers(jobs).job_of(number, source.model_of(record))
        name = _name(job, number, record.custom_id) if job else upstream_id(number)
        sent: bytes | str = source.translation.request(record, name)
    except RecordError as error:
        why = f"Not sent: {error.message}"
        return Look(number, "", line, why, "Nothing: it was not sent.", got)
    if batch.stand_in:
        sent = "Not known: somebody else sent it, and this was made of its result."
    answers = _answer(batch, jobs, number, record.custom_id, bounds)
    answered, job = answers or ("Nothing of it is here.", job)
    return Look(number, record.custom_id or "", line, sent, answered, got, job)


def input_within(batch: Batch, bounds: Bounds) -> translate.Input:
    """Raises FileNotFoundError, StoreError and OutOfBoundsError."""
    chunks = bounds.watch(files.stream(batch.input_file))
    try:
        return translate.Input(chunks, provider=batch.provider, model=batch.model_override)
    except LineTooLongError:
        raise OutOfBoundsError from None


def _numbered(
    batch: Batch, source: translate.Input, bounds: Bounds
) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Each line of the input with its number and the line that tells of it, if it is written: a file of all
    results has one for each, in the same order."""
    told: Iterator[bytes | None] = chain(bounds.lines(batch.results_file), repeat(None))
    try:
        for number, ((_, line), result) in enumerate(zip(source.lines, told, strict=False)):
            yield number, line, result
    except LineTooLongError:
        raise OutOfBoundsError from None


def _row(source: translate.Input, number: int, line: bytes, told: bytes | None) -> Row:
    try:
        record = source.translation.open(line)
        custom_id, model = record.custom_id or "", source.model_of(record)
    except RecordError:
        custom_id = model = ""
    return Row(number, custom_id, model, _excerpt(line), _answered(source, told), _excerpt(told))


def _answered(source: translate.Input, told: bytes | None) -> bool | None:
    if told is None:
        return None
    try:
        return source.dialect.open_result(told).succeeded
    except MalformedRecordError:
        return None


def _excerpt(line: bytes | None) -> str:
    return (line or b"")[:EXCERPT].decode(errors="replace")


def _name(job: Job, number: int, custom_id: str | None) -> str:
    """What a record is called at its provider."""
    return (custom_id or "") if job.adopted else share_of(job).mark + upstream_id(number)


def _answer(
    batch: Batch, jobs: list[Job], number: int, custom_id: str | None, bounds: Bounds
) -> tuple[bytes, Job] | None:
    """What the provider says of a record, as it counts: the newest answer, or else the newest failure."""
    dialect = translate.dialect_of(batch.provider)
    failure: tuple[bytes, Job] | None = None
    for job in reversed(jobs):
        share = share_of(job)
        name = _name(job, number, custom_id)
        if not share.has(number):
            continue
        for line in bounds.lines(job.raw_results):
            # Others choose names that JSON may write in several ways.
            if not job.adopted and name.encode() not in line:
                continue
            try:
                result = dialect.open_result(line)
            except MalformedRecordError:
                continue
            if result.id == name:
                if result.succeeded:
                    return line, job
                failure = failure or (line, job)
                break
    return failure
