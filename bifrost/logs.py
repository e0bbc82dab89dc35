"""The request id on every line of the log."""

import logging
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")


class FailureFilter(logging.Filter):
    """Drops Django's lines about answers of 400 and above: the request log has them. Keeps traces."""

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(record.exc_info)


class RequestFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True
