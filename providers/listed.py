"""Upstreams whose jobs can be read one by one, or many at once from a list."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from providers.base import (
    OF_THE_ACCOUNT,
    AnswerLostError,
    JobState,
    Listed,
    Upstream,
    UpstreamError,
)

CLOCK_SKEW = timedelta(minutes=10)
NAMED = "bifrost-"
"""What the names of our jobs begin with, where a provider's jobs have names; our id follows."""

Answer = tuple[str, JobState | UpstreamError]


class ListedUpstream(Upstream):
    """Lists come newest first, a page at a time."""

    id_field: ClassVar[str] = "id"

    def page(self, cursor: str, **filters: Any) -> tuple[list[dict[str, Any]], str]:
        """The account's jobs behind the cursor, newest first, and the cursor of the next page; both
        cursors may be "". `filters` are the provider's own. Raises UpstreamError."""
        raise NotImplementedError

    def retrieve(self, upstream_id: str) -> dict[str, Any]:
        """One job. Raises UpstreamError."""
        raise NotImplementedError

    def read(self, job: Mapping[str, Any]) -> JobState:
        """What a job says. Raises UpstreamError for what is none."""
        raise NotImplementedError

    def listed(self, job: Mapping[str, Any]) -> JobState:
        """What a job of the list says. Overridden where the list leaves things out."""
        return self.read(job)

    def accepted(self, job: Mapping[str, Any]) -> JobState:
        """What a job says that was just made. Raises AnswerLostError: to submit it again would cost again."""
        try:
            return self.read(job)
        except UpstreamError as error:
            raise AnswerLostError(error.message, code=error.code) from error

    def created(self, job: Mapping[str, Any]) -> datetime | None:
        """When the provider says that it was made."""
        raise NotImplementedError

    def told(self, job: Mapping[str, Any]) -> Listed:
        """All that a job of the list says. Raises UpstreamError for what is none."""
        raise NotImplementedError

    def pages(self, **filters: Any) -> Iterator[list[dict[str, Any]]]:
        """The account's jobs, newest first. Raises UpstreamError."""
        cursor = ""
        cursors = {cursor}
        while True:
            page, cursor = self.page(cursor, **filters)
            yield page
            if not cursor:
                return
            if cursor in cursors:
                raise UpstreamError("the provider's list has no end", code="malformed_answer")
            cursors.add(cursor)

    def page_of(self, answer: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
        """The jobs of an answer. Raises UpstreamError if it holds no list of them."""
        page = answer.get(field)
        if not isinstance(page, list) or not all(isinstance(job, dict) for job in page):
            raise UpstreamError("the provider's list is no list", code="malformed_answer")
        return page

    def since(self, oldest: datetime, **filters: Any) -> Iterator[dict[str, Any]]:
        """The jobs made since then, and some that are older."""
        for page in self.pages(**filters):
            yield from page
            if page and self.made_before(page[-1], oldest):
                return

    def made_before(self, job: Mapping[str, Any], oldest: datetime) -> bool:
        """Whether a job is surely older. The clocks may differ by CLOCK_SKEW."""
        made = self.created(job)
        return made is not None and made < oldest - CLOCK_SKEW

    def jobs(self, since: datetime) -> Iterator[Listed | UpstreamError]:
        for job in self.since(since):
            try:
                listed = self.told(job)
            except UpstreamError as error:
                yield error
                continue
            if not self.made_before(job, since):
                yield listed

    def job(self, upstream_id: str) -> Listed:
        return self.told(self.retrieve(upstream_id))

    def poll(self, upstream_ids: Sequence[str]) -> Iterator[Answer]:
        wanted = set(upstream_ids)
        try:
            if len(wanted) > 2:
                yield from self._poll_by_list(wanted)
            while wanted:
                upstream_id = wanted.pop()
                answer = self._poll_one(upstream_id)
                yield upstream_id, answer
                _stop_at(answer)
        except UpstreamError as error:
            yield from ((upstream_id, error) for upstream_id in wanted)

    def _poll_by_list(self, wanted: set[str]) -> Iterator[Answer]:
        """Read the list while a page tells of more than one; takes what it tells from `wanted`.

        What a list that makes no sense leaves out is asked for one by one.
        """
        pages = self.pages()
        while wanted:
            try:
                page = next(pages, [])
            except UpstreamError as error:
                if error.permanent or error.code == "malformed_answer":
                    _stop_at(error)
                    return
                raise
            told = {name: job for job in page if (name := self._name_of(job)) in wanted}
            for name, job in told.items():
                wanted.discard(name)
                answer = self._state_or_error(job)
                yield name, answer
                _stop_at(answer)
            if len(told) < 2:
                return

    def _name_of(self, job: Mapping[str, Any]) -> str:
        name = job.get(self.id_field)
        return name if isinstance(name, str) else ""

    def _poll_one(self, upstream_id: str) -> JobState | UpstreamError:
        try:
            return self.read(self.retrieve(upstream_id))
        except UpstreamError as error:
            return error

    def _state_or_error(self, job: Mapping[str, Any]) -> JobState | UpstreamError:
        try:
            return self.listed(job)
        except UpstreamError as error:
            return error


def _stop_at(answer: JobState | UpstreamError) -> None:
    """Raises an error that is not only this job's."""
    if isinstance(answer, UpstreamError) and answer.code in OF_THE_ACCOUNT:
        raise answer
