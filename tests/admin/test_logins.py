"""Log-ins to the admin: how often one may fail, and who counts as the same caller."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"
LIST = "/admin/axes/accessattempt/"
RIGHT = "correct horse battery staple"
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture(autouse=True)
def ann() -> User:
    return User.objects.create_superuser("ann", password=RIGHT)


def log_in(name: str, password: str, address: str = HERE, **headers: str) -> Any:
    form = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address).post(LOGIN, form, headers=headers)


def fail(times: int, name: str = "ann", address: str = HERE, **headers: str) -> list[int]:
    return [log_in(name, f"guess {turn}", address, **headers).status_code for turn in range(times)]


def pass_minutes(minutes: float) -> None:
    for attempt in AccessAttempt.objects.all():
        earlier = attempt.attempt_time - timedelta(minutes=minutes)
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=earlier)


def test_guessing_ends_after_five_failures_and_the_right_password_does_not_help():
    assert fail(8) == [200] * 4 + [429] * 4
    assert log_in("ann", RIGHT).status_code == 429


def test_the_page_says_when_to_try_again():
    fail(5)
    pass_minutes(3)
    page = log_in("ann", RIGHT)
    until = AccessAttempt.objects.get().attempt_time + timedelta(minutes=10)
    assert page.headers["retry-after"] in ("419", "420")
    assert "You can try again in 7 minutes" in page.text
    assert f"at {until:%H:%M:%S} UTC" in page.text


def test_a_good_log_in_works_after_the_pause():
    fail(6)
    pass_minutes(11)
    answer = log_in("ann", RIGHT)
    assert (answer.status_code, answer.headers["location"]) == (302, "/accounts/profile/")


def test_guesses_during_the_pause_do_not_make_it_longer():
    fail(5)
    pass_minutes(9)
    fail(3)
    pass_minutes(2)
    assert log_in("ann", RIGHT).status_code == 302


def test_nobody_is_locked_out_by_what_others_do_elsewhere():
    fail(6)
    assert log_in("ann", RIGHT, ELSEWHERE).status_code == 302
    User.objects.create_superuser("bob", password=RIGHT)
    assert log_in("bob", RIGHT).status_code == 302, "bob shares her address"


def test_many_names_from_one_address_are_one_attack():
    tried = [log_in(f"name-{number}", "password1").status_code for number in range(21)]
    assert tried == [200] * 19 + [429] * 2
    assert log_in("ann", RIGHT).status_code == 429
    assert log_in("ann", RIGHT, ELSEWHERE).status_code == 302


def test_another_browser_is_no_other_caller():
    tried = [
        log_in("ann", "guess", **{"user-agent": f"agent {turn}"}).status_code for turn in range(6)
    ]
    assert tried == [200] * 4 + [429] * 2


def test_a_client_cannot_choose_its_address():
    tried = [
        log_in("ann", "guess", **{"x-forwarded-for": f"198.51.100.{turn}"}).status_code
        for turn in range(6)
    ]
    assert tried == [200] * 4 + [429] * 2
    assert {attempt.ip_address for attempt in AccessAttempt.objects.all()} == {HERE}


@pytest.mark.parametrize(
    ("proxies", "hops", "address"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.3", "203.0.113.9"),
        (2, "203.0.113.9", "203.0.113.9"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "unknown", HERE),
        (1, "203.0.113.9, ", HERE),
    ],
)
def test_behind_a_proxy_the_caller_is_whom_the_proxy_saw(
    settings: Any, proxies: int, hops: str, address: str
):
    settings.BEHIND_PROXY, settings.PROXIES = True, proxies
    fail(1, **{"x-forwarded-for": hops})
    assert AccessAttempt.objects.get().ip_address == address


def test_behind_a_proxy_that_says_nothing_the_caller_is_the_proxy(settings: Any):
    settings.BEHIND_PROXY = True
    fail(1)
    assert AccessAttempt.objects.get().ip_address == HERE


def test_neither_name_nor_password_reaches_log_or_form_data(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG):
        for _ in range(5):
            log_in("my-pass-phrase", "the-other-pass-phrase")
    assert "Locking out" in caplog.text
    assert HERE in caplog.text
    attempt = AccessAttempt.objects.get()
    kept = f"{caplog.text}{attempt.post_data}{attempt.get_data}"
    assert "pass-phrase" not in kept


def test_an_administrator_can_let_somebody_in_at_once(admin_client: Client):
    fail(5)
    assert "192.0.2.1" in admin_client.get(LIST).text
    attempt = AccessAttempt.objects.get()
    page = admin_client.get(f"{LIST}{attempt.pk}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in page.text
    admin_client.post(f"{LIST}{attempt.pk}/delete/", {"post": "yes"})
    assert log_in("ann", RIGHT).status_code == 302


def test_failures_are_shown_as_long_as_they_count(admin_client: Client):
    fail(2)
    pass_minutes(11)
    assert HERE not in admin_client.get(LIST).text


def test_nobody_writes_a_failure_by_hand(admin_client: Client, client_with: Any):
    fail(2)
    url = f"{LIST}{AccessAttempt.objects.get().pk}/change/"
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(url, {"failures_since_start": "0"}).status_code == 403
    viewer = client_with("axes.view_accessattempt")
    assert viewer.get(LIST).status_code == 200
    assert viewer.post(url.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert client_with("batches.view_batch").get(LIST).status_code == 403


def test_what_no_longer_counts_is_forgotten_with_the_next_log_in():
    fail(3)
    pass_minutes(11)
    log_in("ann", RIGHT)
    assert not AccessAttempt.objects.exists()
    assert User.objects.get().last_login > timezone.now() - timedelta(minutes=1)


def test_a_new_password_ends_all_other_sessions(ann: User):
    client = Client(REMOTE_ADDR=HERE)
    client.post(LOGIN, {"username": "ann", "password": RIGHT})
    assert client.get("/admin/").status_code == 200
    ann.set_password("another horse battery staple")
    ann.save()
    assert client.get("/admin/").status_code == 302
