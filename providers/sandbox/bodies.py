"""Bodies of calls that are small enough to be held."""

from aiohttp import web


async def read(request: web.Request, *, most: int) -> bytes | None:
    """The whole body, however many packets it comes in; None if it is longer than `most` bytes."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            return None
    return b"".join(chunks)
