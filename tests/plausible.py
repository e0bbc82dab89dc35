"""A month of an installation that is well used: `python -m tests.plausible` writes it into an empty database.

For screenshots, and to see how pages look with something on them. The same numbers each time, up to now.
"""

import math
import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bifrost.settings")
    django.setup()

from django.utils import timezone

from batches import services
from batches.models import Batch, BatchEvent, Job, Sample, UsageHour
from batches.services.samples import thin
from files.models import File
from providers.models import Credential, CredentialHealth, Workspace

HOUR = timedelta(hours=1)
# provider, model, batches in a busy hour, records of a batch, power of two of its seconds, dollars for
# a million tokens of input and of output (none: not known), part of the records that fail
MODELS = (
    ("openai", "gpt-4.1-mini", 5, 900, 9, (0.2, 0.8), 0.004),
    ("openai", "gpt-4.1", 2, 300, 11, (1.0, 4.0), 0.003),
    ("openai", "text-embedding-3-large", 1, 4000, 8, (0.065, 0.0), 0.0),
    ("anthropic", "claude-sonnet-4-5", 3, 350, 10, (1.5, 7.5), 0.006),
    ("anthropic", "claude-haiku-4-5", 2, 800, 8, (0.5, 2.5), 0.008),
    ("bedrock", "anthropic.claude-3-5-sonnet-20241022-v2:0", 1, 500, 13, (1.5, 7.5), 0.02),
    ("bedrock", "amazon.nova-lite-v1:0", 1, 1200, 12, (0.03, 0.12), 0.01),
    ("gemini", "gemini-2.5-flash", 3, 700, 10, (0.15, 1.25), 0.005),
    ("gemini", "gemini-2.5-pro-experimental", 1, 150, 12, None, 0.12),
)
SURFACES = {"openai": "openai", "anthropic": "anthropic", "bedrock": "bedrock", "gemini": "genai"}
TEAMS = {"research": 4, "search": 3, "support": 2, "data-labelling": 2}
WORDS = {
    "openai": "in_progress",
    "anthropic": "in_progress",
    "bedrock": "InProgress",
    "gemini": "JOB_STATE_RUNNING",
}


def fill(days: int = 30) -> None:
    """Write it all, of so many days."""
    now, dice = timezone.now(), random.Random(7)
    teams = [Workspace.objects.get_or_create(name=name)[0] for name in TEAMS]
    accounts = _credentials(now)
    UsageHour.objects.bulk_create(_hours(now, days, teams, dice), batch_size=500)
    Sample.objects.bulk_create(_samples(now, days, dice), batch_size=500)
    thin(now)
    for number in range(26):
        _unfinished(number, now, teams, accounts, dice)
    for number in range(60):
        _ended(number, now, teams, accounts, dice)
    services.beat()
    services.seen("beat")


def _busy(at: datetime) -> float:
    """How much of a busy hour there is: more by day, less at the weekend."""
    by_day = 0.25 + 0.75 * max(0.0, math.sin((at.hour - 5) / 24 * 2 * math.pi))
    return by_day * (0.35 if at.weekday() >= 5 else 1.0)


def _hours(
    now: datetime, days: int, teams: list[Workspace], dice: random.Random
) -> Iterator[UsageHour]:
    first = now.replace(minute=0, second=0, microsecond=0) - days * 24 * HOUR
    for number in range(days * 24 + 1):
        hour = first + number * HOUR
        for team in teams:
            for model in MODELS:
                yield from _hour(hour, team, model, dice)


def _hour(
    hour: datetime, team: Workspace, model: tuple[Any, ...], dice: random.Random
) -> Iterator[UsageHour]:
    provider, name, most, records, length, price, failing = model
    batches = round(most * _busy(hour) * TEAMS[team.name] / 4 * dice.uniform(0, 1.6))
    for power, part in ((length - 1, 0.3), (length, 0.5), (length + 2, 0.2)):
        count = round(batches * part + dice.uniform(-0.4, 0.4))
        if count < 1:
            continue
        asked = round(count * records * dice.uniform(0.6, 1.4))
        failed = round(asked * failing * dice.uniform(0, 2.2))
        tokens = (asked * 1100, asked * (260 if price and price[1] else 0))
        cost = sum(n * dollars * 1000 for n, dollars in zip(tokens, price or (0, 0), strict=True))
        if dice.random() < 0.02:
            yield UsageHour(
                hour=hour,
                workspace=team,
                surface=SURFACES[provider],
                provider=provider,
                model=name,
                status="failed",
                length=power - 4,
                batches=1,
            )
        expired = dice.random() < 0.01
        yield UsageHour(
            hour=hour,
            workspace=team,
            surface=SURFACES[provider],
            provider=provider,
            model=name,
            status="expired" if expired else "completed",
            length=17 if expired else power,
            batches=count,
            bytes=asked * 2100,
            completed=asked - failed,
            failed=failed,
            input_tokens=tokens[0],
            cached_tokens=tokens[0] // 5,
            output_tokens=tokens[1],
            cost=round(cost),
            unpriced=0 if price else asked - failed,
        )


def _samples(now: datetime, days: int, dice: random.Random) -> Iterator[Sample]:
    """Every quarter of an hour, and of the last hours every minute."""
    minute = timedelta(minutes=1)
    end = now.replace(second=0, microsecond=0) - minute
    moments = {end - number * minute for number in range(180)}
    quarter = end.replace(minute=end.minute // 15 * 15)
    moments |= {quarter - number * 15 * minute for number in range(days * 96)}
    weights = {"openai": 16, "anthropic": 9, "bedrock": 6, "gemini": 7}
    for at in sorted(moments):
        day = math.sin(at.timestamp() / 7000) * 0.15 + 1
        for provider, weight in weights.items():
            running = round(3 * weight * _busy(at) * day * dice.uniform(0.95, 1.05)) + 1
            rush = max(0.0, math.sin(at.timestamp() / 9000 + weight) - 0.6)
            waiting = round(running * rush * dice.uniform(0.8, 1.2))
            yield _sample(at, provider, "running", running, dice.uniform(900, 9000))
            if waiting:
                yield _sample(
                    at, provider, "planned", waiting, 3 + 160 * rush * dice.uniform(0.9, 1.1)
                )
            ended = round(running * dice.uniform(0.04, 0.1))
            if ended:
                yield _sample(at, provider, "ended", ended, dice.uniform(1, 20))


def _sample(at: datetime, provider: str, status: str, jobs: int, age: float) -> Sample:
    oldest_at = at - timedelta(seconds=age)
    return Sample(at=at, provider=provider, status=status, jobs=jobs, oldest_at=oldest_at)


def _credentials(now: datetime) -> dict[str, Credential]:
    accounts: dict[str, Credential] = {}
    for provider, name, seconds, code in (
        ("openai", "production", 4, ""),
        ("anthropic", "production", 7, ""),
        ("bedrock", "eu-central-1", 12, ""),
        ("gemini", "research-project", 9, ""),
        ("anthropic", "evaluation", 5400, "invalid_api_key"),
    ):
        one = Credential(provider=provider, name=name)
        one.secret = "not a secret"
        one.save()
        failed_at = now - timedelta(minutes=3) if code else None
        ok_at = now - timedelta(seconds=seconds)
        CredentialHealth.objects.create(credential=one, ok_at=ok_at, failed_at=failed_at, code=code)
        accounts.setdefault(provider, one)
    Credential.objects.create(provider="openai", name="old account", enabled=False)
    return accounts


def _batch(team: Workspace, model: tuple[Any, ...], at: datetime, **fields: Any) -> Batch:
    provider, name = model[:2]
    source = File.objects.create(
        workspace=team,
        purpose="batch",
        filename=f"{team.name}-{at:%Y-%m-%d-%H%M}.jsonl",
        surface="openai",
        status="stored",
        size=fields["total"] * 2100,
        created_at=at - timedelta(seconds=20),
    )
    return Batch.objects.create(
        workspace=team,
        surface=SURFACES[provider],
        provider=provider,
        endpoint="/v1/chat/completions",
        model=name,
        input_file=source,
        created_at=at,
        due_at=None,
        **fields,
    )


def _unfinished(
    number: int,
    now: datetime,
    teams: list[Workspace],
    accounts: dict[str, Credential],
    dice: random.Random,
) -> None:
    model = MODELS[number % len(MODELS)]
    total = round(model[3] * dice.uniform(0.5, 1.5))
    stuck = number == 3
    age = timedelta(hours=19) if stuck else timedelta(seconds=dice.uniform(20, 14_000))
    at = now - age
    done = 0 if number % 5 == 0 else round(total * dice.uniform(0.1, 0.9))
    sent = number % 9 != 8
    batch = _batch(
        teams[number % len(teams)],
        model,
        at if sent else now - timedelta(seconds=3),
        total=total,
        completed=done if sent else 0,
        status="in_progress" if sent else "validating",
        in_progress_at=at + timedelta(seconds=4) if sent else None,
    )
    Job.objects.create(
        batch=batch,
        credential=accounts[model[0]],
        ordinal=0,
        first=0,
        records=total,
        model=model[1],
        status="running" if sent else "planned",
        upstream_id=f"batch_{dice.getrandbits(64):016x}" if sent else "",
        upstream_status=WORDS[model[0]] if sent else "",
        completed=done if sent else 0,
        created_at=batch.created_at,
        submitted_at=at + timedelta(seconds=4) if sent else None,
        polled_at=now - timedelta(seconds=6) if sent else None,
        stuck_at=now - timedelta(hours=5) if stuck else None,
        last_error="The provider answered 503: overloaded, try again later." if stuck else "",
    )
    BatchEvent.objects.create(batch=batch, kind="validated", at=at)


# The model that meets it by its place among MODELS, how the batch ended, code and message
FAILURES = (
    (1, "failed", "token_limit_exceeded", "Enqueued token limit reached for gpt-4.1."),
    (0, "failed", "duplicate_custom_id", "The custom_id of line 212 is that of line 17, too."),
    (7, "failed", "no_credential", "No credential reaches gemini any more."),
    (1, "failed", "token_limit_exceeded", "Enqueued token limit reached for gpt-4.1."),
    (5, "expired", "", ""),
)


def _ended(
    number: int,
    now: datetime,
    teams: list[Workspace],
    accounts: dict[str, Credential],
    dice: random.Random,
) -> None:
    fails = number % 4 == 1
    failure = FAILURES[(number // 4) % len(FAILURES)]
    place, status, code, message = failure if fails else (number, "completed", "", "")
    model = MODELS[place % len(MODELS)]
    total = round(model[3] * dice.uniform(0.5, 1.5))
    at = now - timedelta(minutes=25 * number + dice.uniform(15, 40))
    over = at + timedelta(seconds=2.0 ** model[4])
    failed = 0 if fails else round(total * model[6])
    problem = {"code": code, "message": message, "param": None, "line": None}
    batch = _batch(
        teams[number % len(teams)],
        model,
        at,
        total=total,
        status=status,
        errors=[problem] if code else None,
        completed=0 if fails else total - failed,
        failed=failed,
        failures={"invalid_request": failed - failed // 3, "filtered": failed // 3}
        if failed
        else {},
        **{f"{status}_at": over},
    )
    if not fails:
        Job.objects.create(
            batch=batch,
            credential=accounts[model[0]],
            ordinal=0,
            first=0,
            records=total,
            model=model[1],
            status="collected",
            upstream_id=f"batch_{dice.getrandbits(64):016x}",
            upstream_status="completed",
            ending="completed",
            completed=total - failed,
            failed=failed,
            created_at=at,
            submitted_at=at,
            ended_at=over,
        )


if __name__ == "__main__":
    fill()
