"""Parameters of a list, read from the query string."""

from aiohttp import web

from providers.sandbox.openai import refusals


def limit(request: web.Request, *, usual: int, most: int) -> int:
    text = request.query.get("limit")
    if text is None:
        return usual
    try:
        value = int(text)
    except ValueError:
        raise refusals.wrong_type("limit", expected="an integer", got=text) from None
    if not 1 <= value <= most:
        raise refusals.out_of_range("limit", value, least=1, most=most)
    return value


def order(request: web.Request) -> str:
    value = request.query.get("order", "desc")
    if value not in ("asc", "desc"):
        raise refusals.wrong_value("order", value, supported=("asc", "desc"))
    return value
