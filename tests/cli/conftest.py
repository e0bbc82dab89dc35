"""Batches that a simulated provider has run, as the tests of the services have them."""

from tests.batches.conftest import (
    credential,
    direct,
    make,
    provider,
    quick,
    sandbox,
    workspace,
)

__all__ = [
    "credential",
    "direct",
    "make",
    "provider",
    "quick",
    "sandbox",
    "workspace",
]
