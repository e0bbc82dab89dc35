"""The pictures of the README and the docs: `make screenshots` writes them into docs/images/."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser import chromium
from tests.browser.conftest import HEIGHT, NARROW, WIDE, log_in
from tests.browser.installation import Installation, furnished
from tests.stack import ROOT

IMAGES = ROOT / "docs/images"
# Long pages say enough with their beginning.
TALLEST = 1500


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, furnished(Path(folder)) as place:
        fill(place)
        with chromium.started() as browser:
            for name, path, width, scheme in pictures(place):
                take(browser, place, name, path, width, scheme)


def fill(place: Installation) -> None:
    """Write a month of work beside the batches that are there."""
    environment = {**os.environ, **place.stack.environment, "BIFROST_ENV_FILE": os.devnull}
    command = [sys.executable, "-m", "tests.plausible"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def pictures(place: Installation) -> list[tuple[str, str, int, str]]:
    """Name, page, width and theme of each."""
    mixed = place.batches["mixed"].removeprefix("batch_")
    return [
        ("overview", "", WIDE, "light"),
        ("overview-dark", "", WIDE, "dark"),
        ("overview-narrow", "", NARROW, "light"),
        ("batches", "batches/batch/", WIDE, "light"),
        ("batch", f"batches/batch/{mixed}/change/", WIDE, "light"),
        ("record", f"batches/batch/{mixed}/record/?start=1", WIDE, "light"),
    ]


def take(
    browser: Browser, place: Installation, name: str, path: str, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    log_in(page, place)
    page.goto(place.admin + path, wait_until="networkidle")
    save(page, IMAGES / f"{name}.png", width)
    context.close()


def save(page: Page, path: Path, width: int) -> None:
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    page.set_viewport_size({"width": width, "height": height})
    # Charts are drawn anew.
    page.wait_for_timeout(1500)
    page.screenshot(path=path)
    print(f"{path.relative_to(ROOT)}: {width} x {height}")


if __name__ == "__main__":
    main()
