"""What `manage.py bifrost` can do: a module for each noun, whose `add` names its verbs."""

from types import ModuleType

from bifrost.cli import (
    batches,
    credentials,
    estimate,
    files,
    keys,
    members,
    outside,
    secrets,
    status,
    webhooks,
    workspaces,
)

NOUNS: list[ModuleType] = [
    status,
    workspaces,
    members,
    keys,
    credentials,
    secrets,
    batches,
    outside,
    files,
    estimate,
    webhooks,
]
