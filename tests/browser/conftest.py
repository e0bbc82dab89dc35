"""A real browser on a real installation. What a page does wrong on the way fails its test."""

import os
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
)

from tests.browser import chromium
from tests.browser.installation import NAME, PASSWORD, Installation, furnished

WIDE, NARROW = 1440, 375
HEIGHT = 900
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with furnished(tmp_path_factory.mktemp("browser")) as place:
        yield place


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not chromium.path():
        missing = "Chromium is not installed: apt-get install chromium, or name it in CHROMIUM"
        if os.environ.get("CI"):
            raise AssertionError(missing)
        pytest.skip(missing)
    with chromium.started() as browser:
        yield browser


@pytest.fixture(scope="session")
def session(browser: Browser, place: Installation) -> dict:
    """The cookies of whoever has logged in."""
    context = browser.new_context()
    page = context.new_page()
    log_in(page, place)
    state = context.storage_state()
    context.close()
    return state


def log_in(page: Page, place: Installation, password: str = PASSWORD) -> None:
    page.goto(place.admin)
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


@pytest.fixture
def opened(browser: Browser, session: dict) -> Iterator[Callable[..., Page]]:
    """Opens a page that is `width` pixels wide, as an admin who is logged in unless told otherwise."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_page(width: int = WIDE, scheme: str = "light", *, known: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHT},
            color_scheme=scheme,
            storage_state=session if known else None,
            accept_downloads=True,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        watch(page, wrong)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def watch(page: Page, wrong: list[str]) -> None:
    """Note errors of scripts, what the policy of the page forbids, and whatever goes to other hosts."""

    def told(message: ConsoleMessage) -> None:
        if message.type == "error":
            wrong.append(f"console: {message.text}")

    def asked(request: Request) -> None:
        if urlsplit(request.url).hostname not in (None, "", "127.0.0.1"):
            wrong.append(f"asked for {request.url}")

    def answered(response: Response) -> None:
        if response.status >= 500:
            wrong.append(f"{response.status} of {response.url}")

    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("console", told)
    page.on("request", asked)
    page.on("response", answered)


@pytest.fixture
def page(opened: Callable[..., Page]) -> Page:
    return opened()
