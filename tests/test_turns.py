"""A few at work at once, in the order they came; who waits for a client is not in the way."""

import threading
import time

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from files.buckets import Bucket
from gateway import turns

# Who steps aside looks at the connection to the database, if one is open.
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_else():
    """Servers of earlier tests may still be at work on what nobody waits for any more."""
    deadline = time.monotonic() + 30
    while turns._turns.free < turns.AT_ONCE and time.monotonic() < deadline:
        time.sleep(0.01)
    assert turns._turns.free == turns.AT_ONCE


def test_no_more_are_at_work_than_there_are_turns_and_all_come_to_it():
    at_work, most, done = [0], [0], []

    def view(request):
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        time.sleep(0.005)
        at_work[0] -= 1
        done.append(request)
        return HttpResponse()

    run_at_once(turns.take_turns(view), 20)

    assert len(done) == 20
    assert most[0] <= turns.AT_ONCE


def test_those_who_wait_for_their_clients_hold_nobody_up(rf):
    together = threading.Barrier(turns.AT_ONCE * 3, timeout=5)

    def view(request):
        with turns.stepping_aside():
            together.wait()
        return HttpResponse()

    run_at_once(turns.take_turns(view), turns.AT_ONCE * 3)

    assert not together.broken


def test_to_step_aside_twice_gives_one_turn_back(rf):
    free = []

    def view(request):
        with turns.stepping_aside(), turns.stepping_aside():
            free.append(turns._turns.free)
        free.append(turns._turns.free)
        return HttpResponse()

    turns.take_turns(view)(rf.get("/"))

    assert free == [turns.AT_ONCE, turns.AT_ONCE - 1]
    assert turns._turns.free == turns.AT_ONCE


def test_those_who_wait_for_a_clients_bucket_hold_nobody_up():
    assert Bucket.waiting is turns.stepping_aside


def test_whoever_waits_longest_is_next():
    taken: list[int] = []
    queue = turns.Turns(1)
    queue.take()

    def wait(number: int) -> None:
        queue.take()
        taken.append(number)
        queue.give()

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(queue.waiting) <= number:
            time.sleep(0.001)
    queue.give()
    for thread in threads:
        thread.join(5)

    assert taken == [0, 1, 2, 3, 4]


def test_a_view_that_fails_gives_its_turn_back(rf):
    def view(request):
        raise RuntimeError

    middleware = turns.take_turns(view)
    for _ in range(turns.AT_ONCE + 1):
        try:
            middleware(rf.get("/"))
        except RuntimeError:
            continue


def test_that_the_process_lives_is_told_without_a_turn(rf):
    for _ in range(turns.AT_ONCE):
        turns._turns.take()
    try:
        middleware = turns.take_turns(lambda request: HttpResponse("ok"))
        assert middleware(rf.get("/healthz")).content == b"ok"
    finally:
        for _ in range(turns.AT_ONCE):
            turns._turns.give()


def run_at_once(middleware, count: int) -> None:
    request = RequestFactory().get("/")
    threads = [threading.Thread(target=middleware, args=(request,)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
