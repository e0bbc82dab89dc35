"""What a batch would come to, of any size: nothing is made, and no provider is asked."""

import json
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import CommandError

from batches.services.estimate import (
    COUNTED,
    Estimating,
    Target,
    accounts_of,
    told,
    told_refused,
)
from bifrost.cli.progress import progress
from bifrost.cli.verbs import Output, Row, actor, verb, workspace_named
from files import services as files
from files.models import File
from files.storage import StoreError
from gateway.choice import first_in
from providers import audit
from providers.ids import core_id
from providers.models import Credential, Provider, Workspace
from providers.money import dollars
from providers.prices import DOLLAR
from providers.services import provider_for

BLOCK_BYTES = 256 * 1024
# How many of the refused records of each target are shown.
MOST_SHOWN = 20

Move = Callable[[int], None]


class Given(NamedTuple):
    """An input: how to read it, how large it is, and in whose workspace it would be sent."""

    chunks: Callable[[], Iterator[bytes]]
    size: int
    workspace: Workspace


class ForProvider(Action):
    """A model belongs to the provider that was named before it."""

    def __call__(
        self, parser: ArgumentParser, names: Namespace, value: Any, option: str | None = None
    ) -> None:
        targets = names.target or []
        if not targets:
            parser.error("--model: name its provider before it.")
        if targets[-1].model:
            targets.append(targets[-1])
        targets[-1] = Target(targets[-1].provider, value)


def provider_named(name: str) -> Target:
    """Raises ValueError."""
    return Target(Provider(name).value)


def add(nouns: Any) -> None:
    parser = verb(nouns, "estimate", estimate)
    parser.add_argument("input", metavar="FILE_OR_ID", help="a file of records here, or one stored")
    parser.add_argument(
        "--provider",
        dest="target",
        action="append",
        type=provider_named,
        metavar="PROVIDER",
        help="where it would go, once for each; where a batch goes whose client names none, if none is named",
    )
    parser.add_argument(
        "--model",
        action=ForProvider,
        help="asked for instead of the records' own, of the provider before it",
    )
    parser.add_argument(
        "--workspace",
        default=Workspace.DEFAULT,
        help="in which a file from here would be sent: its credentials say what is paid",
    )
    parser.add_argument(
        "--refused-to", metavar="PATH", help="write every refused record there, a line of JSON each"
    )


def estimate(out: Output, options: dict[str, Any]) -> None:
    """Show the records, tokens and price of a batch that is not made, and what each target would refuse."""
    given = given_as(options["input"], options["workspace"])
    try:
        targets = options["target"] or [usual_target(given)]
        told_of = list(estimates(given, targets, options["refused_to"]))
    except (FileNotFoundError, StoreError) as error:
        raise CommandError(f"The input cannot be read: {error}.") from None
    if out.as_json:
        out.row({"object": "estimate", "counted": COUNTED, "targets": told_of})
        return
    tables = tables_of(told_of)
    out.sections({name: rows for name, rows in tables.items() if rows})


def tables_of(told_of: Sequence[Row]) -> dict[str, list[Row]]:
    return {
        "targets": [summary_of(one) for one in told_of],
        "over a limit": [
            route_of(one) | {"message": one["over_limit"]} for one in told_of if one["over_limit"]
        ],
        "errors": [route_of(one) | error for one in told_of for error in one["errors"]],
        "refused": [route_of(one) | row for one in told_of for row in one["refusals"]["data"]],
        "dropped": [
            route_of(one) | {"feature": name, "records": count}
            for one in told_of
            for name, count in one["dropped"].items()
        ],
    }


def given_as(text: str, workspace: str) -> Given:
    """Raises CommandError."""
    path = Path(text)
    if path.is_file():
        chunks = partial(blocks_of, path)
        return Given(chunks, path.stat().st_size, workspace_named(workspace))
    stored = File.objects.filter(status=File.Status.STORED).select_related(
        "workspace", "copy", "credential"
    )
    file = stored.filter(pk=core_id(text)).first()
    if file is None:
        raise CommandError(f"There is no file {text!r}, neither here nor stored.")
    audit.record(actor(), "file.estimated", file, workspace=file.workspace)
    return Given(partial(files.stream, file), file.size, file.workspace)


def blocks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        yield from iter(partial(source.read, BLOCK_BYTES), b"")


def usual_target(given: Given) -> Target:
    first = first_in(given.chunks())
    if first is None:
        return Target(Provider.OPENAI.value)
    return Target(provider_for(given.workspace, model=first.model, dialect=first.dialect))


def estimates(
    given: Given, targets: Sequence[Target], refused_to: str | None
) -> Iterator[dict[str, Any]]:
    with ExitStack() as stack:
        lines = stack.enter_context(Path(refused_to).open("wb")) if refused_to else None
        move = stack.enter_context(progress("Estimating", given.size * len(targets)))
        for number, target in enumerate(targets):
            usable = Credential.objects.usable(workspace=given.workspace, provider=target.provider)
            estimating = Estimating(
                moving(given.chunks(), move),
                target,
                accounts=accounts_of(usable, target.provider),
                workspace=given.workspace,
            )
            shown: list[dict[str, Any]] = []
            for refused in map(told_refused, estimating):
                if lines:
                    lines.write(json.dumps({"target": number, **refused}).encode() + b"\n")
                if len(shown) < MOST_SHOWN:
                    shown.append(refused)
            more = estimating.result.findings.refused - len(shown)
            yield told(estimating.result) | {"refusals": {"data": shown, "more": more}}


def moving(chunks: Iterator[bytes], move: Move) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk
        move(len(chunk))


def route_of(told_of: Row) -> dict[str, Any]:
    return {"provider": told_of["provider"], "asked_for": told_of["model"]}


def summary_of(told_of: Row) -> Row:
    price = told_of["price"]
    return {
        **route_of(told_of),
        "records": told_of["records"],
        "refused": told_of["refused"],
        "jobs": told_of["jobs"],
        "input_tokens": span_of(told_of["tokens"]["input"]),
        "output_tokens": span_of(told_of["tokens"]["output"]),
        "price": price["unknown"] or price_of(price),
    }


def price_of(price: Row) -> str:
    low, high = (dollars(round(price[end] * DOLLAR)) for end in ("low", "high"))
    return f"{low} to {high}"


def span_of(span: Row) -> str:
    return f"{span['low']:,} to {span['high']:,}"
