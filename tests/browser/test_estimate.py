"""An estimate, as an operator asks for one."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE
from tests.browser.installation import Installation
from tests.browser.test_admin import fits
from tests.estimate.conftest import jsonl, record

pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]
AUDIO = {"audio": {"voice": "alloy", "format": "wav"}, "modalities": ["text", "audio"]}
RECORDS = jsonl(record(0, logit_bias={"1": 1}, max_tokens=50), record(1, **AUDIO)).decode()


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_records_are_pasted_and_their_price_is_told(
    opened: Callable[..., Page], place: Installation, width: int, scheme: str, tmp_path: Path
):
    page = opened(width, scheme)
    page.goto(f"{place.admin}estimate/")
    fits(page)
    page.get_by_label("Or records").fill(RECORDS)
    page.get_by_label("Model at Anthropic").fill("claude-sonnet-4-5")
    page.get_by_label("Google Gemini", exact=True).uncheck()

    page.get_by_role("button", name="Estimate", exact=True).click()

    claude = page.locator("section").filter(has=page.get_by_role("heading", name="Anthropic"))
    for told in ("refuses some", "c-1", "modalities", "logit_bias", "$"):
        expect(claude.get_by_text(told).first).to_be_visible()
    expect(page.get_by_role("heading", name="OpenAI", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Google Gemini")).to_have_count(0)
    expect(page.get_by_label("Model at Anthropic")).to_have_value("claude-sonnet-4-5")
    fits(page)

    with page.expect_download() as download:
        page.get_by_role("button", name="Download every refused record").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert {json.loads(line)["custom_id"] for line in lines} == {"c-1"}
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/estimate-{width}.png", full_page=True)
