"""Calls to providers that speak plain HTTP: retries, time-outs, streams, typed errors."""

import secrets
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from os import SEEK_END
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from providers.answers import object_in, read_json
from providers.base import (
    CHECK_SECONDS,
    Account,
    AnswerLostError,
    Upstream,
    UpstreamError,
    waiting_for_a_key,
)

CONNECT_SECONDS = 10
READ_SECONDS = 60
# After its last byte, the answer to a body that was streamed. A lease must outlast it: see bifrost.W001.
UPLOAD_SECONDS = 120
CHUNK_BYTES = 256 * 1024
LONGEST_WAIT = 30
LONGEST_ASKED = 86_400.0
NONE: Mapping[str, str] = {}
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
ONCE = Retry(total=0, redirect=False, raise_on_status=False)


class HTTPUpstream(Upstream):
    """An upstream over HTTP. A provider says how it authenticates and how its errors read."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.session = requests.Session()
        # An `auth` of our own keeps a .netrc from replacing the key.
        self.session.auth = self._signed
        self._try_again(RETRY)

    def authenticate(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        raise NotImplementedError

    def explain(self, response: requests.Response) -> UpstreamError:
        """The error that an answer means, in the provider's words as far as it has any."""
        message = f"{self.host} answered {response.status_code}"
        error = error_in(response)
        # Some servers repeat the key that they refuse.
        said = str(error.get("message") or "").replace(self.account.secret or "\0", "***")
        if said:
            message += f": {said[:500]}"
        return UpstreamError(
            message,
            permanent=response.status_code not in TRANSIENT,
            code=f"http_{response.status_code}",
            retry_after=self.wait_asked(response, error),
        )

    def wait_asked(self, response: requests.Response, error: Mapping[str, Any]) -> float | None:
        """The seconds that the provider asks us to wait, where it says so."""
        return seconds_of(response.headers.get("retry-after"))

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
            return self._object(method, response)

    def glance(self, path: str, **params: Any) -> dict[str, Any]:
        """A GET for somebody who waits: it is not tried again. Errors are those of `call`."""
        self._try_again(ONCE)
        with self._send("GET", path, params=params, timeout=CHECK_SECONDS) as response:
            return self._object("GET", response)

    def headers_of(
        self, method: str, path: str, *, json: Mapping[str, Any], headers: Mapping[str, str] = NONE
    ) -> Mapping[str, str]:
        """The headers of an answer whose body says nothing. Errors are those of `call`."""
        headers = {"content-type": "application/json", **headers}
        with self._send(method, path, data=msgspec.json.encode(json), headers=headers) as response:
            return response.headers

    def send_file(self, path: str, fields: Mapping[str, str], name: str, content: BinaryIO) -> Any:
        """Post a form whose part `file` is streamed from `content`, which must be seekable."""
        form = MultipartForm(fields, name, content)
        return self.send_stream(path, form, content_type=form.content_type)[0]

    def send_stream(
        self, path: str, body: "Stream", *, content_type: str, headers: Mapping[str, str] = NONE
    ) -> tuple[dict[str, Any], Mapping[str, str]]:
        """Post a body as it is read; the JSON object of the answer, and its headers. Errors as `call`."""
        headers = {"content-type": content_type, **headers}
        with self._send(
            "POST", path, data=body, headers=headers, timeout=UPLOAD_SECONDS
        ) as response:
            return self._object("POST", response), response.headers

    def download(self, path: str) -> Iterator[bytes]:
        """The bytes of the answer as they come. Raises UpstreamError also half-way.

        What was paid for waits for a key that is not refused: see waiting_for_a_key.
        """
        with (
            waiting_for_a_key(),
            self._send("GET", path, stream=True) as response,
            self._named_failures("GET"),
        ):
            yield from response.iter_content(CHUNK_BYTES)

    def remove(self, path: str, *, gone: Container[str] = ("http_404",)) -> None:
        """Delete what may no longer be there, which are the errors `gone`. Other errors as `download`."""
        try:
            with waiting_for_a_key():
                self.call("DELETE", path)
        except UpstreamError as error:
            if error.code not in gone:
                raise

    def _try_again(self, rule: Retry) -> None:
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, _Adapter(max_retries=rule))

    def _signed(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Raises UpstreamError for what http.client would refuse in words that repeat the key."""
        signed = self.authenticate(request)
        for name, value in signed.headers.items():
            if not (str(value).isascii() and str(value).isprintable()):
                message = f"{name} for {self.host} holds a character that cannot be sent"
                raise UpstreamError(message, code="unsendable_header")
        return signed

    @contextmanager
    def _send(
        self, method: str, path: str, *, timeout: float = READ_SECONDS, **options: Any
    ) -> Iterator[requests.Response]:
        with self._named_failures(method):
            response = self.session.request(
                method,
                # The slash is ours: without it a path could go on with the name of the host.
                f"{self.account.base_url.rstrip('/')}/{path.removeprefix('/')}",
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

    def _object(self, method: str, response: requests.Response) -> dict[str, Any]:
        with suppress(UpstreamError):
            answer = read_json(response.content)
            if isinstance(answer, dict):
                return answer
        kind = AnswerLostError if method == "POST" else UpstreamError
        raise kind(f"{self.host} answered with something that is no JSON object", code="not_json")


class Stream:
    """A body of known length that reads its file as it is sent."""

    def __init__(self, start: bytes, content: BinaryIO, end: bytes) -> None:
        """`content` must be seekable, and is sent from its start."""
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

    def _chunks(self, start: bytes, content: BinaryIO, end: bytes) -> Iterator[bytes]:
        """None of them is empty: that would be taken for the end."""
        if start:
            yield start
        while chunk := content.read(CHUNK_BYTES):
            yield chunk
        if end:
            yield end


class MultipartForm(Stream):
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
        super().__init__(head.encode(), content, f"\r\n--{boundary}--\r\n".encode())


class _Adapter(HTTPAdapter):
    """Writes in larger blocks than urllib3's 16 KB."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, blocksize=CHUNK_BYTES)


def error_in(response: requests.Response) -> dict[str, Any]:
    """The object in which all vendors say what went wrong; empty if there is none."""
    try:
        return object_in(object_in(read_json(response.content)).get("error"))
    except (UpstreamError, requests.RequestException):
        return {}


def seconds_of(text: object) -> float | None:
    """A time to wait that can be borne; None for what is no number."""
    try:
        return min(max(0.0, float(str(text))), LONGEST_ASKED)
    except ValueError:
        return None
