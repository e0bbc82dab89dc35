"""What these tests share with those of batches and of providers: the sandbox, and a server that lies."""

from tests.admin.conftest import client_with, house
from tests.batches.conftest import (
    credential,
    direct,
    make,
    provider,
    quick,
    sandbox,
    small_jobs,
    workspace,
)
from tests.providers.conftest import impatient, server, vendor
from tests.s3.conftest import server as s3_server

__all__ = [
    "client_with",
    "credential",
    "direct",
    "house",
    "impatient",
    "make",
    "provider",
    "quick",
    "s3_server",
    "sandbox",
    "server",
    "small_jobs",
    "vendor",
    "workspace",
]
