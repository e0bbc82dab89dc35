"""Slow clients: some upload a little at a time, some ask for a file and leave it at that.

A process of its own, ended by its parent. It says so once all of them have begun.
"""

import asyncio
import json
import sys
from urllib.parse import urlsplit

STEP_SECONDS = 0.1
STEP = b"x" * 1024
MOST_SECONDS = 60
UPLOAD = (
    "POST /openai/v1/files HTTP/1.1\r\nhost: {host}\r\nauthorization: {authorization}\r\n"
    "content-type: multipart/form-data; boundary=b\r\ncontent-length: 100000000\r\n\r\n"
    '--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
    '--b\r\ncontent-disposition: form-data; name="file"; filename="input.jsonl"\r\n\r\n'
)
DOWNLOAD = (
    "GET /openai/v1/files/{file}/content HTTP/1.1\r\nhost: {host}\r\n"
    "authorization: {authorization}\r\n\r\n"
)


async def trickle(url: str, uploads: int, downloads: int, **words: str) -> None:
    words["host"] = urlsplit(url).netloc
    uploading = [await _begun(url, UPLOAD.format(**words)) for _ in range(uploads)]
    # Whoever does not read is sent no more than what the buffers on the way hold.
    reading = [await _begun(url, DOWNLOAD.format(**words)) for _ in range(downloads)]
    print(f"{len(uploading)} and {len(reading)} have begun", flush=True)
    for _ in range(int(MOST_SECONDS / STEP_SECONDS)):
        for writer in uploading:
            writer.write(STEP)
        await asyncio.sleep(STEP_SECONDS)


async def _begun(url: str, head: str) -> asyncio.StreamWriter:
    address = urlsplit(url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(head.encode())
    return writer


if __name__ == "__main__":
    asyncio.run(trickle(**json.loads(sys.argv[1])))
