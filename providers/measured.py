"""An upstream whose calls are counted, timed and traced."""

import time
from collections.abc import Callable, Iterator
from typing import Any, cast

from providers import tracing
from providers.base import OF_THE_ACCOUNT, Account, Upstream, UpstreamError
from providers.calls import outcome_of, tally

OPERATIONS = frozenset(
    name for name, value in vars(Upstream).items() if callable(value) and not name.startswith("_")
)


def measured(provider: str, account: Account, upstream: Upstream) -> Upstream:
    return cast(Upstream, _Measured(provider, account, upstream))


class _Measured:
    """Is what it measures in all but the calls to the provider."""

    def __init__(self, provider: str, account: Account, upstream: Upstream) -> None:
        self._provider = provider
        self._account = account
        self._upstream = upstream

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._upstream, name)
        return self._counting(name, found) if name in OPERATIONS else found

    def _counting(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            call = _Call(self._provider, self._account.id, name)
            try:
                with call:
                    answer = method(*arguments, **named)
            except BaseException as error:
                call.end(error)
                raise
            if isinstance(answer, Iterator):
                return call.through(answer)
            call.end(None)
            return answer

        return counted


class _Call:
    """One call, be its answer one thing or many that come one by one. What their taker does meanwhile is not
    counted as the provider's time."""

    def __init__(self, provider: str, account: str, operation: str) -> None:
        self._who = (provider, account, operation)
        self._seconds = 0.0
        self._began = 0.0
        self._told = False
        self._trouble: UpstreamError | None = None
        about = {"bifrost.provider": provider, "bifrost.operation": operation}
        self._span = tracing.begin(f"{operation} at {provider}", about)

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *raised: object) -> None:
        self._seconds += time.perf_counter() - self._began

    def through(self, answers: Iterator[Any]) -> Iterator[Any]:
        try:
            while True:
                with self:
                    answer = next(answers, self)
                if answer is self:
                    break
                self._hear(answer)
                yield answer
        except BaseException as error:
            self.end(error)
            raise
        finally:
            if close := getattr(answers, "close", None):
                close()
        self.end(self._trouble)

    def end(self, error: BaseException | None) -> None:
        outcome = outcome_of(error)
        provider, account, operation = self._who
        tally.add(provider, account, operation, self._seconds, outcome)
        if isinstance(error, UpstreamError):
            tally.failed(account, error)
        if self._span:
            self._span.end(outcome if error else "")

    def _hear(self, answer: Any) -> None:
        """Some answers are errors: the call failed if nothing else was told, or the account is at fault."""
        said = answer[1] if isinstance(answer, tuple) else answer
        if not isinstance(said, UpstreamError):
            self._told = True
            if self._trouble and self._trouble.code not in OF_THE_ACCOUNT:
                self._trouble = None
        elif not self._told or said.code in OF_THE_ACCOUNT:
            self._trouble = self._trouble or said
