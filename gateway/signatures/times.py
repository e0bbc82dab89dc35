"""When a request was signed, and for how long that counts."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

BASIC = "%Y%m%dT%H%M%SZ"
SKEW = timedelta(minutes=15)
LONGEST = timedelta(days=7)
_BASIC = re.compile(r"[0-9]{8}T[0-9]{6}Z")


def moment(text: str) -> datetime | None:
    """Of either form that clients write times in; None if it is no time."""
    try:
        if _BASIC.fullmatch(text):
            return datetime.strptime(text, BASIC).replace(tzinfo=UTC)
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def basic(time: datetime) -> str:
    return time.astimezone(UTC).strftime(BASIC)
