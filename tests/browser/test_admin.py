"""What operators do in the admin, click by click."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE, log_in
from tests.browser.installation import Installation

# Beside the other half of the suite a browser takes its time.
pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]
LISTS = [
    "batches/batch/",
    "batches/job/",
    "batches/outsidejob/",
    "batches/webhook/",
    "batches/delivery/",
    "estimate/",
    "files/file/",
    "providers/workspace/",
    "providers/virtualkey/",
    "providers/credential/",
    "providers/auditevent/",
    "auth/user/",
    "axes/accessattempt/",
]


def shown(page: Page, place: Installation, name: str) -> None:
    """Open the page of a batch."""
    page.goto(f"{place.admin}batches/batch/{core(place.batches[name])}/change/")


def core(batch_id: str) -> str:
    return batch_id.removeprefix("batch_")


def row_of(page: Page, batch_id: str):
    return page.get_by_role("row").filter(has_text=batch_id)


def appearing(page: Page, text: str):
    """A row that a worker brings about, in a list that is asked for until it is there."""
    row, deadline = row_of(page, text), time.monotonic() + 60
    while not row.count() and time.monotonic() < deadline:
        page.wait_for_timeout(500)
        page.reload()
    return row


def act(page: Page, action: str) -> None:
    """Carry out an action of a list with what is ticked."""
    page.locator("select[name=action]").select_option(label=action)
    page.get_by_role("button", name="Run").click()


def fits(page: Page) -> None:
    """Nobody has to scroll sideways."""
    width, room = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert width <= room, f"{page.url} is {width} pixels wide, and the window {room}"


def test_a_wrong_password_stays_outside(opened: Callable[..., Page], place: Installation):
    page = opened(known=False)

    log_in(page, place, "not the passphrase")

    expect(page.get_by_text("Please enter the correct username and password")).to_be_visible()
    page.goto(f"{place.admin}batches/batch/")
    expect(page).to_have_url(re.compile("/login/"))


def test_in_and_out_again(opened: Callable[..., Page], place: Installation):
    page = opened(known=False)

    log_in(page, place)
    expect(page).to_have_title("Overview | Bifrost")
    page.get_by_text("unfold_more").click()
    page.get_by_role("button", name="Log out").click()

    page.goto(place.admin)
    expect(page).to_have_url(re.compile("/login/"))


def test_by_keyboard_alone(opened: Callable[..., Page], place: Installation):
    page = opened(known=False)
    page.goto(place.admin)

    page.get_by_label("Username").focus()
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type("a long enough passphrase")
    page.keyboard.press("Enter")

    expect(page).to_have_title("Overview | Bifrost")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_every_page_fits_in_both_themes(
    opened: Callable[..., Page], place: Installation, width: int, scheme: str
):
    page = opened(width, scheme)
    for address in ["", *LISTS]:
        page.goto(place.admin + address)
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        fits(page)
    for name in place.batches:
        for view in ("change", "records", "clone"):
            page.goto(f"{place.admin}batches/batch/{core(place.batches[name])}/{view}/")
            fits(page)
    dark = page.evaluate("document.documentElement.classList.contains('dark')")
    assert dark == (scheme == "dark")


def test_a_list_is_narrowed_down(page: Page, place: Installation):
    page.goto(f"{place.admin}batches/batch/")
    page.get_by_role("button", name="Filters", exact=True).click()
    page.get_by_role("checkbox", name="Failed", exact=True).check()
    page.get_by_role("button", name="Apply Filters").click()

    expect(row_of(page, place.batches["bad"])).to_be_visible()
    expect(row_of(page, place.batches["good"])).to_have_count(0)


def test_a_batch_is_found_by_its_id(page: Page, place: Installation):
    page.goto(f"{place.admin}batches/batch/")
    page.locator("#searchbar").fill(place.batches["mixed"])
    page.keyboard.press("Enter")

    expect(row_of(page, place.batches["mixed"])).to_be_visible()
    expect(row_of(page, place.batches["good"])).to_have_count(0)


def test_from_the_list_to_the_story_of_a_batch(page: Page, place: Installation):
    page.goto(f"{place.admin}batches/batch/")
    row_of(page, place.batches["mixed"]).get_by_role("link").click()

    expect(page.get_by_role("heading", name=place.batches["mixed"], exact=True)).to_be_visible()
    for told in ("Timeline", "Jobs", "Files"):
        expect(page.get_by_role("heading", name=re.compile(told)).first).to_be_visible()


def test_poll_now(page: Page, place: Installation):
    shown(page, place, "busy")
    page.get_by_role("button", name="Poll now").click()

    expect(page.get_by_text("1 running job will be polled now.")).to_be_visible()


def test_cancel_asks_first(page: Page, place: Installation):
    batch = place.make("[sandbox:seconds=600] Slowly.")
    place.until(batch, "in_progress")
    page.goto(f"{place.admin}batches/batch/{core(batch)}/change/")

    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancel 1 batch?").first).to_be_visible()
    page.get_by_role("button", name="Yes, cancel").click()

    expect(page.get_by_text("1 batch will be cancelled.")).to_be_visible()
    place.until(batch, "cancelled")


def test_many_are_cancelled_from_the_list(page: Page, place: Installation):
    batches = [place.make("[sandbox:seconds=600] Slowly.") for _ in range(2)]
    for batch in batches:
        place.until(batch, "in_progress")
    page.goto(f"{place.admin}batches/batch/")
    for batch in batches:
        row_of(page, batch).get_by_role("checkbox").check()
    act(page, "Cancel")
    page.get_by_role("button", name="Yes, cancel").click()

    expect(page.get_by_text("2 batches will be cancelled.")).to_be_visible()
    for batch in batches:
        place.until(batch, "cancelled")


def test_collect_again(page: Page, place: Installation):
    shown(page, place, "good")
    page.get_by_role("link", name="Collect again").click()
    page.get_by_role("button", name="Yes, collect").click()

    expect(page.get_by_text("1 batch will be collected again.")).to_be_visible()
    place.until(place.batches["good"], "completed")


def test_results_come_as_a_file(page: Page, place: Installation, tmp_path: Path):
    place.until(place.batches["good"], "completed")
    shown(page, place, "good")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Results").click()

    coming.value.save_as(tmp_path / "results")
    lines = (tmp_path / "results").read_text().splitlines()
    assert [json.loads(line)["custom_id"] for line in lines] == ["question-0", "question-1"]


def test_a_key_is_made_shown_once_and_revoked(page: Page, place: Installation):
    page.goto(f"{place.admin}providers/virtualkey/add/")
    page.get_by_label("Name").fill("from the browser")
    page.get_by_label("Workspace").select_option(label="default")
    page.get_by_role("button", name="Save", exact=True).click()

    key = page.get_by_text(re.compile(r"^bf-\S{20,}$")).first
    expect(key).to_be_visible()
    text = key.inner_text()
    page.goto(f"{place.admin}providers/virtualkey/")
    assert text not in page.content()
    row_of(page, "from the browser").get_by_role("checkbox").check()
    act(page, "Revoke the selected keys")
    page.get_by_role("button", name=re.compile("Yes")).click()
    expect(row_of(page, "from the browser")).to_contain_text("revoked")


def test_a_credential_is_tried(page: Page, place: Installation):
    page.goto(f"{place.admin}providers/credential/")
    page.get_by_role("row").filter(has_text="OpenAI").get_by_role("link").first.click()
    page.get_by_role("button", name="Test").click()

    expect(page.get_by_text(re.compile("answers|works", re.IGNORECASE)).first).to_be_visible()


def test_the_overview_says_how_things_are_and_stands_still_when_told_to(
    page: Page, place: Installation
):
    page.goto(place.admin)
    for name in ("Database", "Broker", "Storage", "Beat", "Worker"):
        expect(page.get_by_role("listitem").filter(has_text=name).first).to_contain_text("ok")
    expect(page.locator("canvas").first).to_be_visible()
    page.get_by_text("As a table").first.click()
    expect(page.get_by_role("table").first).to_be_visible()

    page.get_by_role("link", name="7 days").click()
    expect(page).to_have_url(re.compile("period=7d"))
    page.locator("[data-live-toggle]").click()
    expect(page.locator("[data-live-told]").first).to_contain_text("paused")


def test_a_record_side_by_side(page: Page, place: Installation):
    shown(page, place, "mixed")
    page.get_by_role("link", name="question-1").click()
    page.get_by_role("link", name="question-1").click()

    for pane in ("Asked", "Sent", "Answered", "Told"):
        region = page.get_by_role("region", name=re.compile(f"^{pane} ")).first
        expect(region).to_contain_text("question-1" if pane in ("Asked", "Told") else "r0000000001")


def test_what_failed_is_tried_again(page: Page, place: Installation):
    batch = place.make("Fine.", "[sandbox:status=500]")
    place.until(batch, "completed")
    page.goto(f"{place.admin}batches/batch/{core(batch)}/change/")
    page.get_by_role("link", name="Retry failed").click()
    page.get_by_role("button", name=re.compile("Yes")).click()

    expect(page.get_by_text("planned again").first).to_be_visible()
    place.until(batch, "completed")
    page.goto(f"{place.admin}batches/batch/{core(batch)}/change/")
    expect(page.get_by_role("heading", name="Jobs 2")).to_be_visible()


def test_a_clone_goes_to_another_provider(page: Page, place: Installation):
    shown(page, place, "good")
    page.get_by_role("link", name="Clone").click()
    page.get_by_label("Provider").select_option(label="Anthropic")
    page.get_by_label("Model instead of the records' own").fill("claude-haiku-4-5")
    page.get_by_role("button", name="Yes, clone").click()

    page.goto(f"{place.admin}batches/batch/?provider__exact=anthropic")
    # What a list shows of a model is known once a worker has looked at the records.
    expect(appearing(page, "claude-haiku-4-5")).to_be_visible()


def test_a_filter_is_kept_and_a_list_exported(page: Page, place: Installation, tmp_path: Path):
    page.goto(f"{place.admin}batches/batch/?status__exact=failed")
    page.get_by_text("Save this filter").click()
    page.get_by_label("Name", exact=True).fill("what failed")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{place.admin}batches/batch/")
    page.get_by_role("link", name="what failed").click()
    expect(row_of(page, place.batches["bad"])).to_be_visible()
    expect(row_of(page, place.batches["good"])).to_have_count(0)

    with page.expect_download() as coming:
        page.get_by_role("link", name="Export CSV").click()
    coming.value.save_as(tmp_path / "list.csv")
    text = (tmp_path / "list.csv").read_text()
    assert core(place.batches["bad"]) in text
    assert core(place.batches["good"]) not in text
    page.get_by_role("button", name="Delete the saved filter what failed").click()
    expect(page.get_by_role("link", name="what failed")).to_have_count(0)


def test_a_custom_id_finds_its_batch(page: Page, place: Installation):
    page.goto(f"{place.admin}batches/batch/")
    page.locator("#searchbar").fill("custom_id:question-2")
    page.keyboard.press("Enter")

    expect(row_of(page, place.batches["mixed"])).to_be_visible()
    expect(row_of(page, place.batches["good"])).to_have_count(0)


def test_an_estimate_before_anything_is_spent(page: Page, place: Installation):
    line = {
        "custom_id": "one",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Hello"}]},
    }
    page.goto(f"{place.admin}estimate/")
    page.get_by_label("Or records").fill(json.dumps(line))
    for other in ("Anthropic", "Amazon Bedrock", "Google Gemini"):
        page.get_by_role("checkbox", name=other, exact=True).uncheck()
    page.get_by_role("button", name="Estimate").click()

    expect(page.get_by_text(re.compile(r"\$0\.0")).first).to_be_visible()
    fits(page)


def test_jobs_made_elsewhere_are_listed_and_adopted(page: Page, place: Installation):
    upstream = place.elsewhere("Made by somebody else.")
    page.goto(f"{place.admin}batches/outsidejob/")
    page.get_by_role("button", name="Sync now").click()

    appearing(page, upstream[:12]).get_by_role("link").first.click()
    page.get_by_role("link", name=re.compile("Adopt")).click()
    page.get_by_label("Workspace").select_option(label="default")
    page.get_by_role("button", name=re.compile("Yes")).click()
    expect(page.get_by_text("adopted").first).to_be_visible()


def test_a_webhook_gets_a_secret_that_is_shown_once(page: Page, place: Installation):
    page.goto(f"{place.admin}batches/webhook/add/")
    page.get_by_label("Name").fill("listener")
    page.get_by_label("Workspace").select_option(label="default")
    page.get_by_label("Address").fill("http://127.0.0.1:9/hooks")
    page.get_by_role("button", name="Save", exact=True).click()

    secret = page.get_by_text(re.compile(r"^whsec_\S+$")).first
    expect(secret).to_be_visible()
    text = secret.inner_text()
    page.goto(f"{place.admin}batches/webhook/")
    page.get_by_role("row").filter(has_text="listener").get_by_role("link").first.click()
    assert text not in page.content()


def test_the_palette_leads_to_a_batch_by_keyboard_alone(page: Page, place: Installation):
    page.goto(place.admin)
    page.keyboard.press("Control+k")
    page.keyboard.type(place.batches["good"])
    expect(
        page.locator("#command-results-list").get_by_text(place.batches["good"]).first
    ).to_be_visible()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name=place.batches["good"]).first).to_be_visible()


@pytest.mark.parametrize(("width", "open_at_first"), [(NARROW, False), (WIDE, True)])
def test_the_menu_is_opened_and_closed_by_keyboard(
    opened: Callable[..., Page], place: Installation, width: int, open_at_first: bool
):
    page = opened(width)
    page.goto(place.admin)
    item = page.get_by_role("link", name="Audit trail")
    expect(item).to_be_visible(visible=open_at_first)

    page.get_by_role("button", name="Show or hide the menu").focus()
    page.keyboard.press("Enter")

    expect(item).to_be_visible(visible=not open_at_first)


def test_the_theme_is_a_choice(page: Page, place: Installation):
    page.goto(place.admin)
    for word, dark in (("dark_mode", True), ("light_mode", False)):
        page.get_by_text("unfold_more").click()
        page.get_by_text(word).first.click()
        page.goto(place.admin)
        chosen = page.evaluate("document.documentElement.classList.contains('dark')")
        assert chosen is dark
