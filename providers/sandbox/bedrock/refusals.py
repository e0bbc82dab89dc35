"""Bedrock's errors: https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html"""

from typing import Any

from providers.sandbox.refusal import Refusal

# What a status means when nothing else is known of the error: name, message.
_BY_STATUS: dict[int, tuple[str, str]] = {
    400: ("ValidationException", "The request was refused by the sandbox."),
    403: ("AccessDeniedException", "You don't have access to the model with the specified ID."),
    404: ("ResourceNotFoundException", "The specified resource was not found."),
    408: ("ModelTimeoutException", "The model timed out while it answered."),
    424: ("ModelErrorException", "The model failed while it answered."),
    429: ("ThrottlingException", "Too many requests, please wait before trying again."),
    500: ("InternalServerException", "An internal server error occurred. Retry your request."),
    503: ("ServiceUnavailableException", "Bedrock is unable to process your request."),
}


def refusal(status: int, name: str, message: str) -> Refusal:
    return Refusal(status, {"message": message}, headers={"x-amzn-ErrorType": name})


def plain(status: int, message: str | None = None) -> Refusal:
    """An error of which only the HTTP status is known."""
    name, usual = _BY_STATUS.get(status) or _BY_STATUS[500 if status >= 500 else 400]
    return refusal(status, name, message or usual)


def invalid(message: str) -> Refusal:
    return plain(400, message)


def unknown(param: str) -> Refusal:
    return invalid(f"The parameter {param!r} is unknown.")


def unknown_model() -> Refusal:
    return invalid("The provided model identifier is invalid.")


def conflict(message: str) -> Refusal:
    return refusal(400, "ConflictException", message)


def nobody() -> Refusal:
    message = "The security token included in the request is invalid."
    return refusal(403, "UnrecognizedClientException", message)


def message_of(refused: Refusal) -> str:
    """The sentence of a refusal, also of one of another vendor."""
    error: Any = refused.body.get("error")
    said = error.get("message") if isinstance(error, dict) else refused.body.get("message")
    return str(said)
