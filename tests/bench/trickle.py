"""Clients that upload slowly: a little at a time, for as long as they are left to.

A process of its own, ended by its parent. It says so once all of them have begun.
"""

import asyncio
import json
import sys
from urllib.parse import urlsplit

STEP_SECONDS = 0.1
STEP = b"x" * 1024
MOST_SECONDS = 60
HEAD = (
    "POST /openai/v1/files HTTP/1.1\r\nhost: {host}\r\nauthorization: {authorization}\r\n"
    "content-type: multipart/form-data; boundary=b\r\ncontent-length: 100000000\r\n\r\n"
    '--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
    '--b\r\ncontent-disposition: form-data; name="file"; filename="input.jsonl"\r\n\r\n'
)


async def trickle(url: str, authorization: str, count: int) -> None:
    address = urlsplit(url)
    head = HEAD.format(host=address.netloc, authorization=authorization).encode()
    writers = []
    for _ in range(count):
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(head)
        writers.append(writer)
    print("begun", flush=True)
    for _ in range(int(MOST_SECONDS / STEP_SECONDS)):
        for writer in writers:
            writer.write(STEP)
        await asyncio.sleep(STEP_SECONDS)


if __name__ == "__main__":
    asyncio.run(trickle(**json.loads(sys.argv[1])))
