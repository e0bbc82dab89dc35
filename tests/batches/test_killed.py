"""A worker may die between any two instructions: nothing is lost, nothing is submitted twice.

A child process takes the steps of a batch and is killed before a statement to the database, once for
each that follows something others can see: a row that was committed, a request, a file. Another worker
then finishes.
"""

import os
import sys
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from batches import services
from batches.models import Batch, Job
from files.models import File, UpstreamFile
from providers.bedrock.storage import Storage
from tests.batches.conftest import directly, every_provider, line, live, results, revive

# A worker dies some twenty times in a test, and another takes over each time.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]

KILLED, DONE = 9, 0
MANY = 400
TRACES = {"http.client.send", "os.rename", "os.remove", "os.truncate"}
SILENT = ("SELECT", "BEGIN", "SAVEPOINT", "RELEASE")
WRITING = os.O_WRONLY | os.O_RDWR


class Assassin:
    """Ends the process, as `kill -9` does, before a statement, when it has left so many traces.

    Where nothing happened since the statement before, it would die the same death again.
    """

    def __init__(self, traces: int) -> None:
        self.left = traces
        self.traced = True
        sys.addaudithook(self.watch)

    def watch(self, event: str, given: tuple) -> None:
        writes = event == "open" and isinstance(given[2], int) and given[2] & WRITING
        if writes or event in TRACES:
            self.trace()

    def trace(self) -> None:
        self.traced = True

    def __call__(self, execute, sql, params, many, context):
        if self.traced:
            self.traced = False
            self.left -= 1
            if self.left < 0:
                os._exit(KILLED)
        result = execute(sql, params, many, context)
        if not sql.startswith(SILENT):
            transaction.on_commit(self.trace)
        return result


def in_a_child(steps, *, killed_after: int) -> int:
    """Take the steps in a process that dies; returns its exit code."""
    for one in connections.all():
        one.close()
        if getattr(one, "pool", None):
            one.close_pool()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with connection.execute_wrapper(Assassin(killed_after)):
                steps()
            code = DONE
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_everywhere(make_batch, steps, check) -> int:
    """Kill the steps after each of their traces, finish, and check; returns how often it was killed."""
    for traces in range(MANY):
        batch = make_batch()
        code = in_a_child(lambda batch=batch: steps(batch), killed_after=traces)
        assert code in (KILLED, DONE)
        revive()
        batch.refresh_from_db()
        check(live(batch) if not batch.ended else batch)
        if code == DONE:
            return traces
    raise AssertionError("the steps never came to an end")


LINES = [line(0), line(1, "[sandbox:status=400]"), line(2)]


def is_complete(batch: Batch) -> bool:
    output, errors = results(batch)
    answered = [one["custom_id"] for one in output], [one["custom_id"] for one in errors]
    return batch.status == Batch.Status.COMPLETED and answered == (["c-0", "c-2"], ["c-1"])


@every_provider
def test_killed_anywhere_in_its_life_it_is_submitted_once_and_completes(make, sandbox):
    submitted = 0

    def check(batch: Batch) -> None:
        nonlocal submitted
        submitted += 1
        assert is_complete(batch)
        assert sandbox.count("batches.create") == sandbox.jobs_made() == submitted

    assert kill_everywhere(lambda: make(LINES), live, check) > 15


@directly
def test_killed_anywhere_while_records_are_asked_for_each_is_paid_for_once(make, sandbox):
    submitted = 0

    def check(batch: Batch) -> None:
        nonlocal submitted
        submitted += 1
        assert is_complete(batch)
        assert sandbox.count("models.invoke") == submitted * len(LINES)

    steps = kill_everywhere(lambda: make(LINES), lambda batch: services.advance(batch.pk), check)

    assert steps > 8


@directly
@pytest.mark.parametrize("kept", range(4))
def test_killed_between_two_records_only_the_one_under_way_is_asked_again(
    make, sandbox, credential, monkeypatch, kept
):
    credential.options |= {"at_once": 1}
    credential.save()
    batch = make(LINES)
    put, left = Storage.put, iter(range(kept))

    def put_or_die(self, place, body):
        if next(left, None) is None:
            os._exit(KILLED)
        put(self, place, body)

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "put", put_or_die)
        assert in_a_child(lambda: services.advance(batch.pk), killed_after=MANY) == KILLED
    revive()

    assert is_complete(live(batch))
    again = kept < len(LINES)
    assert sandbox.count("models.invoke") == len(LINES) + again


@every_provider
def test_killed_anywhere_in_a_cancel_nothing_stays_running(make, sandbox):
    batches = 0

    def half_way() -> Batch:
        nonlocal batches
        batches += 1
        batch = make([line(0, "[sandbox:seconds=1]"), line(1)])
        services.advance(batch.pk)
        return services.cancel(Batch.objects.get(pk=batch.pk))

    def check(batch: Batch) -> None:
        assert batch.status == Batch.Status.CANCELLED
        output, errors = results(batch)
        assert len(output) + len(errors) == 2
        assert {job.status for job in batch.jobs.all()} <= {
            Job.Status.COLLECTED,
            Job.Status.DROPPED,
        }
        assert {job.ending for job in batch.jobs.all()} <= {"cancelled", "completed"}
        assert sandbox.jobs_made() == batches

    assert kill_everywhere(half_way, lambda batch: services.advance(batch.pk), check) >= 5


def test_killed_anywhere_in_its_creation_there_is_no_half_a_batch(make, workspace):
    before = make(1)

    def create() -> None:
        services.create(
            workspace=workspace,
            input_file=before.input_file,
            repeat=services.Repeat(digest="same"),
            fields={
                "surface": "openai",
                "provider": "openai",
                "endpoint": "/v1/chat/completions",
                "completion_window": "24h",
            },
        )

    for traces in range(MANY):
        code = in_a_child(create, killed_after=traces)
        made = Batch.objects.filter(request_digest="same")
        if code == DONE:
            break
        assert not made.exists()
    assert made.get().events.count() == 1


def test_killed_anywhere_while_copies_are_removed_none_is_left(make, sandbox):
    def remove(batch: Batch) -> None:
        for credential_id in services.credentials_with_leftovers():
            services.discard(credential_id)

    def check(batch: Batch) -> None:
        remove(batch)
        assert not UpstreamFile.objects.exists()

    assert kill_everywhere(lambda: live(make(1)), remove, check) > 3


OF_SUBMISSIONS = [
    {"operation": "batches.create", "drop": "after"},
    {"operation": "batches.create", "drop": "before"},
    {"operation": "batches.create", "drop": "midway"},
    {"operation": "batches.create", "status": 500},
    {"operation": "batches.create", "status": 529},
    {"operation": "batches.create", "status": 429, "retry_after": 0.01},
    {"operation": "batches.retrieve", "drop": "before", "times": 6},
    {"operation": "batches.list", "status": 500, "times": 6},
]
# What only some providers have.
OF_FILES = {
    "openai": [
        {"operation": "files.create", "drop": "after"},
        {"operation": "files.create", "status": 500},
        {"operation": "files.content", "drop": "midway"},
        {"operation": "files.content", "status": 503, "times": 6},
    ],
    "anthropic": [
        {"operation": "batches.results", "drop": "midway"},
        {"operation": "batches.results", "status": 503, "times": 6},
    ],
    "gemini": [
        {"operation": "files.create", "drop": "after"},
        {"operation": "files.upload", "drop": "before"},
        {"operation": "files.upload", "drop": "after"},
        {"operation": "files.upload", "status": 500},
        {"operation": "files.retrieve", "status": 503, "times": 6},
        {"operation": "files.content", "drop": "midway"},
        {"operation": "files.content", "status": 503, "times": 6},
    ],
    "bedrock": [
        {"operation": "objects.put", "drop": "after"},
        {"operation": "objects.put", "status": 500, "times": 6},
        {"operation": "objects.get", "drop": "midway"},
        {"operation": "objects.get", "status": 503, "times": 6},
        {"operation": "objects.list", "status": 503, "times": 6},
    ],
}


@pytest.mark.parametrize(
    ("provider", "fault"),
    [
        pytest.param(provider, fault, id=" ".join([provider, *map(str, fault.values())]))
        for provider, faults in OF_FILES.items()
        for fault in [*OF_SUBMISSIONS, *faults]
    ],
    indirect=["provider"],
)
def test_whatever_the_provider_does_it_is_submitted_once(make, sandbox, fault):
    sandbox.fault(**fault)

    batch = live(make(3))

    assert batch.status == Batch.Status.COMPLETED
    assert len(results(batch)[0]) == 3
    assert sandbox.jobs_made() == 1


@every_provider
@pytest.mark.parametrize("drop", ["before", "after", "midway"])
def test_killed_and_unheard_it_is_submitted_once(make, sandbox, drop):
    """The answer is lost, the worker dies before it can say so, and the next one is not answered either."""
    batch = make(3)
    sandbox.fault(operation="batches.create", drop=drop)
    sandbox.fault(operation="batches.list", status=503, times=6)
    for traces in range(MANY):
        if in_a_child(lambda: services.advance(batch.pk), killed_after=traces) == DONE:
            break
        revive()
        if sandbox.count("batches.create"):
            break
    # So many tries would make it wait for long.
    Batch.objects.update(attempts=0)

    batch = live(batch)

    assert batch.status == Batch.Status.COMPLETED
    assert len(results(batch)[0]) == 3
    assert sandbox.jobs_made() == 1


def test_killed_anywhere_while_it_lets_go_of_what_is_old_it_ends_with_nothing(make, workspace):
    workspace.keep_inputs_days = workspace.keep_rows_days = 1
    workspace.save()
    batch = live(make())
    later = timezone.now() + timedelta(days=2)

    def turn() -> None:
        services.retain(later)
        services.expire()
        services.discard(credential)

    credential = batch.jobs.get().credential_id
    times = 0
    while in_a_child(turn, killed_after=times) == KILLED:
        times += 1
        assert times < MANY
    for _ in range(3):
        turn()

    assert times > 5
    assert not Batch.objects.exists()
    assert not UpstreamFile.objects.exists()
    assert not File.objects.exclude(status=File.Status.DELETED).exists()
