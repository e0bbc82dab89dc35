"""What can be set from the command line."""

from dataclasses import dataclass, field
from pathlib import Path

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits that OpenAI documents."""

    file_bytes: int = 512 * MEGABYTE
    batch_bytes: int = 200 * MEGABYTE
    requests: int = 50_000
    embedding_inputs: int = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    data: Path
    host: str = "127.0.0.1"
    port: int = 8090
    seconds: float = 6.0
    workers: int = 2
    limits: Limits = field(default_factory=Limits)
