"""Requests that are signed here as AWS's documentation says, step by step, so that any step can be wrong."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

EMPTY = hashlib.sha256().hexdigest()
STREAMED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def encoded(text: str, safe: str = "") -> str:
    return quote(text, safe=safe + "-_.~")


@dataclass(frozen=True)
class Signer:
    """Whoever has the pair. `at` is what its clock shows."""

    key: str
    secret: str
    at: datetime
    service: str = "s3"
    region: str = "us-west-2"
    end: str = "aws4_request"
    scope_date: str = ""

    @classmethod
    def now(cls, key: str, secret: str) -> "Signer":
        return cls(key, secret, datetime.now(UTC))

    def but(self, **changes: object) -> "Signer":
        return replace(self, **changes)

    @property
    def time(self) -> str:
        return self.at.strftime("%Y%m%dT%H%M%SZ")

    @property
    def scope(self) -> str:
        return f"{self.scope_date or self.time[:8]}/{self.region}/{self.service}/{self.end}"

    def sign(self, text: str) -> str:
        key = f"AWS4{self.secret}".encode()
        for part in self.scope.split("/"):
            key = mac(key, part)
        return mac(key, text).hex()

    def signature(
        self, method: str, url: str, headers: dict[str, str], payload: str, path: str = ""
    ) -> str:
        """Of all these headers, which have lower-case names."""
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        query = "&".join(sorted(f"{encoded(name)}={encoded(value)}" for name, value in pairs))
        lines = [f"{name}:{' '.join(value.split())}" for name, value in sorted(headers.items())]
        names = ";".join(sorted(headers))
        path = path or parts.path
        canonical = "\n".join([method, path, query, *lines, "", names, payload])
        text = "\n".join(["AWS4-HMAC-SHA256", self.time, self.scope, sha256(canonical.encode())])
        return self.sign(text)

    def headers(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        *,
        payload: str = "",
        path: str = "",
        leave_out: Iterable[str] = (),
        **more: str,
    ) -> dict[str, str]:
        """For a request; underscores of names are dashes. What is left out is sent and not signed."""
        payload = payload or sha256(body)
        given = {
            "host": urlsplit(url).netloc,
            "x-amz-date": self.time,
            "x-amz-content-sha256": payload,
        } | {name.replace("_", "-"): value for name, value in more.items()}
        signed = {name: value for name, value in given.items() if name not in leave_out}
        signature = self.signature(method, url, signed, payload, path)
        names = ";".join(sorted(signed))
        parts = f"Credential={self.key}/{self.scope}, SignedHeaders={names}, Signature={signature}"
        return given | {"authorization": f"AWS4-HMAC-SHA256 {parts}"}

    def url(self, method: str, url: str, *, expires: object = 60, payload: str = "") -> str:
        """For others."""
        parameters = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self.key}/{self.scope}",
            "X-Amz-Date": self.time,
            "X-Amz-Expires": str(expires),
            "X-Amz-SignedHeaders": "host",
        }
        query = "&".join(f"{name}={encoded(value)}" for name, value in parameters.items())
        url += ("&" if "?" in url else "?") + query
        host = {"host": urlsplit(url).netloc}
        signature = self.signature(method, url, host, payload or "UNSIGNED-PAYLOAD")
        return f"{url}&X-Amz-Signature={signature}"

    def chunked(self, chunks: Iterable[bytes], seed: str, trailer: str = "") -> bytes:
        """A body of these chunks and an empty one, and perhaps a line `name:value`."""
        body, previous = b"", seed
        for chunk in (*chunks, b""):
            lines = ("AWS4-HMAC-SHA256-PAYLOAD", self.time, self.scope, previous, EMPTY)
            previous = self.sign("\n".join([*lines, sha256(chunk)]))
            body += f"{len(chunk):x};chunk-signature={previous}\r\n".encode() + chunk
            body += b"\r\n" if chunk else b""
        if not trailer:
            return body + b"\r\n"
        head = ("AWS4-HMAC-SHA256-TRAILER", self.time, self.scope, previous)
        signature = self.sign("\n".join([*head, sha256(f"{trailer}\n".encode())]))
        return body + f"{trailer}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()


def seed_of(headers: dict[str, str]) -> str:
    return headers["authorization"].rpartition("Signature=")[2]
