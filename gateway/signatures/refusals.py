"""Why a signed request is refused. Each surface says it in its vendor's word for the code."""

from gateway.surface import RequestError

REFUSALS: dict[str, tuple[int, str]] = {
    "key_missing": (
        403,
        "The request has no key: sign it with the access key id and the secret of a Bifrost key, or "
        "send the key as 'Authorization: Bearer KEY'.",
    ),
    "access_key_unknown": (403, "The access key id is unknown here, revoked or expired."),
    "signature_wrong": (
        403,
        "The signature is not the one that was computed here. Check the secret access key; if the key "
        "is right, a proxy may change the host or the path of requests.",
    ),
    "signature_late": (
        403,
        "The request was signed more than 15 minutes before or after it came: set the clock.",
    ),
    "url_expired": (403, "Request has expired: have the URL made anew."),
    "url_early": (403, "Request is not valid yet: the clock of whoever made the URL is ahead."),
    "headers_unsigned": (403, "There were headers present in the request which were not signed."),
    "authorization_malformed": (400, "The authorization header is malformed."),
    "query_malformed": (400, "The parameters of the signature in the query are malformed."),
    "content_hash_missing": (
        400,
        "Missing required header for this request: x-amz-content-sha256",
    ),
    "content_hash_wrong": (
        400,
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a SHA-256.",
    ),
}


def refused(code: str, why: str = "") -> RequestError:
    """`why` names what is wrong, where the sentence for the code does not."""
    status, sentence = REFUSALS[code]
    return RequestError(f"{sentence} {why}".strip(), status=status, code=code)
