"""JSON for people: indented, its long texts folded, and no more of it than a page can bear."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

MOST = 64 * 1024
LONGEST_READ = 8 * 2**20
LONGEST_OPEN = 400
HEAD = 160
DEEPEST = 60


class _FullError(Exception):
    """The page has enough."""


class _Printer:
    """Writes one value, as long as there is room."""

    def __init__(self, most: int) -> None:
        self.left = most
        self.parts: list[str] = []

    def put(self, text: str, kind: str = "") -> None:
        shown = text[: self.left]
        self.left -= len(shown)
        if kind and len(shown) > LONGEST_OPEN:
            self.parts.append(
                format_html(
                    '<details class="bf-{}"><summary>{}… <i>{} characters</i></summary>{}</details>',
                    kind,
                    shown[:HEAD],
                    f"{len(text):,}",
                    shown,
                )
            )
        else:
            self.parts.append(format_html('<span class="bf-{}">{}</span>', kind or "sign", shown))
        if len(shown) < len(text) or not self.left:
            raise _FullError

    def value(self, value: Any, depth: int) -> None:
        if depth > DEEPEST:
            self.put("…")
        elif isinstance(value, Mapping):
            self.items(value.items(), "{}", depth)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            self.items(((None, one) for one in value), "[]", depth)
        else:
            self.put(_said(value), "text" if isinstance(value, str) else "number")

    def items(self, items: Any, brackets: str, depth: int) -> None:
        self.put(brackets[0])
        count = 0
        for count, (name, value) in enumerate(items, 1):
            self.put(f"{',' if count > 1 else ''}\n{'  ' * (depth + 1)}")
            if name is not None:
                self.put(_said(name), "name")
                self.put(": ")
            self.value(value, depth + 1)
        self.put(f"\n{'  ' * depth}{brackets[1]}" if count else brackets[1])


def pretty(line: bytes, most: int = MOST) -> tuple[SafeString, bool]:
    """The line as HTML, and whether some of it is left out. What is no JSON is shown as it is."""
    printer = _Printer(most)
    try:
        for value in _values(line):
            printer.value(value, 0)
    except _FullError:
        return _joined(printer), True
    return _joined(printer), False


def _values(line: bytes) -> Iterator[Any]:
    if len(line) <= LONGEST_READ:
        try:
            yield msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        else:
            return
    yield line[:LONGEST_READ].decode(errors="replace")


def _joined(printer: _Printer) -> SafeString:
    # Each part is escaped.
    return mark_safe("".join(printer.parts))  # noqa: S308


def _said(value: Any) -> str:
    return msgspec.json.encode(value).decode()
