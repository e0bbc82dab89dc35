"""What a signed request says of its signature, whether it is right or wrong."""

import re

from django.http import HttpRequest

from gateway.signatures.fourth import ALGORITHM

OLDER = "AWS"
SIGNED = re.compile(r"(?:^|[\s,])Credential=([^\s,]+)")


def signed_scope(request: HttpRequest) -> list[str]:
    """The access key id, and the date, region and service that the request was signed for. What is missing
    is left out, but the first is there and may be empty.

    The older version, with the id alone, is what boto3 makes URLs for others with.
    """
    scheme, _, parameters = request.headers.get("authorization", "").partition(" ")
    scope = request.GET.get("X-Amz-Credential") or request.GET.get("AWSAccessKeyId", "")
    if scheme == ALGORITHM and (found := SIGNED.search(parameters)):
        scope = found[1]
    elif scheme == OLDER:
        scope = parameters.partition(":")[0]
    return scope.split("/")


def signed_region(request: HttpRequest) -> str:
    """Empty if it was not signed, or in the older version."""
    return next(iter(signed_scope(request)[2:3]), "")
