"""Take all figures in one run and print them beside their bars."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from tests.bench import (
    batches,
    inline,
    pages,
    poll,
    providers,
    records,
    slow,
    start,
    transfers,
    translation,
)
from tests.bench.measure import Figure
from tests.bench.place import Place, running_place
from tests.bench.table import footer, header, line

# In this order: what comes later leaves more behind.
IN_PLACE: dict[str, Callable[[Place], Iterator[Figure]]] = {
    "start": start.measured,
    "transfers": transfers.measured,
    "inline": inline.measured,
    "slow": slow.measured,
    "records": records.measured,
    "providers": providers.measured,
    "batches": batches.measured,
}
ALONE: dict[str, Callable[[], Iterator[Figure]]] = {
    "translation": translation.measured,
    "poll": poll.measured,
    "pages": pages.measured,
}


def main() -> int:
    options = _parser().parse_args()
    os.environ["BENCH_LARGE"] = "1" if options.large else ""
    began = time.monotonic()
    print(header())
    figures = []
    for figure in _measured(options.only):
        print(line(figure), flush=True)
        figures.append(figure)
    print(footer(figures, time.monotonic() - began))
    if options.json:
        taken = [{**asdict(figure), "met": figure.met} for figure in figures]
        options.json.write_text(json.dumps(taken, indent=1) + "\n")
    return 0


def _measured(only: list[str] | None) -> Iterator[Figure]:
    wanted = only or [*ALONE, *IN_PLACE]
    for name, measured in ALONE.items():
        if name in wanted:
            yield from measured()
    if set(wanted) & set(IN_PLACE):
        with running_place() as place:
            for name, measured_there in IN_PLACE.items():
                if name in wanted:
                    yield from measured_there(place)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[*ALONE, *IN_PLACE], help="these figures")
    parser.add_argument("--large", action="store_true", help="1 GB files, a million batches")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
