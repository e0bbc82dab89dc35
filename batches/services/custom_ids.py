"""Which batches may hold a custom_id: a sorted list of checksums for each, of four bytes a record."""

import sys
from array import array
from collections.abc import Iterable
from typing import Any
from zlib import crc32

from django.db.models import BinaryField, F, Func, IntegerField, QuerySet, Value

from batches import translate
from batches.models import Batch, CustomIds
from files import services as files
from files.buckets import BucketError
from files.storage import StoreError
from providers.records import LineTooLongError

BYTES = 4
MOST = 20
# So much of an input is read to see whether a record of it has the id.
MOST_BYTES = 20 * 10**6


class Position(Func):
    """Where bytes stand in a column of bytes, from 1; 0 if nowhere."""

    output_field = IntegerField()
    template = "POSITION(%(expressions)s)"
    arg_joiner = " IN "

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        wanted, column = self.source_expressions
        turned = Func(column, wanted, function="instr", output_field=IntegerField())
        return turned.as_sql(compiler, connection)


def checksum(custom_id: str) -> int:
    return crc32(custom_id.encode(errors="surrogatepass"))


def keep(batch: Batch, checksums: Iterable[int]) -> None:
    """Write down what custom_ids a batch has, in place of what was written before."""
    row = CustomIds(batch=batch, digests=packed(checksums))
    CustomIds.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["batch"], update_fields=["digests"]
    )


def packed(checksums: Iterable[int]) -> bytes:
    numbers = array("I", sorted(checksums))
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers.tobytes()


def holders(batches: QuerySet[Any], custom_id: str) -> list[str]:
    """Those among some batches that may have a record of this custom_id, MOST at most."""
    wanted = checksum(custom_id).to_bytes(BYTES, "big")
    place = Position(Value(wanted, BinaryField()), F("digests"))
    rows = CustomIds.objects.filter(batch__in=batches.values("pk")).alias(place=place)
    found = rows.filter(place__gt=0).values_list("pk", "digests")[:MOST]
    return [pk for pk, digests in found if _aligned(bytes(digests), wanted)]


def _aligned(digests: bytes, wanted: bytes) -> bool:
    """Whether the bytes stand there as one checksum, and not as parts of two."""
    place = digests.find(wanted)
    while place >= 0 and place % BYTES:
        place = digests.find(wanted, place + 1)
    return place >= 0


def holds(batch: Batch, custom_id: str) -> bool | None:
    """Whether a record of the batch's input has the custom_id; None if that cannot be seen."""
    if batch.input_file.size > MOST_BYTES:
        return None
    try:
        chunks = files.stream(batch.input_file)
        source = translate.Input(chunks, provider=batch.provider, model=batch.model_override)
        return any(
            isinstance(record, translate.Record) and record.custom_id == custom_id
            for _, _, record in source.opened()
        )
    except (FileNotFoundError, BucketError, StoreError, LineTooLongError):
        return None
