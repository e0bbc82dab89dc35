"""What a key uses of what it may, for its page."""

from django import template

from batches.services import usage_of
from providers import cells
from providers.models import VirtualKey

register = template.Library()


@register.simple_tag
def usage(key: VirtualKey) -> list[tuple[str, str]]:
    used = usage_of(key)
    counted = [
        ("Batches in flight", used.batches, key.batches_in_flight),
        ("Bytes in flight", used.bytes, key.bytes_in_flight),
        ("Records in the last 24 hours", used.records, key.records_per_day),
    ]
    return [(name, _of(amount, limit)) for name, amount, limit in counted]


def _of(amount: int, limit: int | None) -> str:
    if limit is None:
        return f"{cells.number(amount)}, not limited"
    return f"{cells.number(amount)} of {cells.number(limit)}"
