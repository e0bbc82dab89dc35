"""Calls to providers that speak plain HTTP: retries, time-outs, streams, typed errors."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import SEEK_END
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from providers.base import Account, AnswerLostError, Upstream, UpstreamError

CONNECT_SECONDS = 10
READ_SECONDS = 60
UPLOAD_SECONDS = 600
CHUNK_BYTES = 256 * 1024
LONGEST_WAIT = 30
LONGEST_ASKED = 86_400.0
TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})

# Only calls that change nothing are tried again here. urllib3 also retries a failed connect of any
# method: nothing was sent then.
RETRY = Retry(
    total=3,
    status_forcelist=TRANSIENT,
    allowed_methods=("GET", "DELETE"),
    backoff_factor=0.5,
    backoff_jitter=0.5,
    backoff_max=8,
    retry_after_max=LONGEST_WAIT,
    raise_on_status=False,
    redirect=False,
)


class HTTPUpstream(Upstream):
    """An upstream over HTTP. A provider says how it authenticates and how its errors read."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.session = requests.Session()
        # An `auth` of our own keeps a .netrc from replacing the key.
        self.session.auth = self.authenticate
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, _Adapter(max_retries=RETRY))

    def authenticate(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        raise NotImplementedError

    def explain(self, response: requests.Response) -> UpstreamError:
        """The error that an answer means. Overridden where the provider's envelope says more."""
        return UpstreamError(
            f"{self.host} answered {response.status_code}",
            permanent=response.status_code not in TRANSIENT,
            code=f"http_{response.status_code}",
            retry_after=retry_after(response),
        )

    @property
    def host(self) -> str:
        return urlsplit(self.account.base_url).hostname or self.account.base_url

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The JSON object of the answer. Raises UpstreamError, AnswerLostError for a lost POST."""
        body = msgspec.json.encode(json) if json is not None else None
        headers = {"content-type": "application/json"} if body else None
        with self._send(method, path, params=params, data=body, headers=headers) as response:
            return self._object(response)

    def send_file(self, path: str, fields: Mapping[str, str], name: str, content: BinaryIO) -> Any:
        """Post a form whose part `file` is streamed from `content`, which must be seekable."""
        form = MultipartForm(fields, name, content)
        headers = {"content-type": form.content_type}
        with self._send(
            "POST", path, data=form, headers=headers, timeout=UPLOAD_SECONDS
        ) as response:
            return self._object(response)

    def download(self, path: str) -> Iterator[bytes]:
        """The bytes of the answer as they come. Raises UpstreamError also half-way."""
        with self._send("GET", path, stream=True) as response, self._named_failures("GET"):
            yield from response.iter_content(CHUNK_BYTES)

    @contextmanager
    def _send(
        self, method: str, path: str, *, timeout: float = READ_SECONDS, **options: Any
    ) -> Iterator[requests.Response]:
        with self._named_failures(method):
            response = self.session.request(
                method,
                self.account.base_url.rstrip("/") + path,
                timeout=(CONNECT_SECONDS, timeout),
                allow_redirects=False,
                **options,
            )
        with response:
            if response.status_code >= 300:
                raise self._refusal(method, response)
            yield response

    def _refusal(self, method: str, response: requests.Response) -> UpstreamError:
        error = self.explain(response)
        # A gateway's 5xx says nothing about what the server behind it did.
        if method == "POST" and response.status_code >= 500:
            return AnswerLostError(error.message, code=error.code, retry_after=error.retry_after)
        return error

    @contextmanager
    def _named_failures(self, method: str) -> Iterator[None]:
        try:
            yield
        except requests.ConnectTimeout as error:
            raise UpstreamError(f"{self.host} cannot be reached", code="unreachable") from error
        except requests.RequestException as error:
            raise self._no_answer(method, error) from error

    def _no_answer(self, method: str, error: requests.RequestException) -> UpstreamError:
        """A POST that got no whole answer may have been carried out, unless it was never sent."""
        if "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error):
            return UpstreamError(f"{self.host} cannot be reached", code="unreachable")
        kind = AnswerLostError if method == "POST" else UpstreamError
        return kind(f"{self.host} gave no answer: {type(error).__name__}", code="no_answer")

    def _object(self, response: requests.Response) -> dict[str, Any]:
        try:
            return msgspec.json.decode(response.content, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise AnswerLostError(
                f"{self.host} answered with something that is no JSON object", code="not_json"
            ) from error


class MultipartForm:
    """A multipart body of known length that reads its file as it is sent."""

    def __init__(self, fields: Mapping[str, str], name: str, content: BinaryIO) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        head = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        )
        head += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/jsonl\r\n\r\n"
        )
        start, end = head.encode(), f"\r\n--{boundary}--\r\n".encode()
        self.length = len(start) + content.seek(0, SEEK_END) + len(end)
        content.seek(0)
        self.chunks = self._chunks(start, content, end)

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[bytes]:
        return self.chunks

    def read(self, size: int = -1) -> bytes:
        """The next chunk, whatever its size: what an HTTP client needs until it is empty."""
        return next(self.chunks, b"")

    @staticmethod
    def _chunks(start: bytes, content: BinaryIO, end: bytes) -> Iterator[bytes]:
        yield start
        while chunk := content.read(CHUNK_BYTES):
            yield chunk
        yield end


class _Adapter(HTTPAdapter):
    """Writes in larger blocks than urllib3's 16 KB."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, blocksize=CHUNK_BYTES)


def retry_after(response: requests.Response) -> float | None:
    """The seconds that the provider asks us to wait, where it says so in seconds."""
    try:
        return min(max(0.0, float(response.headers["retry-after"])), LONGEST_ASKED)
    except (KeyError, ValueError):
        return None
