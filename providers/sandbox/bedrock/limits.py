"""The quotas that AWS documents, for most models.

https://docs.aws.amazon.com/general/latest/gr/bedrock.html#limits_bedrock
"""

from dataclasses import dataclass, field

from providers.sandbox.settings import MEGABYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    min_records: int = field(default=100, metadata={"help": "fewest records of a job"})
    max_records: int = field(default=50_000, metadata={"help": "records in an input file"})
    max_file_bytes: int = field(default=1024 * MEGABYTE, metadata={"help": "size of an input file"})
    max_job_bytes: int = field(
        default=5 * 1024 * MEGABYTE, metadata={"help": "size of all input files of a job"}
    )
