"""`python -m providers.sandbox`: start the simulated providers."""

import argparse
import asyncio
from dataclasses import fields
from pathlib import Path
from typing import Any

from providers.sandbox.server import serve
from providers.sandbox.settings import Settings
from providers.sandbox.vendors import VENDORS, Vendor


def main() -> None:
    options = _parser().parse_args()
    settings = Settings(
        host=options.host,
        port=options.port,
        data=options.data,
        seconds=options.seconds,
        workers=options.workers,
        limits={vendor.limits: _limits(vendor, options) for vendor in VENDORS.values()},
    )
    asyncio.run(serve(settings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m providers.sandbox",
        description="Simulated providers of batch APIs. Every API key works.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=8090, help="port to listen on; 0 takes a free one")
    add("--data", type=Path, default=Path("var/sandbox"), help="folder for files and state")
    add("--seconds", type=float, default=6.0, help="how long a batch takes")
    add("--workers", type=int, default=2, help="processes that answer records")
    for name, vendor in VENDORS.items():
        group = parser.add_argument_group(f"limits of {name}")
        for limit in fields(vendor.limits):
            flag = f"{vendor.flags}_{limit.name}"
            group.add_argument(
                f"--{flag.replace('_', '-')}",
                type=int,
                default=limit.default,
                help=limit.metadata["help"],
            )
    return parser


def _limits(vendor: Vendor, options: argparse.Namespace) -> Any:
    names = [limit.name for limit in fields(vendor.limits)]
    return vendor.limits(**{name: getattr(options, f"{vendor.flags}_{name}") for name in names})


if __name__ == "__main__":
    main()
