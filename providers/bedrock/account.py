"""An account at AWS: what a credential says of it, and the clients that speak for it.

Whatever a credential leaves out is AWS's own business: environment, profile, role of the machine.
https://docs.aws.amazon.com/boto3/latest/guide/credentials.html
"""

import os
from functools import lru_cache
from threading import Lock
from typing import Any

import boto3
import msgspec
from botocore.config import Config

from providers.base import Account, UpstreamError
from providers.bedrock import parsing

CONNECT_SECONDS = 10
READ_SECONDS = 60
TRIES = 4
MOST_CONNECTIONS = 50
# Where a server that plays all of AWS has each service, for accounts with a base URL.
PATHS = {"s3": "s3", "bedrock": "bedrock", "bedrock-runtime": "bedrock-runtime"}
DEFAULT_REGION = "us-east-1"


# A session makes one client at a time: https://docs.aws.amazon.com/boto3/latest/guide/clients.html
_making = Lock()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The options of a credential of Bedrock; its secret is the secret access key.

    `roles` are what clients may name beside `role_arn`. `minimum_records` is AWS's quota for a job. What
    has fewer is asked directly, `at_once` records at a time.
    """

    region: str = ""
    bucket: str = ""
    prefix: str = ""
    role_arn: str = ""
    roles: tuple[str, ...] = ()
    access_key_id: str = ""
    profile: str = ""
    endpoint_url_s3: str = ""
    endpoint_url_bedrock: str = ""
    endpoint_url_bedrock_runtime: str = ""
    minimum_records: int = 100
    timeout_hours: int = 24
    at_once: int = 8


class Connection(msgspec.Struct, frozen=True):
    """What one client is made of."""

    service: str
    region: str
    endpoint: str
    profile: str
    access_key_id: str
    secret: str
    tries: int
    read_seconds: int

    def __repr__(self) -> str:
        return f"Connection({self.service!r})"


class AWS:
    """The services of AWS as one account sees them."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.options = _read(account)

    def client(self, service: str, *, tries: int = TRIES, read_seconds: int = READ_SECONDS) -> Any:
        """A client, shared by all who ask for the same. Raises what botocore raises."""
        options = self.options
        return client_of(
            Connection(
                service=service,
                region=options.region,
                endpoint=self._endpoint(service),
                profile=options.profile,
                access_key_id=options.access_key_id,
                secret=self.account.secret,
                tries=tries,
                read_seconds=read_seconds,
            )
        )

    def wanted(self, name: str) -> str:
        """An option that must be there. Raises UpstreamError."""
        value: str = getattr(self.options, name)
        if not value:
            raise UpstreamError(
                f"The credential for Bedrock has no option {name!r}: ask the operator to add it.",
                permanent=True,
                code="missing_option",
            )
        return value

    def _endpoint(self, service: str) -> str:
        """Empty for AWS's own, or that of its environment."""
        named: str = getattr(self.options, f"endpoint_url_{service.replace('-', '_')}")
        base = self.account.base_url.rstrip("/")
        return named or (f"{base}/{PATHS[service]}" if base else "")


@lru_cache(maxsize=16)
def session_of(profile: str) -> boto3.Session:
    """Shared by all accounts: each holds AWS's descriptions of its services, ten megabytes a session."""
    return boto3.Session(profile_name=profile or None)


@lru_cache(maxsize=64)
def client_of(wanted: Connection) -> Any:
    service: Any = wanted.service
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=wanted.read_seconds,
        max_pool_connections=MOST_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": wanted.tries},
        s3={"addressing_style": _addressing(wanted)},
        # Few stores but AWS's take the checksums that boto3 adds unasked, and of an upload in parts
        # that has them AWS wants them again from a client who knows nothing of them.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        user_agent_extra="bifrost",
    )
    with _making:
        session = session_of(wanted.profile)
        client = session.client(
            service,
            region_name=wanted.region or session.region_name or DEFAULT_REGION,
            endpoint_url=wanted.endpoint or None,
            aws_access_key_id=wanted.access_key_id or None,
            aws_secret_access_key=wanted.secret if wanted.access_key_id else None,
            config=config,
        )
    parsing.watch(client)
    return client


def _addressing(wanted: Connection) -> Any:
    """Stores other than AWS's rarely know a bucket by the name of a host."""
    elsewhere = (
        wanted.endpoint
        or os.environ.get("AWS_ENDPOINT_URL_S3")
        or os.environ.get("AWS_ENDPOINT_URL")
    )
    return "path" if elsewhere else "auto"


def _read(account: Account) -> Options:
    try:
        return msgspec.convert(dict(account.options), Options)
    except msgspec.ValidationError as error:
        message = f"The options of the credential for Bedrock are wrong: {error}"
        raise UpstreamError(message, permanent=True, code="invalid_option") from error
