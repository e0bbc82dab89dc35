"""`python -m providers.sandbox`: start the simulated providers."""

import argparse
import asyncio
from pathlib import Path

from providers.sandbox.server import serve
from providers.sandbox.settings import Limits, Settings


def main() -> None:
    options = _parser().parse_args()
    limits = Limits(
        file_bytes=options.max_file_bytes,
        batch_bytes=options.max_batch_bytes,
        requests=options.max_requests,
        embedding_inputs=options.max_embedding_inputs,
    )
    settings = Settings(
        host=options.host,
        port=options.port,
        data=options.data,
        seconds=options.seconds,
        workers=options.workers,
        limits=limits,
    )
    asyncio.run(serve(settings))


def _parser() -> argparse.ArgumentParser:
    usual = Limits()
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
    add("--max-file-bytes", type=int, default=usual.file_bytes, help="size of an upload")
    add("--max-batch-bytes", type=int, default=usual.batch_bytes, help="size of an input file")
    add("--max-requests", type=int, default=usual.requests, help="requests in a batch")
    add(
        "--max-embedding-inputs",
        type=int,
        default=usual.embedding_inputs,
        help="inputs in a batch of embeddings",
    )
    return parser


if __name__ == "__main__":
    main()
