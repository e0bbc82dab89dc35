"""Cut one array out of a JSON body as it comes: its elements, byte for byte, each as soon as it is there."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from django.core.exceptions import RequestDataTooBig

from gateway.fields import WORDS, decoded, no_json
from gateway.surface import RequestError
from providers.records import MAX_LINE_BYTES

Path = Sequence[tuple[str, ...]]
"""The keys on the way to an array, each in all the spellings that it may have, the usual one first."""

SPACE = re.compile(rb"[ \t\r\n]*")
COMPLAINT = "JSON is malformed: "
TRAILING = f"{COMPLAINT}trailing characters"
_value = msgspec.json.Decoder(msgspec.Raw)


class Elements:
    """The objects in the array at `path`, and what is around it.

    Iterate to the end; then `rest` is the body with null in place of the array, and `found` says whether
    there was one. `name` is what errors call it. Holds one element, of at most MAX_LINE_BYTES, and
    `most_rest` bytes of the rest.

    Raises RequestError, which names the element by its index, RequestDataTooBig for too large a rest, and
    what `chunks` raise.
    """

    def __init__(self, chunks: Iterable[bytes], path: Path, *, most_rest: int) -> None:
        self.name = ".".join(spellings[0] for spellings in path)
        self.rest: dict[str, Any] = {}
        self.found = False
        self._window = _Window(chunks)
        self._path = path
        self._around = bytearray()
        self._most_rest = most_rest

    def __iter__(self) -> Iterator[bytes]:
        if self._window.ended():
            return
        yield from self._object(self._path)
        if not self._window.ended():
            raise no_json()
        self.rest = decoded(bytes(self._around), dict[str, Any])

    def _object(self, path: Path) -> Iterator[bytes]:
        """The elements of the array at the path in the object that begins here."""
        self._mark(b"{")
        while not self._window.begins(b"}"):
            key = self._keep_value()
            self._mark(b":")
            if decoded(key, str) in path[0]:
                yield from self._step(path)
            else:
                self._keep_value()
            if not self._window.begins(b","):
                break
            self._mark(b",")
        self._mark(b"}")

    def _step(self, path: Path) -> Iterator[bytes]:
        """Those in the value that begins here, whose key is the first of the path."""
        if len(path) > 1 and self._window.begins(b"{"):
            yield from self._object(path[1:])
        elif len(path) > 1:
            self._keep_value()
        elif self._window.begins(b"["):
            yield from self._array()
            self._keep(b"null")
        else:
            self._refuse_other(self._keep_value())

    def _array(self) -> Iterator[bytes]:
        if self.found:
            raise RequestError(f"{self.name}: it is given twice.", code="invalid_json")
        self.found = True
        window = self._window
        window.take(b"[")
        index, more = 0, not window.begins(b"]")
        while more:
            yield self._element(index)
            index += 1
            if more := window.begins(b","):
                window.take(b",")
        window.take(b"]")

    def _element(self, index: int) -> bytes:
        if not self._window.begins(b"{"):
            ended = self._window.ended()
            raise no_json() if ended else self._wrong(index, "expected an object", "invalid_type")
        try:
            element = self._window.value(MAX_LINE_BYTES)
            # msgspec does not look whether what it skips is UTF-8.
            if not element.isascii():
                element.decode()
        except RequestDataTooBig:
            why = f"it is larger than {MAX_LINE_BYTES} bytes"
            raise self._wrong(index, why, "request_too_large", status=413) from None
        except (RequestError, UnicodeDecodeError):
            raise self._wrong(index, "it is no JSON", "invalid_json") from None
        return element

    def _wrong(self, index: int, why: str, code: str, *, status: int = 400) -> RequestError:
        name = f"{self.name}.{index}"
        return RequestError(f"{name}: {why}.", status=status, code=code, param=name)

    def _refuse_other(self, value: bytes) -> None:
        """Raises RequestError for what is neither an array nor null."""
        kind = type(decoded(value, object))
        if kind is not type(None):
            raise RequestError(
                f"Invalid type for '{self.name}': expected an array, but got {WORDS[kind]} instead.",
                code="invalid_type",
                param=self.name,
            )

    def _keep_value(self) -> bytes:
        value = self._window.value(self._most_rest)
        self._keep(value)
        return value

    def _mark(self, mark: bytes) -> None:
        self._window.take(mark)
        self._keep(mark)

    def _keep(self, part: bytes) -> None:
        self._around += part
        if len(self._around) > self._most_rest:
            raise RequestDataTooBig


class _Window:
    """What was read of a body and not yet taken. Its methods raise RequestError where it is no JSON."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._data = bytearray()

    def ended(self) -> bool:
        """Whether nothing but white space is left."""
        while True:
            self._take(SPACE.match(self._data).end())  # type: ignore[union-attr]
            if self._data:
                return False
            if not self._read(1):
                return True

    def begins(self, mark: bytes) -> bool:
        """Whether the next that is no white space is this."""
        return self._data.startswith(mark) or (not self.ended() and self._data.startswith(mark))

    def take(self, mark: bytes) -> None:
        if not self.begins(mark):
            raise no_json()
        self._take(len(mark))

    def value(self, longest: int) -> bytes:
        """The bytes of the value that begins here. Raises RequestDataTooBig for more than `longest`."""
        if self.ended():
            raise no_json()
        while not (size := self._size()):
            held = len(self._data)
            if held > longest:
                raise RequestDataTooBig
            # Twice as much, since what was looked at is looked at again.
            if not self._read(min(held, longest + 1 - held)):
                raise no_json()
        value = self._take(size).rstrip()
        if len(value) > longest:
            raise RequestDataTooBig
        return value

    def _size(self) -> int:
        """How long the value is, perhaps with white space behind it; 0 if it is not all there.

        msgspec tells by its complaint about what comes after it, and where it found anything wrong.
        """
        try:
            _value.decode(self._data)
        except RecursionError:
            raise no_json() from None
        except msgspec.DecodeError as error:
            what, _, byte = str(error).rpartition(" (byte ")
            at = int(byte[:-1]) if what.startswith(COMPLAINT) else len(self._data)
            if what == TRAILING:
                return at - 1
            if at < len(self._data):
                raise no_json() from None
            return 0
        # A number or a word may go on in what is still to come.
        return len(self._data) if self._data[-1] in b'}]"' else 0

    def _take(self, size: int) -> bytes:
        """The front of a bytearray is cut off without moving the rest."""
        with memoryview(self._data) as data:
            taken = bytes(data[:size])
        del self._data[:size]
        return taken

    def _read(self, least: int) -> int:
        """Read so many bytes more, or what is left; says how many."""
        held = len(self._data)
        while len(self._data) < held + least and (chunk := next(self._chunks, None)) is not None:
            self._data += chunk
        return len(self._data) - held
