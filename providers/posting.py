"""Post to an address that a user named: not to this machine or its network, unless the operator allows it.

The name is looked up once, and the call goes to the very address that was checked: who answers for the name
may say something else a moment later. Redirects are not followed.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from providers.addresses import PORTS, place_of
from providers.http import seconds_of

# For all of a call but the look-up of the name.
SECONDS = 10.0
MOST_ADDRESSES = 4
FIRST_FREE_PORT = 1024
# As in `addresses`, but with a query: receivers keep a token there.
TARGET = re.compile(
    r"https?://([a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?"
    r"(/[a-z0-9._~!$&'()*+,;=:@%/-]*)?(\?[a-z0-9._~!$&'()*+,;=:@%/?-]*)?",
    re.IGNORECASE | re.ASCII,
)
HOW_TO_ALLOW = "unless the operator sets BIFROST_WEBHOOK_PRIVATE=1"
# IPv6 that stands for IPv4, and where in it that is.
WITHIN = {
    ipaddress.IPv6Network("::/96"): 0,
    ipaddress.IPv6Network("::ffff:0:0/96"): 0,
    ipaddress.IPv6Network("64:ff9b::/96"): 0,
    ipaddress.IPv6Network("2002::/16"): 80,
}
# All that is routed there.
GLOBAL_SIX = ipaddress.IPv6Network("2000::/3")
OF_PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")
# Where clouds tell machines their secrets, beside the link-local addresses: AWS, Alibaba, Oracle, Azure.
METADATA = {
    ipaddress.ip_address(text)
    for text in ("fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16")
}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# A family of addresses, and what sockets of it connect to.
Place = tuple[int, Any]


class NoAnswerError(Exception):
    """The call got no answer. The message says why, and nothing of the address but its host."""


@dataclass(frozen=True)
class Answer:
    """`retry_after`: how many seconds to wait, where it says so."""

    status: int
    retry_after: float | None


def check_target(url: str) -> None:
    """Raises ValidationError for what may not be posted to, as far as it shows without a look-up."""
    if refusal := refusal_of(url):
        raise ValidationError(f"{refusal[:1].upper()}{refusal[1:]}.")


def refusal_of(url: str) -> str:
    """Why an address may not be posted to, empty if it may. It does not repeat what may hold a secret."""
    if not TARGET.fullmatch(url):
        return (
            "the address is no plain http or https URL: write one such as "
            "https://example.com/hooks/batches, without user and fragment"
        )
    host, port = place_of(url)
    if not 0 < port < 2**16:
        return "the address has a port that is none"
    with suppress(ValueError):
        if refusal := refusal_of_address(ipaddress.ip_address(host)):
            return refusal
    if settings.WEBHOOK_PRIVATE:
        return ""
    if not url.lower().startswith("https:"):
        return f"the address must begin with https://, {HOW_TO_ALLOW}"
    if port not in PORTS.values() and port < FIRST_FREE_PORT:
        return f"port {port} is no web server's: use 443, or one from 1024 on, {HOW_TO_ALLOW}"
    return ""


def refusal_of_address(address: Address) -> str:
    """Why an address that a name leads to may not be called, empty if it may."""
    real = _unwrapped(address)
    if real.is_link_local or real.is_multicast or real.is_unspecified or real in METADATA:
        return "its host is an address that is never called: link-local, multicast or a cloud's own"
    if settings.WEBHOOK_PRIVATE or _is_public(real):
        return ""
    return (
        f"its host is an address of this machine or of a private network: not called {HOW_TO_ALLOW}"
    )


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """What the receiver answered, of which nothing but the head is read. Raises NoAnswerError."""
    if refusal := refusal_of(url):
        raise NoAnswerError(f"not sent: {refusal}")
    parts = urlsplit(url)
    host, port = place_of(url)
    deadline = time.monotonic() + SECONDS
    with _named_failures(host):
        sock = _connected(_allowed(host, port), deadline)
        with sock:
            if parts.scheme == "https":
                sock = _tls().wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
            with sock, _cut_off_at(deadline, sock):
                return _asked(sock, parts, body, headers)


def _asked(
    sock: socket.socket, parts: SplitResult, body: bytes, headers: Mapping[str, str]
) -> Answer:
    if isinstance(sock, ssl.SSLSocket):
        sock.do_handshake()
    connection = http.client.HTTPConnection(str(parts.hostname))
    connection.sock = sock
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request(
        "POST", target, body, {**headers, "host": parts.netloc, "connection": "close"}
    )
    answer = connection.getresponse()
    return Answer(answer.status, seconds_of(answer.headers.get("retry-after")))


def _allowed(host: str, port: int) -> list[Place]:
    """Where the host is, of what may be called. Raises NoAnswerError if that is nothing."""
    found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    refusals = {}
    for _, _, _, _, place in found:
        address = ipaddress.ip_address(str(place[0]).partition("%")[0])
        refusals[place] = refusal_of_address(address)
    allowed = [(family, place) for family, _, _, _, place in found if not refusals[place]]
    if not allowed:
        raise NoAnswerError(f"not sent: {next(iter(refusals.values()), 'its host has no address')}")
    return allowed[:MOST_ADDRESSES]


def _connected(places: list[Place], deadline: float) -> socket.socket:
    """With the first that lets us. Raises OSError."""
    failure = OSError("no address")
    for number, (family, place) in enumerate(places):
        sock = socket.socket(family, socket.SOCK_STREAM)
        left = deadline - time.monotonic()
        # One that does not answer leaves time for the others.
        sock.settimeout(max(0.1, left / (len(places) - number)))
        try:
            sock.connect(place)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


@contextmanager
def _cut_off_at(deadline: float, sock: socket.socket) -> Iterator[None]:
    """A time-out of a socket is one between two bytes: who sends one now and then would hold us for ever."""
    left = max(0.1, deadline - time.monotonic())
    sock.settimeout(left)
    timer = threading.Timer(left, _cut, [sock])
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException):
        # Either of both ends it first.
        if time.monotonic() >= deadline:
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):
        # Not the method of TLS sockets, which another thread may be reading.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


@contextmanager
def _named_failures(host: str) -> Iterator[None]:
    try:
        yield
    except (socket.gaierror, UnicodeError):
        raise NoAnswerError(f"{host} is not known: its name leads to no address") from None
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or error.reason or "no TLS"
        raise NoAnswerError(f"{host} cannot be trusted: {why}") from None
    except TimeoutError:
        raise NoAnswerError(f"{host} gave no answer within {SECONDS:g} seconds") from None
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswerError(f"{host} gave no answer: {type(error).__name__}") from None


def _is_public(address: Address) -> bool:
    if not address.is_global or address.is_reserved:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return address in GLOBAL_SIX
    return address not in OF_PROTOCOLS


def _unwrapped(address: Address) -> Address:
    """The address behind one that only stands for another."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.teredo:
        return address.teredo[1]
    for network, shift in WITHIN.items():
        if address in network and int(address) > 1:
            return ipaddress.IPv4Address(int(address) >> shift & 0xFFFFFFFF)
    return address


@cache
def _tls() -> ssl.SSLContext:
    """What browsers trust, and what the machine does besides."""
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.load_default_certs()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
