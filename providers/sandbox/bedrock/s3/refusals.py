"""S3's errors, which are XML: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""

from typing import Any
from xml.sax.saxutils import escape

import msgspec

from providers.sandbox.refusal import Refusal

_XML = {"content-type": "application/xml"}
# What a status means when nothing else is known of the error: code, message.
_BY_STATUS: dict[int, tuple[str, str]] = {
    400: ("InvalidRequest", "The request was refused by the sandbox."),
    403: ("AccessDenied", "Access Denied"),
    404: ("NoSuchKey", "The specified key does not exist."),
    405: ("MethodNotAllowed", "The specified method is not allowed against this resource."),
    409: ("OperationAborted", "A conflicting conditional operation is in progress."),
    412: ("PreconditionFailed", "At least one of the pre-conditions you specified did not hold."),
    500: ("InternalError", "We encountered an internal error. Please try again."),
    501: ("NotImplemented", "A header you provided implies functionality that is not implemented."),
    503: ("SlowDown", "Please reduce your request rate."),
}


def refusal(status: int, code: str, message: str) -> Refusal:
    return Refusal(status, {"Code": code, "Message": message}, headers=_XML)


def plain(status: int, message: str | None = None) -> Refusal:
    """An error of which only the HTTP status is known."""
    code, usual = _BY_STATUS.get(status) or _BY_STATUS[500 if status >= 500 else 400]
    return refusal(status, code, message or usual)


def unknown(param: str) -> Refusal:
    return refusal(501, "NotImplemented", f"The sandbox does not play the parameter {param!r}.")


def invalid_argument(message: str) -> Refusal:
    return refusal(400, "InvalidArgument", message)


def no_such_bucket() -> Refusal:
    return refusal(404, "NoSuchBucket", "The specified bucket does not exist")


def no_such_key() -> Refusal:
    return plain(404)


def no_such_upload() -> Refusal:
    message = "The specified upload does not exist. It may have been aborted or completed."
    return refusal(404, "NoSuchUpload", message)


def as_xml(refused: Refusal, request_id: str) -> Any:
    """The body as the gate is to send it: what is raw is sent as it is."""
    fields = {**refused.body, "RequestId": request_id}
    said = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())
    return msgspec.Raw(f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{said}</Error>'.encode())
