"""Parameters of a list, read from the query string."""

from aiohttp import web

from providers.sandbox.anthropic import refusals


def limit(request: web.Request) -> int:
    text = request.query.get("limit", "20")
    try:
        value = int(text)
    except ValueError:
        message = "Input should be a valid integer, unable to parse string as an integer"
        raise refusals.invalid(f"limit: {message}") from None
    if value < 1:
        raise refusals.invalid("limit: Input should be greater than or equal to 1")
    if value > 1000:
        raise refusals.invalid("limit: Input should be less than or equal to 1000")
    return value


def cursor(request: web.Request) -> tuple[str, bool]:
    """The object that the page is beside, and whether the page is behind it."""
    after, before = request.query.get("after_id", ""), request.query.get("before_id", "")
    if after and before:
        raise refusals.invalid("Only one of `after_id` and `before_id` may be given.")
    return after or before, not before
