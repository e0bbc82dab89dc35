"""What can be set from the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

LimitsT = TypeVar("LimitsT")

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`limits` has the limits of every vendor by their class, which the vendor's folder defines."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8090
    seconds: float = 6.0
    workers: int = 2
    limits: Mapping[type[Any], Any] = field(default_factory=dict)

    def limits_of(self, kind: type[LimitsT]) -> LimitsT:
        limits = self.limits.get(kind, kind())
        assert isinstance(limits, kind)
        return limits
