"""Where a vendor shows people a job, or the list that it is in."""

import re

OPENAI = re.compile(r"batch_[0-9A-Za-z]+")
BEDROCK = re.compile(
    r"arn:aws:bedrock:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:model-invocation-job/[a-z0-9]+"
)


def console_url(provider: str, upstream_id: str) -> str:
    """Empty where there is none: Gemini's jobs have no page, nor has what is no id of the vendor's own."""
    found = CONSOLES[provider](upstream_id) if provider in CONSOLES else ""
    return found if upstream_id else ""


def _openai(name: str) -> str:
    return f"https://platform.openai.com/batches/{name}" if OPENAI.fullmatch(name) else ""


def _anthropic(name: str) -> str:
    """The list of a key's workspace; a single batch has no page, and the id does not name the workspace."""
    return "https://console.anthropic.com/workspaces/default/batches"


def _bedrock(name: str) -> str:
    found = BEDROCK.fullmatch(name)
    if found is None:
        return ""
    region = found[1]
    console = f"https://{region}.console.aws.amazon.com/bedrock/home"
    return f"{console}?region={region}#/batch-inference"


CONSOLES = {"openai": _openai, "anthropic": _anthropic, "bedrock": _bedrock}
