"""What an object of several parts is made of, and its checksum.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from files import uploads
from files.models import Upload, UploadPart
from gateway.s3 import checksums
from gateway.s3.checksums import ALGORITHMS, COMPOSITE, POLYNOMIALS, WHOLE
from gateway.s3.refusals import S3Error, invalid


def algorithm_of(given: Mapping[str, Any]) -> tuple[str, str]:
    """What the parts are to have, and how that of the whole is told from theirs; both may be empty."""
    algorithm = given.get("ChecksumAlgorithm", "").lower()
    if algorithm not in {"", *ALGORITHMS}:
        message = "Checksum algorithm provided is unsupported."
        raise invalid("x-amz-checksum-algorithm", algorithm, message)
    if not algorithm:
        return "", ""
    usual = WHOLE if algorithm == "crc64nvme" else COMPOSITE
    kind = given.get("ChecksumType", usual)
    possible = (
        {WHOLE} if usual == WHOLE else {COMPOSITE, *([WHOLE] if algorithm in POLYNOMIALS else [])}
    )
    if kind not in possible:
        message = (
            f"The {kind} checksum type cannot be used with the {algorithm} checksum algorithm."
        )
        raise S3Error("InvalidRequest", message)
    return algorithm, kind


def remembered(algorithm: str, checksum: Mapping[str, str]) -> str:
    """A part's checksum, as it is kept with it."""
    return f"{algorithm}:{checksum[checksums.parameter(algorithm)]}"


def checksum_of_part(part: UploadPart) -> dict[str, str]:
    """By AWS's name; empty if its client sent none."""
    algorithm, _, text = part.checksum.partition(":")
    return {checksums.parameter(algorithm): text} if text else {}


def checksum_fields(upload: Upload) -> dict[str, str]:
    algorithm = upload.wanted["algorithm"]
    if not algorithm:
        return {}
    kind = upload.wanted["checksum_type"]
    return {"ChecksumAlgorithm": algorithm.upper(), "ChecksumType": kind}


def chosen_parts(upload: Upload, named: Sequence[Mapping[str, Any]]) -> list[UploadPart]:
    """The parts that the object is to be of. Raises S3Error and what `uploads.parts` raises."""
    if not named:
        raise S3Error("MalformedXML")
    numbers = [one.get("PartNumber", 0) for one in named]
    if numbers != sorted(set(numbers)):
        raise S3Error("InvalidPartOrder")
    came = {part.number: part for part in uploads.parts(upload)}
    for one in named:
        number = one.get("PartNumber", 0)
        if number not in came or not _is(came[number], one):
            raise S3Error("InvalidPart", UploadId=upload.pk, PartNumber=str(number))
    return [came[number] for number in numbers]


def _is(part: UploadPart, named: Mapping[str, Any]) -> bool:
    """Whether it is the one that is named, by its ETag and by the checksum, if one is given."""
    given = {name: text for name, text in named.items() if name.startswith("Checksum")}
    same = named.get("ETag", "").strip('"') == part.etag
    return same and given.items() <= checksum_of_part(part).items()


def checksum_of(
    given: Mapping[str, Any], upload: Upload, chosen: Sequence[UploadPart]
) -> dict[str, str]:
    """The checksum of the object, which is to be the one that the client says, if it does. Raises S3Error."""
    algorithm, kind = upload.wanted["algorithm"], upload.wanted["checksum_type"]
    member = checksums.parameter(algorithm)
    if given.get("ChecksumType", kind) != kind:
        raise S3Error("InvalidRequest", f"The upload was begun with the checksum type {kind}.")
    said = {checksums.parameter(name) for name in ALGORITHMS} & given.keys()
    if said - {member}:
        raise S3Error("InvalidRequest", "The upload was begun with another checksum algorithm.")
    if not algorithm:
        return {}
    parts = [checksums.Part(checksum_of_part(part)[member], part.size) for part in chosen]
    combine = checksums.of_whole if kind == WHOLE else checksums.of_parts
    checksum = combine(algorithm, parts)
    if said and given[member].partition("-")[0] != checksum.partition("-")[0]:
        message = "The checksum you specified did not match the calculated checksum."
        raise S3Error("BadDigest", message)
    return {member: checksum, "ChecksumType": kind}


def check_size(given: Mapping[str, Any], chosen: Sequence[UploadPart]) -> None:
    announced, size = given.get("MpuObjectSize"), sum(part.size for part in chosen)
    if announced is not None and announced != size:
        message = (
            f"The provided 'x-amz-mp-object-size' header is {announced}, the parts have {size}."
        )
        raise S3Error("InvalidRequest", message)
