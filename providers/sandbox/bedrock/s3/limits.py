"""The limits of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""

from dataclasses import dataclass, field

from providers.sandbox.settings import MEGABYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    put_bytes: int = field(default=5 * 1024 * MEGABYTE, metadata={"help": "size of one upload"})
    least_part_bytes: int = field(
        default=5 * MEGABYTE, metadata={"help": "size of a part that is not the last"}
    )
