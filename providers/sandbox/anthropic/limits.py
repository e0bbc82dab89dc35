"""The limits that Anthropic documents.

https://platform.claude.com/docs/en/build-with-claude/batch-processing
"""

from dataclasses import dataclass, field

from providers.sandbox.settings import MEGABYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    batch_bytes: int = field(default=256 * MEGABYTE, metadata={"help": "size of a new batch"})
    requests: int = field(default=100_000, metadata={"help": "requests in a batch"})
    file_bytes: int = field(default=500 * MEGABYTE, metadata={"help": "size of an upload"})
