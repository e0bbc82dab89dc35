"""Clients of S3 in one process with what answers them: boto3, and requests as they are written here."""

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.model import OperationModel
from botocore.validate import ParamValidator
from django.core.handlers.wsgi import WSGIHandler

ENDPOINT = "http://testserver/bedrock/files"
REGION = "us-west-2"


class Raw(NamedTuple):
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes


class Chunks(io.RawIOBase):
    """A body that comes in pieces, as a server hands it on."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        if not self._rest:
            self._rest = next(self._pieces, b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


class Server:
    """Calls the application as a WSGI server would, with the path decoded and not normalised."""

    def __init__(self) -> None:
        self.application = WSGIHandler()

    def __call__(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: Any = b"",
    ) -> tuple[int, dict[str, str], Iterator[bytes]]:
        parts = urlsplit(url)
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
            "QUERY_STRING": parts.query,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": headers.pop("host", parts.netloc),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": parts.scheme,
            "wsgi.input": self._input(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        told: dict[str, Any] = {}

        def start(status: str, given: list[tuple[str, str]], *_: Any) -> Callable[[bytes], None]:
            told["status"] = int(status.split()[0])
            told["headers"] = {name.lower(): value for name, value in given}
            return lambda chunk: None

        answer = self.application(environ, start)

        try:
            # A server sends no body with these.
            silent = method == "HEAD" or told["status"] in (204, 304)
            chunks = [] if silent else list(answer)
        finally:
            answer.close()
        return told["status"], told["headers"], iter(chunks)

    def raw(self, method: str, path: str, body: Any = b"", **headers: str) -> Raw:
        """A request below the surface's address; underscores of header names are dashes."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, bytes) and method in ("PUT", "POST"):
            names.setdefault("content-length", str(len(body)))
        names.setdefault("authorization", "Bearer AKIDANY")
        status, said, chunks = self(method, f"{ENDPOINT}{path}", names, body)
        return Raw(status, said, b"".join(chunks))

    def _input(self, body: Any) -> Any:
        if hasattr(body, "read"):
            return Chunks(iter(lambda: body.read(1 << 16), b""))
        return io.BytesIO(body) if isinstance(body, bytes | bytearray) else Chunks(body or ())


class Streamed(io.RawIOBase):
    """What urllib3 makes of a body, as far as botocore asks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = Chunks(chunks)

    def readable(self) -> bool:
        return True

    def read(self, amount: int | None = None, **_: Any) -> bytes:
        if amount is not None:
            return self._chunks.read(amount)
        return b"".join(iter(lambda: self._chunks.read(1 << 20), b""))

    def readinto(self, buffer: Any) -> int:
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def stream(self, amount: int = 1 << 16, **_: Any) -> Iterator[bytes]:
        while piece := self.read(amount):
            yield piece


def judge(parsed: dict[str, Any], model: OperationModel, **_: Any) -> None:
    """Fails a test whose answer is none that AWS's own description of its API allows."""
    if "Error" in parsed or model.output_shape is None:
        return
    said = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
    said.pop("Body", None)
    report = ParamValidator().validate(said, model.output_shape)
    assert not report.has_errors(), report.generate_report()


def boto(
    server: Server,
    provider: str = "",
    *,
    key: str = "AKIDANY",
    secret: str = "secret",
    endpoint: str = ENDPOINT,
    **config: Any,
) -> Any:
    """boto3's client, which asks for a provider as the guide does, by a header that it adds at the last."""
    made: Any = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, **config),
    )

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        if provider:
            request.headers["x-model-provider"] = provider
        headers = {name: _text(value) for name, value in request.headers.items()}
        status, said, chunks = server(request.method, request.url, headers, request.body)
        return AWSResponse(request.url, status, said, Streamed(chunks))

    made.meta.events.register_last("before-send", answer)
    made.meta.events.register("after-call.s3", judge)
    return made


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
