"""The limits that OpenAI documents: https://platform.openai.com/docs/guides/batch"""

from dataclasses import dataclass, field

from providers.sandbox.settings import MEGABYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    file_bytes: int = field(default=512 * MEGABYTE, metadata={"help": "size of an upload"})
    batch_bytes: int = field(default=200 * MEGABYTE, metadata={"help": "size of an input file"})
    requests: int = field(default=50_000, metadata={"help": "requests in a batch"})
    embedding_inputs: int = field(
        default=50_000, metadata={"help": "inputs in a batch of embeddings"}
    )
