"""What S3 says when it refuses: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""

from gateway.surface import RequestError

CODES: dict[str, tuple[int, str]] = {
    "AccessDenied": (403, "Access Denied"),
    "BadDigest": (400, "A checksum you specified did not match what we received."),
    "BucketNotEmpty": (409, "The bucket you tried to delete is not empty"),
    "EntityTooLarge": (400, "Your proposed upload exceeds the maximum allowed object size."),
    "EntityTooSmall": (400, "Your proposed upload is smaller than the minimum allowed size."),
    "IncompleteBody": (400, "The request broke off before all of its body was there."),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "InvalidAccessKeyId": (403, "The access key id is unknown here, revoked or expired."),
    "InvalidArgument": (400, "Invalid Argument"),
    "InvalidBucketName": (400, "The specified bucket is not valid."),
    "InvalidDigest": (400, "The Content-MD5 or checksum value that you specified is not valid."),
    "InvalidPart": (
        400,
        "One or more of the specified parts could not be found. The part may not have been "
        "uploaded, or the specified entity tag may not match the part's entity tag.",
    ),
    "InvalidPartNumber": (416, "The requested partnumber is not satisfiable"),
    "InvalidPartOrder": (400, "The list of parts was not in ascending order."),
    "InvalidRange": (416, "The requested range is not satisfiable"),
    "InvalidRequest": (400, "The request is not valid."),
    "InvalidURI": (400, "Couldn't parse the specified URI."),
    "KeyTooLongError": (400, "Your key is too long"),
    "MalformedTrailerError": (400, "The request contained trailing data that was not well-formed."),
    "MalformedXML": (400, "The XML you provided was not well-formed or did not validate."),
    "MaxMessageLengthExceeded": (400, "Your request was too big."),
    "MetadataTooLarge": (400, "Your metadata headers exceed the maximum allowed metadata size"),
    "MethodNotAllowed": (405, "The specified method is not allowed against this resource."),
    "MissingContentLength": (411, "You must provide the Content-Length HTTP header."),
    "NoSuchBucket": (404, "The specified bucket does not exist"),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NoSuchUpload": (
        404,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may "
        "have been aborted or completed.",
    ),
    "NoSuchVersion": (404, "The specified version does not exist."),
    "NotImplemented": (501, "What you asked for is not implemented here."),
    "NotModified": (304, "Not Modified"),
    "PreconditionFailed": (412, "At least one of the pre-conditions you specified did not hold"),
    "SlowDown": (503, "Please reduce your request rate."),
    "ServiceUnavailable": (503, "A part of the server is down. Please try again."),
    "XAmzContentSHA256Mismatch": (
        400,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ),
}
# What the errors that all surfaces share are called here.
SHARED: dict[str | None, str] = {
    "access_key_unknown": "InvalidAccessKeyId",
    "authorization_malformed": "AuthorizationHeaderMalformed",
    "bucket_access_denied": "AccessDenied",
    "bucket_unavailable": "ServiceUnavailable",
    "content_hash_missing": "InvalidRequest",
    "content_hash_wrong": "InvalidArgument",
    "file_too_large": "EntityTooLarge",
    "headers_unsigned": "AccessDenied",
    "incomplete_request": "IncompleteBody",
    "invalid_value": "InvalidArgument",
    "key_missing": "AccessDenied",
    "no_such_bucket": "NoSuchBucket",
    "no_such_key": "NoSuchKey",
    "not_allowed": "AccessDenied",
    "overloaded": "ServiceUnavailable",
    # With its own status, which all of its SDKs try again.
    "rate_limit_exceeded": "SlowDown",
    "query_malformed": "AuthorizationQueryParametersError",
    "request_too_large": "MaxMessageLengthExceeded",
    "server_error": "InternalError",
    "signature_late": "RequestTimeTooSkewed",
    "signature_wrong": "SignatureDoesNotMatch",
    # Not one of S3's. Its status is none that SDKs try again.
    "storage_full": "InsufficientStorage",
    "url_early": "AccessDenied",
    "url_expired": "AccessDenied",
}
BY_STATUS = {
    401: "InvalidAccessKeyId",
    403: "AccessDenied",
    404: "NoSuchKey",
    405: "MethodNotAllowed",
    500: "InternalError",
}


class S3Error(RequestError):
    """A refusal by its code. `details` are further elements of the answer, `headers` go with it."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        status: int = 0,
        headers: dict[str, str] | None = None,
        **details: str,
    ) -> None:
        usual, text = CODES.get(code, (400, code))
        super().__init__(message or text, status=status or usual, code=code)
        self.headers = headers or {}
        self.details = details


def invalid(argument: str, value: str, message: str) -> S3Error:
    return S3Error("InvalidArgument", message, ArgumentName=argument, ArgumentValue=value[:200])


def missing_key(key: str) -> S3Error:
    return S3Error("NoSuchKey", Key=key)


def not_implemented(kind: str, name: str) -> S3Error:
    """Of a header, a query parameter or a method."""
    error = S3Error(
        "NotImplemented",
        f"A {kind} you provided implies functionality that is not implemented: {name}",
    )
    error.details[kind.title().replace(" ", "")] = name
    return error


def in_s3_words(error: RequestError) -> S3Error:
    """An error of any surface as one of S3. A refused key is a 403."""
    if isinstance(error, S3Error):
        return error
    code = SHARED.get(error.code) or BY_STATUS.get(error.status, "InvalidRequest")
    usual = CODES.get(code, (error.status, ""))[0]
    return S3Error(code, error.message, status=usual)
