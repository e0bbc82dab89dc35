"""Records: the lines that batches are made of, in any dialect, and the neutral form between dialects."""

from providers.records.body import Asked, Body, ProviderBody, Subject
from providers.records.dialect import Dialect, Record, Result
from providers.records.envelope import Failure, FailureKind, record_number, upstream_id
from providers.records.errors import (
    LineTooLongError,
    MalformedRecordError,
    RecordError,
    UnsupportedFeatureError,
)
from providers.records.lines import BYTE_ORDER_MARK, MAX_LINE_BYTES, lines, placed_lines
from providers.records.losses import Losses
from providers.records.used import TokenReader, Tokens
from providers.records.values import says_twice

__all__ = [
    "BYTE_ORDER_MARK",
    "MAX_LINE_BYTES",
    "Asked",
    "Body",
    "Dialect",
    "Failure",
    "FailureKind",
    "LineTooLongError",
    "Losses",
    "MalformedRecordError",
    "ProviderBody",
    "Record",
    "RecordError",
    "Result",
    "Subject",
    "UnsupportedFeatureError",
    "lines",
    "placed_lines",
    "record_number",
    "says_twice",
    "upstream_id",
    "TokenReader",
    "Tokens",
]
