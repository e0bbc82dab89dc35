"""What `manage.py bifrost` can do: a module for each noun, whose `add` names its verbs."""

from types import ModuleType

from bifrost.cli import batches, credentials, files, keys, secrets, workspaces

NOUNS: list[ModuleType] = [workspaces, keys, credentials, secrets, batches, files]
