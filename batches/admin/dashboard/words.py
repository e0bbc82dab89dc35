"""How the page's numbers are said, with their units."""

from datetime import timedelta

from providers import cells


def short(value: float) -> str:
    """A number in few digits: 0.25, 1,234, 56.7k, 8.9M."""
    if 0 < abs(value) < 10:
        return f"{value:.2g}"
    for most, unit, name in ((10**4, 1, ""), (10**6, 10**3, "k"), (10**9, 10**6, "M")):
        if abs(value) < most:
            return f"{value / unit:,.0f}" if unit == 1 else f"{value / unit:.4g}{name}"
    return f"{value / 10**9:.4g}B"


def share(part: float | None) -> str:
    """Percents, which never say all where one is missing, nor none where there is one."""
    if part is None:
        return "–"
    if part in (0, 1):
        return f"{part:.0%}"
    return f"{100 * min(max(part, 0.001), 0.999):.1f}%"


def about(seconds: float | None) -> str:
    return f"about {cells.span(timedelta(seconds=seconds))}" if seconds is not None else "–"
