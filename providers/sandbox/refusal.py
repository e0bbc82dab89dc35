"""The one exception of the sandbox: a request that the provider would refuse."""

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """An error answer, already in the words and the envelope of the provider."""

    def __init__(
        self, status: int, body: dict[str, Any], *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})
