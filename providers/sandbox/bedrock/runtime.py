"""The models themselves, asked one at a time.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html
"""

from pathlib import Path

from aiohttp import web

from providers.sandbox.bedrock import refusals
from providers.sandbox.bedrock.jobs import account
from providers.sandbox.bedrock.orders import Ask, Asked
from providers.sandbox.stage import Stage

_LARGEST = 25 * 1024 * 1024


class Runtime:
    def __init__(self, stage: Stage) -> None:
        self._store = stage.store
        self._workers = stage.workers

    async def converse(self, request: web.Request) -> web.StreamResponse:
        return await self._ask(request, "Converse")

    async def invoke(self, request: web.Request) -> web.StreamResponse:
        return await self._ask(request, "InvokeModel")

    async def _ask(self, request: web.Request, invocation: str) -> web.StreamResponse:
        account(request)
        path = self._store.scratch()
        try:
            await _receive(request, path)
            order = Ask(path=str(path), model=request.match_info["model"], invocation=invocation)
            asked = await self._workers.obey(order, Asked)
        finally:
            path.unlink(missing_ok=True)
        if asked.status >= 400:
            raise refusals.plain(asked.status, asked.answer)
        read, wrote = asked.tokens
        headers = {
            "x-amzn-bedrock-input-token-count": str(read),
            "x-amzn-bedrock-output-token-count": str(wrote),
        }
        return web.Response(
            body=asked.answer.encode(), content_type="application/json", headers=headers
        )


async def _receive(request: web.Request, path: Path) -> None:
    size = 0
    with path.open("wb", buffering=0) as file:
        async for chunk in request.content.iter_any():
            size += len(chunk)
            if size > _LARGEST:
                raise refusals.plain(413, "The request is too large.")
            file.write(chunk)
