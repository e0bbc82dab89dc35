"""The page that is shown when an installation is ready."""

from collections.abc import Callable

from django.conf import settings

from bifrost.launch.terminal import BOLD, DIM

LABEL = 12
SURFACES = {
    "OpenAI SDK": "/openai",
    "Anthropic": "/anthropic",
    "GenAI": "/genai",
    "Bedrock": "/bedrock",
    "S3": "/bedrock/files",
}
PROVIDER = f"{'Provider':<{LABEL}}"
SIMULATED = "answers are simulated. For real ones set {keys}."
SNIPPET = """\
import json, time
from openai import OpenAI

client = OpenAI(base_url="{url}/openai", api_key="{key}")
body = {{"model": "gpt-5-mini", "messages": [{{"role": "user", "content": "Hello!"}}]}}
line = {{"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": body}}
file = client.files.create(file=("hello.jsonl", json.dumps(line).encode()), purpose="batch")
batch = client.batches.create(
    input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
)
while batch.status in ("validating", "in_progress", "finalizing"):
    time.sleep(1)
    batch = client.batches.retrieve(batch.id)

print(client.files.content(batch.output_file_id).text)"""


def page(prepared: str, *, seconds: float, sandbox: bool, style: Callable[[str, str], str]) -> str:
    """What `prepare` said stands between the addresses and the snippet."""
    url = settings.PUBLIC_URL
    facts = [
        *(f"{name:<{LABEL}}{url}{path}" for name, path in SURFACES.items()),
        f"{'Admin':<{LABEL}}{url}/admin/",
        f"{'Health':<{LABEL}}{url}/readyz",
        "",
        *_providers(prepared.splitlines()),
        *([f"{'Sandbox':<{LABEL}}{SIMULATED.format(keys=_missing_keys())}"] if sandbox else []),
        *(line for line in prepared.splitlines() if not line.startswith(PROVIDER)),
        f"{'Data':<{LABEL}}{settings.DATA}",
    ]
    title = style(f"Bifrost {settings.VERSION} is ready", BOLD)
    lines = [
        f"{title} {style(f'after {seconds:.1f} s', DIM)}",
        "",
        *(f"{style(fact[:LABEL], DIM)}{fact[LABEL:]}" for fact in facts),
        "",
        style("Paste this into .venv/bin/python:", DIM),
        "",
        *(f"  {line}".rstrip() for line in snippet().splitlines()),
        "",
        style("Ctrl-C stops everything.", DIM),
    ]
    return "\n".join(f"  {line}".rstrip() for line in ["", *lines, ""])


def snippet() -> str:
    key = "any" if settings.AUTH == "open" else "a virtual key from the admin"
    return SNIPPET.format(url=settings.PUBLIC_URL, key=key)


def _providers(prepared: list[str]) -> list[str]:
    """All providers in one line, each with real or sandbox."""
    told = [line.removeprefix(PROVIDER) for line in prepared if line.startswith(PROVIDER)]
    return [f"{'Providers':<{LABEL}}{', '.join(told)}"] if told else []


def _missing_keys() -> str:
    if settings.SANDBOX:
        return "SANDBOX=0"
    *others, last = (name for name, value in settings.PROVIDER_KEYS.items() if not value)
    return f"{', '.join(others)} and {last}" if others else last
