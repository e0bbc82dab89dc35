"""The page's tables: what each provider's models did, who spent what, what runs on and on."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from batches.admin import looks
from batches.admin.dashboard import words
from batches.admin.dashboard.figures import Figures, total
from batches.models import Job
from providers import cells
from providers.models import Credential, Provider
from providers.money import total_spent

MOST_MODELS = 12
MOST_SPENDERS = 6
# The scale of times to completion reaches from a second to two days.
LONGEST = math.log2(2 * 86400)
NO_MODEL = "no model"

ByModel = Mapping[tuple[str, str], Figures]


@dataclass(frozen=True)
class Spender:
    name: str
    figures: Figures
    most: int

    @property
    def part(self) -> float:
        return 100 * max(self.figures.cost, 0) / self.most if self.most > 0 else 0

    @property
    def said(self) -> str:
        return total_spent(self.figures.cost, self.figures.unpriced)


def models(found: ByModel) -> list[dict[str, Any]]:
    """The busiest first, and what is left in one row."""
    ranked = sorted(found.items(), key=lambda item: (-item[1].records, item[0]))
    rows = [
        _model_row(Provider(provider).label, model or NO_MODEL, figures)
        for (provider, model), figures in ranked[:MOST_MODELS]
    ]
    rest = ranked[MOST_MODELS:]
    if rest:
        others = total(figures for _, figures in rest)
        rows.append(_model_row("Others", f"{len(rest)} more", others))
    return rows


def _model_row(provider: str, model: str, figures: Figures) -> dict[str, Any]:
    half, most = figures.within(0.5), figures.within(0.9)
    return {
        "provider": provider,
        "model": model,
        "batches": figures.batches,
        "records": figures.records,
        "failed": figures.failed,
        "success": words.share(figures.success),
        "tone": _tone(figures.success),
        "half": words.about(half),
        "most": words.about(most),
        "range": _range(half, most),
        "spend": total_spent(figures.cost, figures.unpriced),
        "unpriced": figures.unpriced,
    }


def _tone(success: float | None) -> str:
    if success is None or success >= 0.98:
        return ""
    return "warn" if success >= 0.9 else "bad"


def _range(half: float | None, most: float | None) -> dict[str, str] | None:
    """Where a bar from one to the other lies, in percents of the scale."""
    if half is None or most is None:
        return None
    left, right = (min(math.log2(max(value, 1)) / LONGEST, 1) * 100 for value in (half, most))
    return {"left": f"{left:.1f}", "width": f"{max(right - left, 1.5):.1f}"}


def spend(found: ByModel, workspaces: Mapping[str, Figures]) -> list[dict[str, Any]]:
    """By workspace, provider and model."""
    by_provider = _merged(found, lambda key: Provider(key[0]).label)
    by_model = _merged(found, lambda key: key[1] or NO_MODEL)
    return [
        {"title": "By workspace", "rows": _spenders(workspaces)},
        {"title": "By provider", "rows": _spenders(by_provider)},
        {"title": "By model", "rows": _spenders(by_model)},
    ]


def _merged(found: ByModel, name: Callable[[tuple[str, str]], str]) -> dict[str, Figures]:
    groups: dict[str, list[Figures]] = {}
    for key, figures in found.items():
        groups.setdefault(name(key), []).append(figures)
    return {key: total(group) for key, group in groups.items()}


def _spenders(found: Mapping[str, Figures]) -> list[Spender]:
    """Who spent most first; of the same, whose price is not known for more."""
    spent = [item for item in found.items() if item[1].cost or item[1].unpriced]
    ranked = sorted(spent, key=lambda item: (-item[1].cost, -item[1].unpriced, item[0]))
    shown, rest = ranked[:MOST_SPENDERS], ranked[MOST_SPENDERS:]
    if rest:
        shown.append((cells.count(len(rest), "other"), total(figures for _, figures in rest)))
    most = max((figures.cost for _, figures in shown), default=0)
    return [Spender(name, figures, most) for name, figures in shown]


def oldest(jobs: Iterable[Job], *, open_jobs: bool) -> list[dict[str, Any]]:
    return [
        {
            "job": job,
            "batch_id": looks.public_id(job.batch_id),
            "url": _url_of(job) if open_jobs else _batch_url(job.batch_id),
            "status": looks.job_status(job),
            "provider": job.batch.get_provider_display(),
        }
        for job in jobs
    ]


def _url_of(job: Job) -> str:
    return reverse("admin:batches_job_change", args=[job.pk])


def _batch_url(batch_id: str) -> str:
    return reverse("admin:batches_batch_change", args=[batch_id])


def credentials(found: Iterable[Credential], *, linked: bool) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "provider": one.get_provider_display(),
            "url": reverse("admin:providers_credential_change", args=[one.pk]) if linked else "",
            **_health_of(one),
        }
        for one in found
    ]


def _health_of(one: Credential) -> dict[str, Any]:
    health = getattr(one, "health", None)
    ok_at = health.ok_at if health else None
    if health and health.failing:
        word = "failing" if one.enabled else "drained, failing"
        why = health.code or "no answer"
        return {"tone": "bad", "word": word, "at": health.failed_at, "why": why}
    if not one.enabled:
        return {"tone": "calm", "word": "drained", "at": ok_at, "why": ""}
    if ok_at:
        return {"tone": "good", "word": "answers", "at": ok_at, "why": ""}
    return {"tone": "calm", "word": "not asked yet", "at": None, "why": ""}
