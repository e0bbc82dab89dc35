"""`manage.py bifrost estimate`: of a file here or a stored one, for people and for programs."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from providers.models import AuditEvent, Credential, Workspace
from tests.estimate.conftest import jsonl, record, stored, workspace

__all__ = ["workspace"]
AUDIO = {"audio": {"voice": "alloy", "format": "wav"}, "modalities": ["text", "audio"]}
CLAUDE = ("--provider", "anthropic", "--model", "claude-sonnet-4-5")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_bytes(jsonl(record(0, logit_bias={"1": 2}), record(1, **AUDIO), record(2)))
    return path


def asked(capsys: Any, *words: str) -> str:
    call_command("bifrost", "estimate", *words)
    return capsys.readouterr().out


def test_a_file_here_in_json(capsys: Any, workspace: Workspace, path: Path):
    told = json.loads(asked(capsys, str(path), "--json", "--provider", "openai", *CLAUDE))

    openai, anthropic = told["targets"]
    assert (openai["records"], openai["refused"], openai["model"]) == (3, 0, None)
    assert (anthropic["records"], anthropic["refused"]) == (3, 1)
    assert anthropic["model"] == "claude-sonnet-4-5"
    assert anthropic["refusals"]["data"][0]["custom_id"] == "c-1"
    assert "tokenized" in told["counted"]


def test_a_stored_file_in_tables_where_a_batch_would_go(capsys: Any, workspace: Workspace):
    Credential.objects.filter(provider="anthropic").update(
        prices={"claude-*": {"input": 1, "output": 2}}
    )
    claude = {"model": "claude-sonnet-4-5", "max_tokens": 1000}
    claude["messages"] = [{"role": "user", "content": "Hello " * 100}]
    file = stored(workspace, jsonl({"custom_id": "a", "params": claude}))

    said = asked(capsys, f"file-{file.pk}")

    assert "anthropic" in said
    assert "0 to 1,000" in said
    assert "$0.00012 to $0.0023" in said
    assert AuditEvent.objects.get(action="file.estimated").target == file.pk


def test_models_follow_their_providers(capsys: Any, workspace: Workspace, path: Path):
    words = ("--provider", "openai", "--model", "gpt-4o", "--model", "gpt-4o-mini", *CLAUDE)

    told = json.loads(asked(capsys, str(path), "--json", *words))

    assert [(one["provider"], one["model"]) for one in told["targets"]] == [
        ("openai", "gpt-4o"),
        ("openai", "gpt-4o-mini"),
        ("anthropic", "claude-sonnet-4-5"),
    ]


def test_every_refused_record_goes_to_a_file(
    capsys: Any, workspace: Workspace, path: Path, tmp_path: Path
):
    to = tmp_path / "refused.jsonl"

    said = asked(capsys, str(path), *CLAUDE, "--refused-to", str(to))

    assert [json.loads(line)["line"] for line in to.read_text().splitlines()] == [2]
    for told in ("TARGETS", "REFUSED", "DROPPED", "logit_bias", "unsupported_feature"):
        assert told in said


def test_what_is_not_there_is_said(workspace: Workspace, path: Path):
    with pytest.raises(CommandError, match="neither here nor stored"):
        call_command("bifrost", "estimate", "file-000000000000")
    with pytest.raises(CommandError, match="name its provider"):
        call_command("bifrost", "estimate", str(path), "--model", "gpt-4o")
