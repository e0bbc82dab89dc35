"""How values look in the admin, in a list's cells and on a page. All text is escaped."""

from datetime import datetime, timedelta

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from providers.money import UNKNOWN, dollars

NONE = mark_safe('<span class="bf-none">–</span>')
# The longest span that each unit still tells well, and the unit's seconds.
UNITS = ((90, 1, "s"), (90 * 60, 60, "min"), (36 * 3600, 3600, "h"))
DAY = 86400


def number(value: int) -> str:
    return f"{value:,}"


def count(value: int, noun: str, plural: str = "") -> str:
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {plural or noun + 's'}"


def size(value: int) -> str:
    return filesizeformat(value)


def cost(billionths: int | None) -> SafeString | str:
    """Money, or that nobody knows how much."""
    return faint(UNKNOWN) if billionths is None else dollars(billionths)


def span(length: timedelta) -> str:
    """A length of time in its one most telling unit."""
    seconds = abs(length.total_seconds())
    for most, unit, name in UNITS:
        if seconds < most:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / DAY:.0f} d"


def ago(moment: datetime | None) -> SafeString:
    """How long ago, or in how long, with the moment itself behind it."""
    if moment is None:
        return NONE
    length = timezone.now() - moment
    if abs(length) < timedelta(seconds=1):
        return _time(moment, "now")
    return _time(moment, f"{span(length)} ago" if length > timedelta() else f"in {span(length)}")


def age(moment: datetime) -> SafeString:
    return _time(moment, span(timezone.now() - moment))


def stamp(moment: datetime | None) -> SafeString:
    """A moment to the second, in UTC."""
    return _time(moment, f"{moment:%Y-%m-%d %H:%M:%S}") if moment else NONE


def label(text: str, tone: str = "calm") -> SafeString:
    return format_html('<span class="bf-label bf-{}">{}</span>', tone, text)


def code(text: str) -> SafeString:
    return format_html('<code class="bf-code">{}</code>', text) if text else NONE


def faint(text: str) -> SafeString:
    """What goes without saying."""
    return format_html('<span class="bf-none">{}</span>', text)


def link(url: str, text: str) -> SafeString:
    return format_html('<a class="bf-link" href="{}">{}</a>', url, text)


def name(text: str, length: int = 28) -> SafeString:
    """An id of any length: its beginning and its end tell it from others."""
    if len(text) <= length:
        return code(text)
    head, tail = text[: length // 2 - 1], text[-(length // 2) :]
    return format_html('<code class="bf-code" title="{}">{}…{}</code>', text, head, tail)


def clipped(text: str, length: int = 60) -> SafeString:
    """The beginning of a text, with the whole of it behind it."""
    if not text:
        return NONE
    head = text if len(text) <= length else f"{text[: length - 1]}…"
    return format_html('<span class="bf-clipped" title="{}">{}</span>', text, head)


def stacked(*lines: str) -> SafeString:
    """A cell of several lines, the first of which matters most."""
    rows = format_html_join("", "<span>{}</span>", ((line,) for line in lines if line))
    return format_html('<span class="bf-stacked">{}</span>', rows)


def bar(completed: int, failed: int, total: int) -> SafeString:
    """What became of the records, as one bar."""
    whole = max(total, completed + failed, 1)
    says = f"{completed:,} completed, {failed:,} failed, {total - completed - failed:,} left"
    parts = format_html_join(
        "",
        '<i class="bf-{}" style="width:{}%"></i>',
        (
            (tone, f"{100 * part / whole:.2f}")
            for tone, part in (("good", completed), ("bad", failed))
            if part
        ),
    )
    return format_html(
        '<span class="bf-bar" role="img" aria-label="{}" title="{}">{}</span>', says, says, parts
    )


def progress(completed: int, failed: int, total: int) -> SafeString:
    """The bar with its numbers."""
    if not total:
        return NONE
    failures = format_html(' <b class="bf-bad">{} failed</b>', number(failed)) if failed else ""
    return format_html(
        '<span class="bf-progress">{}<span class="bf-counts">{} of {}{}</span></span>',
        bar(completed, failed, total),
        number(completed),
        number(total),
        failures,
    )


def _time(moment: datetime, words: str) -> SafeString:
    return format_html(
        '<time class="bf-time" datetime="{}" title="{} UTC">{}</time>',
        moment.isoformat(),
        f"{moment:%Y-%m-%d %H:%M:%S}",
        words,
    )
