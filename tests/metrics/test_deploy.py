"""The board and the rules ask for numbers that there are, in sentences that have an end."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from batches.models import Heartbeat, Spend, UsageHour
from providers.models import CredentialHealth, UpstreamCalls
from tests.admin import make

pytestmark = pytest.mark.django_db
# Schemathesis brings it, without types.
yaml: Any = pytest.importorskip("yaml")
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
BOARD = json.loads((DEPLOY / "grafana/bifrost.json").read_text())
RULES = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())
NAME = re.compile(r"\bbifrost_[a-z_]+")
# Label sets and strings hold names that are none of a metric's.
QUOTED = re.compile(r'"[^"]*"')
PAIRS = {")": "(", "]": "[", "}": "{"}
LABELS = re.compile(r"\b(?:by|without|on) \(([^)]*)\)|([a-z_]+)\s*(?:=~|!~|!=|=)\"")


def alerts() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in alerts())
    for panel in BOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    for variable in BOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["definition"]


@pytest.fixture
def told(client: Client) -> str:
    """All that `/metrics` ever tells, by one of each."""
    now = timezone.now()
    workspace = make.workspace()
    workspace.monthly_budget = 5
    workspace.save()
    Spend.objects.create(owner=workspace.pk, month=now.date().replace(day=1), spent=1)
    Heartbeat.objects.create(name="worker", at=now)
    CredentialHealth.objects.create(credential=make.credential(), ok_at=now)
    kind = {"provider": "openai", "length": 4}
    UpstreamCalls.objects.create(operation="poll", outcome="ok", count=1, **kind)
    UsageHour.objects.create(
        hour=now, workspace=workspace, surface="openai", status="completed", batches=1, **kind
    )
    return client.get("/metrics").content.decode()


def test_every_number_that_is_asked_for_is_told(told: str):
    known = {line.split("{")[0].split(" ")[0] for line in told.splitlines() if line[0] != "#"}
    asked = {name for text in expressions() for name in NAME.findall(QUOTED.sub("", text))}
    assert asked - known == set()
    # And nothing is told that nobody looks at, but for the parts of histograms.
    shown = {name.removesuffix("_bucket") for name in asked}
    parts = ("_bucket", "_sum", "_count", "_created")
    assert {name for name in known if not name.endswith(parts)} - shown == set()


def test_every_label_that_is_asked_for_is_told(told: str):
    known = set(re.findall(r'([a-z_]+)="', told)) | {"job", "instance", "pod"}
    for text in expressions():
        for grouped, compared in LABELS.findall(text):
            names = [name.strip() for name in (grouped or compared).split(",") if name.strip()]
            assert set(names) <= known, text


@pytest.mark.parametrize("text", list(expressions()))
def test_brackets_and_quotes_are_closed(text: str):
    assert text.count('"') % 2 == 0
    opened: list[str] = []
    for sign in QUOTED.sub("", text):
        if sign in PAIRS.values():
            opened.append(sign)
        elif sign in PAIRS:
            assert opened.pop() == PAIRS[sign]
    assert not opened


def test_rates_are_of_counters_only():
    for text in expressions():
        for name in re.findall(r"(?:rate|increase)\(\s*(bifrost_[a-z_]+)", text):
            assert name.endswith(("_total", "_bucket")), text


def test_every_alert_says_what_is_wrong_and_how_bad_it_is():
    names = [rule["alert"] for rule in alerts()]
    assert len(names) == len(set(names))
    for rule in alerts():
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        # A placeholder shows a label that the expression keeps.
        kept = re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))
        assert all(name in rule["expr"] for name in kept)
    page = (DEPLOY.parent / "docs/monitoring.md").read_text()
    assert [name for name in names if name not in page] == []


def test_panels_have_a_place_of_their_own():
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        x, y, width, height = (panel["gridPos"][key] for key in "xywh")
        assert x + width <= 24
        cells = {(x + i, y + j) for i in range(width) for j in range(height)}
        assert not cells & taken, panel["title"]
        taken |= cells
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(ids) == len(set(ids))


def test_the_board_asks_whichever_source_is_chosen():
    sources = {panel["datasource"]["uid"] for panel in BOARD["panels"] if "datasource" in panel}
    assert sources == {"${datasource}"}


def test_compose_mounts_what_there_is():
    compose = yaml.safe_load((DEPLOY / "docker-compose.monitoring.yml").read_text())
    base = yaml.safe_load((DEPLOY.parent / "docker-compose.yml").read_text())
    assert "web" in base["services"]
    mounts = [
        one for name in ("prometheus", "grafana") for one in compose["services"][name]["volumes"]
    ]
    for source in (one.split(":")[0] for one in mounts):
        assert source in compose["volumes"] or (DEPLOY.parent / source).exists(), source
    scrape = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    [job] = scrape["scrape_configs"]
    [target] = job["static_configs"][0]["targets"]
    aliases = compose["services"]["web"]["networks"]["default"]["aliases"]
    assert target.partition(":")[0] in aliases
    assert scrape["rule_files"] == ["alerts.yml"]
