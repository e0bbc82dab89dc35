"""The limits that Google documents: https://ai.google.dev/gemini-api/docs/batch-api"""

from dataclasses import dataclass, field

from providers.sandbox.settings import MEGABYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    file_bytes: int = field(default=2048 * MEGABYTE, metadata={"help": "size of an upload"})
    inline_bytes: int = field(
        default=20 * MEGABYTE, metadata={"help": "size of a call that creates a batch"}
    )
