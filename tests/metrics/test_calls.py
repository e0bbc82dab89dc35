"""Calls to providers are counted by how they ended and how long they took, whichever process makes them."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from providers import calls, registry
from providers.base import AnswerLostError, JobState, Upstream, UpstreamError
from providers.measured import OPERATIONS, measured
from providers.models import CredentialHealth, UpstreamCalls
from tests.admin import make

REFUSED = UpstreamError("No such key.", permanent=True, code="http_401")
ODD = UpstreamError("No such job.", permanent=True, code="http_404")
RUNS = JobState("batch_1", "in_progress")


class Provider:
    """Answers as it is told, be it with an error."""

    limits = "limits"
    answer: Any = None
    errors: tuple[BaseException, ...] = ()

    def _answer(self, *asked: Any) -> Any:
        for error in self.errors:
            raise error
        return self.answer

    submit = cancel = _answer

    def poll(self, upstream_ids: Any) -> Iterator[Any]:
        yield from self.answer
        self._answer()

    results = poll


@pytest.fixture
def tally(monkeypatch: pytest.MonkeyPatch) -> calls.Tally:
    tally = calls.Tally()
    monkeypatch.setattr("providers.measured.tally", tally)
    return tally


def upstream(answer: Any = None, *errors: BaseException, account: Any = None) -> Any:
    provider: Any = Provider()
    provider.answer, provider.errors = answer, errors
    return measured("openai", account or make.credential().account, provider)


def counted(tally: calls.Tally) -> dict[tuple[str, str], int]:
    tally.save()
    found: dict[tuple[str, str], int] = {}
    for row in UpstreamCalls.objects.all():
        key = (row.operation, row.outcome)
        found[key] = found.get(key, 0) + row.count
    return found


pytestmark = pytest.mark.django_db


def test_what_providers_can_be_asked_is_what_is_counted():
    assert Upstream.__abstractmethods__ <= OPERATIONS
    account = make.credential(base_url="https://api.openai.com/v1").account
    asked = registry.upstream("openai", account)
    assert (asked.limits.records, asked.host) == (50_000, "api.openai.com")


def test_calls_are_added_to_the_sums(tally: calls.Tally):
    asked = upstream(RUNS)
    assert asked.limits == "limits"
    assert asked.submit("job", "", None) is RUNS
    assert counted(tally) == {("submit", "ok"): 1}
    asked.submit("job", "", None)
    asked.cancel("batch_1")
    assert counted(tally) == {("submit", "ok"): 2, ("cancel", "ok"): 1}
    assert counted(tally) == {("submit", "ok"): 2, ("cancel", "ok"): 1}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (REFUSED, "http_401"),
        (AnswerLostError("None came.", code="no_answer"), "no_answer"),
        (UpstreamError("x", code="Odd Code: \n" + "x" * 99), "odd_code_" + "x" * 31),
        (KeyError("lost"), "broken_off"),
    ],
)
def test_errors_are_told_by_their_codes(tally: calls.Tally, error: Exception, outcome: str):
    with pytest.raises(type(error)):
        upstream(None, error).submit("job", "", None)
    assert counted(tally) == {("submit", outcome): 1}


@pytest.mark.parametrize(
    ("answers", "errors", "outcome"),
    [
        ([("a", RUNS), ("b", RUNS)], (), "ok"),
        ([], (), "ok"),
        ([("a", RUNS), ("b", ODD)], (), "ok"),
        ([("a", ODD), ("b", RUNS)], (), "ok"),
        ([("a", ODD), ("b", ODD)], (), "http_404"),
        ([("a", RUNS), ("b", REFUSED)], (), "http_401"),
        ([("a", RUNS)], (REFUSED,), "http_401"),
        ([ODD, RUNS], (), "ok"),
        ([ODD, ODD], (), "http_404"),
    ],
)
def test_many_answers_are_one_call(
    tally: calls.Tally, answers: list[Any], errors: Any, outcome: str
):
    polled = upstream(answers, *errors).poll(["a", "b"])
    if errors:
        with pytest.raises(UpstreamError):
            list(polled)
    else:
        assert list(polled) == answers
    assert counted(tally) == {("poll", outcome): 1}


def test_who_stops_listening_is_not_the_providers_fault(tally: calls.Tally):
    results = upstream([b"a", b"b"]).results({})
    next(results)
    results.close()
    assert counted(tally) == {("results", "broken_off"): 1}


def test_the_takers_time_is_not_the_providers(tally: calls.Tally, monkeypatch: pytest.MonkeyPatch):
    now = [0.0]
    monkeypatch.setattr("providers.measured.time.perf_counter", lambda: now[0])
    for _ in upstream([b"a", b"b"]).results({}):
        now[0] += 60
    counted(tally)
    assert UpstreamCalls.objects.get().milliseconds == 0


@pytest.mark.parametrize(
    ("seconds", "length"), [(0, 0), (0.001, 0), (0.002, 1), (0.003, 2), (1.024, 10), (1e9, 20)]
)
def test_lengths_are_powers_of_two(tally: calls.Tally, seconds: float, length: int):
    tally.add("openai", "none", "poll", seconds, "ok")
    counted(tally)
    assert UpstreamCalls.objects.get().length == length


def test_the_health_of_an_account(tally: calls.Tally):
    credential = make.credential()
    fine, refused, odd = (
        upstream(RUNS, *errors, account=credential.account) for errors in ((), (REFUSED,), (ODD,))
    )
    with pytest.raises(UpstreamError):
        odd.cancel("batch_1")
    counted(tally)
    assert not CredentialHealth.objects.exists()
    with pytest.raises(UpstreamError):
        refused.cancel("batch_1")
    counted(tally)
    health = CredentialHealth.objects.get()
    assert (health.code, health.message, health.ok_at) == ("http_401", "No such key.", None)
    fine.cancel("batch_1")
    counted(tally)
    health.refresh_from_db()
    assert health.ok_at > health.failed_at
    assert health.code == "http_401"


def test_of_a_credential_that_is_gone_nothing_is_kept(tally: calls.Tally):
    credential = make.credential()
    asked = upstream(RUNS, account=credential.account)
    asked.cancel("batch_1")
    credential.delete()
    assert counted(tally) == {("cancel", "ok"): 1}
    assert not CredentialHealth.objects.exists()


def test_sums_are_not_written_in_the_transaction_of_others(tally: calls.Tally):
    tally.add("openai", "none", "poll", 1, "ok")
    assert connection.in_atomic_block
    tally.flush(every=0)
    assert not UpstreamCalls.objects.exists()
    assert counted(tally) == {("poll", "ok"): 1}


def test_they_are_written_every_few_seconds_at_the_most(
    tally: calls.Tally, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(calls, "connection", SimpleNamespace(in_atomic_block=False))
    saved: list[int] = []
    monkeypatch.setattr(tally, "save", lambda: saved.append(1))
    tally.flush(every=3600)
    tally.add("openai", "none", "poll", 1, "ok")
    tally.flush(every=3600)
    tally.flush(every=3600)
    assert saved == [1]
    tally.flush(every=0)
    assert saved == [1, 1]


def test_words_of_providers_are_not_counted_without_end(
    tally: calls.Tally, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(calls, "MOST_KINDS", 2)
    for code in "abcd":
        tally.add("openai", "none", "poll", 1, code)
    assert counted(tally) == {("poll", "a"): 1, ("poll", "b"): 1, ("poll", "other"): 2}


def test_a_database_that_fails_costs_counts_and_no_more(
    tally: calls.Tally, caplog: pytest.LogCaptureFixture
):
    tally.add("openai", "none", "poll", 1, "ok")
    with connection.cursor() as cursor:
        cursor.execute('ALTER TABLE "providers_upstreamcalls" RENAME TO "away"')
    try:
        tally.save()
    finally:
        with connection.cursor() as cursor:
            cursor.execute('ALTER TABLE "away" RENAME TO "providers_upstreamcalls"')
    assert "not counted" in caplog.text
