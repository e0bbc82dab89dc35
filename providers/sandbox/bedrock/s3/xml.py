"""S3's answers, and who they are for."""

from collections.abc import Mapping
from datetime import UTC, datetime
from xml.etree import ElementTree

from aiohttp import web

from providers.sandbox.bedrock import access
from providers.sandbox.bedrock.s3 import refusals

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def account(request: web.Request) -> str:
    try:
        return access.account(request)
    except access.NobodyError:
        message = "The AWS Access Key Id you provided does not exist in our records."
        raise refusals.refusal(403, "InvalidAccessKeyId", message) from None


def moment(seconds: float) -> str:
    """A time as S3 writes it."""
    time = datetime.fromtimestamp(seconds, UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def document(name: str, fields: Mapping[str, str]) -> ElementTree.Element:
    root = ElementTree.Element(name)
    for field, value in fields.items():
        ElementTree.SubElement(root, field).text = value
    return root


def xml_answer(root: ElementTree.Element) -> web.Response:
    root.set("xmlns", _NAMESPACE)
    body: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return web.Response(body=body, content_type="application/xml")
