"""The records that an estimate is asked for: of a stored file, or those in the body of the request."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO

from django.conf import settings
from django.http import HttpRequest

from files import names, objects
from files import services as files
from files.buckets import bucket_of
from files.models import File
from gateway import body
from gateway.caller import Caller
from gateway.elements import Elements
from gateway.estimate import wire
from gateway.inline import LINE_ENDS
from gateway.surface import RequestError
from gateway.turns import in_turns
from providers.ids import core_id
from providers.models import Provider

LINES = ("application/jsonl", "application/x-jsonl", "application/x-ndjson")
REQUESTS = (("requests",),)
IN_MEMORY = 2**20
BLOCK_BYTES = 256 * 1024
S3 = "s3://"

Read = Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class Source:
    """What is asked, and the bytes of the input, as often as they are wanted."""

    asked: wire.Asked
    chunks: Read


@contextmanager
def received(request: HttpRequest, caller: Caller) -> Iterator[Source]:
    """Raises RequestError, RequestDataTooBig, BrokenOffError, NotAllowedError and BucketError."""
    with SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
        if request.content_type in LINES:
            asked = wire.read_query(request.GET)
            for chunk in _metered(_sent(request)):
                spool.write(chunk)
            yield Source(asked, partial(_spooled, spool))
            return
        elements = Elements(_metered(_sent(request)), REQUESTS, most_rest=settings.MAX_JSON_BYTES)
        for element in elements:
            spool.write(element.translate(LINE_ENDS) + b"\n")
        asked = wire.read_body(elements.rest, request.GET, inline=elements.found)
        if elements.found:
            yield Source(asked, partial(_spooled, spool))
        else:
            yield Source(asked, partial(_stored, _small(found(caller, asked.input_file_id))))


def found(caller: Caller, file_id: str) -> File:
    """A file by its id in the form of any surface, by the name that its client gave it, or an object in S3.

    Raises RequestError 404, NotAllowedError and BucketError.
    """
    file: File | None
    if file_id.startswith(S3):
        file = _at(caller, file_id)
    else:
        file = next(iter(caller.files.filter(name=file_id.removeprefix("files/")).order_by()), None)
        file = file or caller.file(core_id(file_id))
    if file is None:
        raise RequestError(
            f"No such File object: {file_id[:100]}", status=404, param="input_file_id"
        )
    return file


def _at(caller: Caller, address: str) -> File | None:
    bucket, _, key = address.removeprefix(S3).partition("/")
    named = names.find(caller.workspace, bucket, key) or caller.file(core_id(key))
    if named or not (bucket and key):
        return named
    caller.check_provider(Provider.BEDROCK)
    return objects.find(caller.workspace, bucket_of(caller.workspace, bucket), key)


def _small(file: File) -> File:
    if file.size > wire.MOST_BYTES:
        raise wire.too_large()
    return file


def _sent(request: HttpRequest) -> Iterable[bytes]:
    """Whoever checked a signature has read the body already."""
    known = request.META.get(body.WHOLE)
    return body.chunks(request) if known is None else (known,)


def _metered(chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > wire.MOST_BYTES:
            raise wire.too_large()
        yield chunk


def _spooled(spool: IO[bytes]) -> Iterator[bytes]:
    spool.seek(0)
    return in_turns(iter(partial(spool.read, BLOCK_BYTES), b""))


def _stored(file: File) -> Iterator[bytes]:
    return in_turns(files.stream(file))
