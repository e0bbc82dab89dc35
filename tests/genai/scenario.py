"""The core of the surface in one go, for any line of the SDK: `python scenario.py URL PROVIDER MODEL`.

A script of its own, since the older line lives in an environment without anything else of ours.
"""

import io
import json
import sys
import time

from google import genai
from google.genai import types

ENDED = {
    "JOB_STATE_SUCCEEDED",
    "JOB_STATE_FAILED",
    "JOB_STATE_CANCELLED",
    "JOB_STATE_EXPIRED",
}
CHUNK = 8 * 2**20


def main(url: str, provider: str, model: str) -> None:
    options = types.HttpOptions(base_url=f"{url}/genai", headers={"x-model-provider": provider})
    client = genai.Client(api_key="any-key", http_options=options)
    files(client)
    errors(client)
    from_a_file(client, model)
    inline(client, model)
    cancel(client, model)
    print(genai.__version__)


def files(client: genai.Client) -> None:
    for content in (b"", lines("größe", "🎉"), b"x" * (2 * CHUNK + 5)):
        file = upload(client, content, display_name="größe.jsonl")
        assert (file.size_bytes, file.display_name) == (len(content), "größe.jsonl")
        assert client.files.get(name=file.name) == file
        assert client.files.download(file=file) == content
        walked = [one.name for one in client.files.list(config={"page_size": 50})]
        assert walked[0] == file.name
        assert len(walked) == len(set(walked))
        client.files.delete(name=file.name)
        assert refusal(lambda name=file.name: client.files.get(name=name)) == 404


def errors(client: genai.Client) -> None:
    assert refusal(lambda: client.batches.get(name="batches/000000000000")) == 404
    assert refusal(lambda: upload(client, b"", name="files/A")) == 400
    assert refusal(lambda: client.batches.create(model="m", src="files/000000000000")) == 404


def refusal(call) -> int | None:
    try:
        call()
    except genai.errors.ClientError as error:
        return error.code if error.status and error.message else None
    return None


def from_a_file(client: genai.Client, model: str) -> None:
    file = upload(client, lines("one", "[sandbox:status=400]", "three"))
    job = client.batches.create(model=model, src=file.name, config={"display_name": "night"})
    job = wait(client, job)

    assert (job.state, job.display_name) == ("JOB_STATE_SUCCEEDED", "night")
    told = client.files.download(file=job.dest.file_name).splitlines()
    told = [json.loads(line) for line in told]
    assert [one["key"] for one in told] == ["one", "[sandbox:status=400]", "three"]
    assert ["response" in one for one in told] == [True, False, True]
    assert job.name in [one.name for one in client.batches.list(config={"page_size": 2})]


def inline(client: genai.Client, model: str) -> None:
    src = [
        {"contents": [ask("one")], "config": {"response_modalities": ["TEXT"]}},
        {"contents": [ask("[sandbox:status=400]")]},
    ]
    job = wait(client, client.batches.create(model=model, src=src))

    first, second = job.dest.inlined_responses
    assert first.response.candidates[0].content.parts[0].text.endswith("one")
    assert second.error.code == 3
    client.batches.delete(name=job.name)
    assert refusal(lambda: client.batches.get(name=job.name)) == 404


def cancel(client: genai.Client, model: str) -> None:
    job = client.batches.create(model=model, src=[{"contents": [ask("[sandbox:seconds=9]")]}])
    client.batches.cancel(name=job.name)
    assert wait(client, job).state == "JOB_STATE_CANCELLED"


def upload(client: genai.Client, content: bytes, **more):
    config = types.UploadFileConfig(mime_type="application/jsonl", **more)
    return client.files.upload(file=io.BytesIO(content), config=config)


def lines(*texts: str) -> bytes:
    records = [{"key": text, "request": {"contents": [ask(text)]}} for text in texts]
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def ask(text: str) -> dict:
    return {"role": "user", "parts": [{"text": text}]}


def wait(client: genai.Client, job):
    deadline = time.monotonic() + 45
    while job.state not in ENDED and time.monotonic() < deadline:
        time.sleep(0.05)
        job = client.batches.get(name=job.name)
    return job


if __name__ == "__main__":
    main(*sys.argv[1:])
