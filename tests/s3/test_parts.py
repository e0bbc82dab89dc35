"""Objects that come in parts, as boto3 sends them and as others may."""

import io
import random
from base64 import b64decode, b64encode
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig

from files.models import File, Upload, UploadPart
from gateway.s3.checksums import ALGORITHMS
from gateway.s3.own import parts
from providers.models import Workspace
from tests.s3.client import Server
from tests.s3.test_objects import refused

# Of AWS's, which every store shares: a part has at least so many bytes, but for the last.
PART = 5 * 2**20
IN_TURN = TransferConfig(use_threads=False)
CONTENT = random.Random(1).randbytes(PART + 1000)
FIRST, LAST = CONTENT[:PART], CONTENT[PART:]
AT = {"Key": "in/größe.jsonl"}


def begun(s3: Any, bucket: str, **given: Any) -> dict[str, str]:
    """The parameters that name an upload."""
    upload = s3.create_multipart_upload(Bucket=bucket, **AT, **given)
    return {"Bucket": bucket, **AT, "UploadId": upload["UploadId"]}


def send(s3: Any, upload: dict, number: int, body: bytes, **given: Any) -> dict:
    """A part, as its completion names it."""
    sent = s3.upload_part(**upload, PartNumber=number, Body=body, **given)
    told = {name: value for name, value in sent.items() if name.startswith("Checksum")}
    return {"PartNumber": number, "ETag": sent["ETag"], **told}


def test_a_large_file_goes_up_and_comes_down(s3: Any, bucket: str):
    content = random.Random(2).randbytes(20 * 2**20 + 5)

    s3.upload_fileobj(io.BytesIO(content), bucket, "large", Config=IN_TURN)
    came = io.BytesIO()
    s3.download_fileobj(bucket, "large", came, Config=IN_TURN)

    assert came.getvalue() == content
    head = s3.head_object(Bucket=bucket, Key="large")
    assert head["ContentLength"] == len(content)
    assert head["ETag"] == f'"file-{File.objects.visible(default()).get().id}"'


def default() -> Workspace:
    return Workspace.objects.get(name=Workspace.DEFAULT)


def test_parts_come_in_any_order_and_again(s3: Any, bucket: str):
    upload = begun(s3, bucket, ContentType="application/jsonl", Metadata={"a": "1"})
    last = send(s3, upload, 7, LAST)
    send(s3, upload, 2, b"another first")
    first = send(s3, upload, 2, FIRST)

    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [first, last]})

    got = s3.get_object(Bucket=bucket, **AT)
    assert got["Body"].read() == CONTENT
    assert got["ETag"] == done["ETag"]
    assert (done["Bucket"], done["Key"]) == (bucket, AT["Key"])
    assert (got["ContentType"], got["Metadata"]) == ("application/jsonl", {"a": "1"})


def test_nothing_comes_after_the_end(own: Any):
    upload = begun(own, "b")
    parts = {"Parts": [send(own, upload, 1, b"all")]}
    own.complete_multipart_upload(**upload, MultipartUpload=parts)

    assert refused(own.upload_part, **upload, PartNumber=1, Body=b"late") == (404, "NoSuchUpload")
    assert refused(own.abort_multipart_upload, **upload) == (404, "NoSuchUpload")


def test_an_object_is_made_of_the_parts_that_are_named(s3: Any, bucket: str):
    upload = begun(s3, bucket)
    parts = [
        send(s3, upload, 1, FIRST),
        send(s3, upload, 2, b"not this"),
        send(s3, upload, 3, LAST),
    ]

    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [parts[0], parts[2]]})

    assert s3.get_object(Bucket=bucket, **AT)["Body"].read() == CONTENT


def test_what_has_come_is_listed(s3: Any, bucket: str):
    upload = begun(s3, bucket)
    sent = {number: send(s3, upload, number, b"x" * number) for number in (5, 1, 3)}

    listed = s3.list_parts(**upload)["Parts"]

    assert [(one["PartNumber"], one["Size"]) for one in listed] == [(1, 1), (3, 3), (5, 5)]
    assert [one["ETag"] for one in listed] == [sent[number]["ETag"] for number in (1, 3, 5)]


def test_what_has_come_is_listed_in_pages(own: Any):
    upload = begun(own, "b")
    for number in (5, 1, 3):
        send(own, upload, number, b"x")

    page = own.list_parts(**upload, MaxParts=2)
    rest = own.list_parts(**upload, PartNumberMarker=page["NextPartNumberMarker"])

    assert [one["PartNumber"] for one in page["Parts"]] == [1, 3]
    assert [one["PartNumber"] for one in rest["Parts"]] == [5]


def test_uploads_are_listed_until_they_end(s3: Any, bucket: str):
    first, second = begun(s3, bucket), begun(s3, bucket)
    other = s3.create_multipart_upload(Bucket=bucket, Key="z")["UploadId"]

    keys = [one["Key"] for one in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]]
    assert sorted(keys) == [AT["Key"], AT["Key"], "z"]

    def listed(**given: Any) -> set[str]:
        found = s3.list_multipart_uploads(Bucket=bucket, **given).get("Uploads", ())
        return {one["UploadId"] for one in found}

    assert listed() == {first["UploadId"], second["UploadId"], other}
    assert listed(Prefix="z") == {other}
    s3.abort_multipart_upload(**first)
    s3.complete_multipart_upload(**second, MultipartUpload={"Parts": [send(s3, second, 1, b"all")]})
    assert listed() == {other}


def test_uploads_are_listed_in_pages(own: Any):
    keys = ["b", "a", "ä", "a"]
    made = {own.create_multipart_upload(Bucket="b", Key=key)["UploadId"]: key for key in keys}
    own.create_multipart_upload(Bucket="elsewhere", Key="a")

    pages = own.get_paginator("list_multipart_uploads").paginate(
        Bucket="b", PaginationConfig={"PageSize": 1}
    )
    found = [(one["Key"], one["UploadId"]) for page in pages for one in page["Uploads"]]

    assert found == sorted((key, upload) for upload, key in made.items())


def test_an_upload_that_is_given_up_leaves_nothing(own: Any):
    upload = begun(own, "b")
    send(own, upload, 1, b"some")

    own.abort_multipart_upload(**upload)

    assert not UploadPart.objects.exists()
    assert not File.objects.exists()
    assert refused(own.list_parts, **upload) == (404, "NoSuchUpload")
    assert refused(own.abort_multipart_upload, **upload) == (404, "NoSuchUpload")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda parts: parts[::-1], "InvalidPartOrder"),
        (lambda parts: [parts[0], parts[0]], "InvalidPartOrder"),
        (lambda parts: [{**parts[0], "ETag": '"0"'}, parts[1]], "InvalidPart"),
        (lambda parts: [*parts, {"PartNumber": 9, "ETag": '"0"'}], "InvalidPart"),
        (lambda parts: [{**parts[0], "ChecksumCRC32": "AAAAAA=="}, parts[1]], "InvalidPart"),
        (lambda parts: [], "MalformedXML"),
    ],
)
def test_parts_that_do_not_fit_are_refused(own: Any, change: Any, code: str):
    upload = begun(own, "b")
    parts = [send(own, upload, 1, FIRST), send(own, upload, 2, LAST)]

    assert refused(
        own.complete_multipart_upload, **upload, MultipartUpload={"Parts": change(parts)}
    ) == (400, code)
    own.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


@pytest.mark.parametrize("number", [0, 10_001])
def test_a_part_has_a_number_within_bounds(own: Any, number: int):
    upload = begun(own, "b")

    assert refused(own.upload_part, **upload, PartNumber=number, Body=b"")[1] == "InvalidArgument"


def test_an_upload_belongs_to_its_key(own: Any):
    upload = begun(own, "b")

    for wrong in ({"Key": "other"}, {"Bucket": "other"}, {"UploadId": "x" * 43}):
        assert refused(own.upload_part, **upload | wrong, PartNumber=1, Body=b"x") == (
            404,
            "NoSuchUpload",
        )


def test_an_upload_belongs_to_its_workspace(own: Any):
    upload = begun(own, "b")
    Upload.objects.update(workspace=Workspace.objects.create(name="other"))

    assert refused(own.upload_part, **upload, PartNumber=1, Body=b"x") == (404, "NoSuchUpload")


def test_a_completion_may_be_repeated(own: Any):
    upload = begun(own, "b")
    parts = {"Parts": [send(own, upload, 1, b"all")]}

    first = own.complete_multipart_upload(**upload, MultipartUpload=parts)
    second = own.complete_multipart_upload(**upload, MultipartUpload=parts)

    assert first["ETag"] == second["ETag"]
    assert own.list_objects_v2(Bucket="b")["KeyCount"] == 1


def test_a_completion_may_want_that_nothing_is_there(own: Any):
    own.put_object(Bucket="b", **AT, Body=b"first")
    upload = begun(own, "b")
    parts = {"Parts": [send(own, upload, 1, b"second")]}

    assert refused(
        own.complete_multipart_upload, **upload, MultipartUpload=parts, IfNoneMatch="*"
    ) == (412, "PreconditionFailed")
    assert own.get_object(Bucket="b", **AT)["Body"].read() == b"first"


def test_a_completion_may_say_the_size(own: Any):
    upload = begun(own, "b")
    parts = {"Parts": [send(own, upload, 1, b"all")]}

    assert refused(
        own.complete_multipart_upload, **upload, MultipartUpload=parts, MpuObjectSize=4
    ) == (400, "InvalidRequest")
    own.complete_multipart_upload(**upload, MultipartUpload=parts, MpuObjectSize=3)


def digest(algorithm: str, content: bytes) -> dict[str, str]:
    """A checksum as a parameter. boto3 itself makes not all of them."""
    made = ALGORITHMS[algorithm.lower()]()
    made.update(content)
    return {f"Checksum{algorithm}": b64encode(made.digest()).decode()}


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_the_checksum_of_an_object_is_made_of_its_parts(own: Any, algorithm: str):
    upload = begun(own, "b", ChecksumAlgorithm=algorithm)
    parts = [
        send(own, upload, number, body, **digest(algorithm, body))
        for number, body in ((1, FIRST), (2, LAST))
    ]

    done = own.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

    member = f"Checksum{algorithm}"
    both = b"".join(b64decode(part[member]) for part in parts)
    assert done[member] == f"{digest(algorithm, both)[member]}-2"
    assert done["ChecksumType"] == "COMPOSITE"
    head = own.head_object(Bucket="b", **AT, ChecksumMode="ENABLED")
    assert (head[member], head["ChecksumType"]) == (done[member], "COMPOSITE")


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC64NVME"])
def test_the_checksum_of_an_object_may_be_that_of_all_bytes(own: Any, algorithm: str):
    upload = begun(own, "b", ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT")
    parts = {
        "Parts": [
            send(own, upload, number, body, **digest(algorithm, body))
            for number, body in ((1, FIRST), (2, LAST))
        ]
    }
    given = {"MultipartUpload": parts, "ChecksumType": "FULL_OBJECT"}
    right, wrong = digest(algorithm, CONTENT), digest(algorithm, b"wrong")

    assert refused(own.complete_multipart_upload, **upload, **given, **wrong) == (400, "BadDigest")
    done = own.complete_multipart_upload(**upload, **given, **right)

    assert right.items() <= done.items()
    assert done["ChecksumType"] == "FULL_OBJECT"
    assert own.get_object(Bucket="b", **AT)["Body"].read() == CONTENT


@pytest.mark.parametrize(
    "given",
    [
        {"ChecksumAlgorithm": "SHA256", "ChecksumType": "FULL_OBJECT"},
        {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"},
    ],
)
def test_not_every_checksum_can_be_told_from_parts(own: Any, given: dict):
    assert refused(own.create_multipart_upload, Bucket="b", Key="k", **given)[1] == "InvalidRequest"


def test_a_part_has_the_checksum_that_the_upload_was_begun_with(own: Any):
    upload = begun(own, "b", ChecksumAlgorithm="SHA256")

    assert refused(
        own.upload_part, **upload, PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA1"
    ) == (400, "InvalidRequest")


def test_parts_without_checksums_are_taken(own: Any, server: Server):
    """As clients send them that know of none."""
    said = server.raw("POST", "/b/k?uploads", x_model_provider="openai")
    upload_id = said.body.partition(b"<UploadId>")[2].partition(b"<")[0].decode()
    path = f"/b/k?uploadId={upload_id}"
    part = server.raw("PUT", f"{path}&partNumber=1", b"all", x_model_provider="openai")
    body = (
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
        f"<ETag>{part.headers['etag']}</ETag></Part></CompleteMultipartUpload>"
    )

    done = server.raw("POST", path, body.encode(), x_model_provider="openai")

    assert done.status == 200
    assert own.get_object(Bucket="b", Key="k")["Body"].read() == b"all"


def test_a_part_may_be_a_copy(s3: Any, bucket: str):
    s3.put_object(Bucket=bucket, Key="source", Body=b"before" + FIRST + b"after")
    upload = begun(s3, bucket)
    copied = s3.upload_part_copy(
        **upload,
        PartNumber=1,
        CopySource={"Bucket": bucket, "Key": "source"},
        CopySourceRange=f"bytes=6-{len(FIRST) + 5}",
    )["CopyPartResult"]
    copied.pop("LastModified")
    parts = [{"PartNumber": 1, **copied}, send(s3, upload, 2, LAST)]

    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

    assert s3.get_object(Bucket=bucket, **AT)["Body"].read() == CONTENT


@pytest.mark.parametrize("wrong", ["bytes=0-3", "bytes=2-1", "bytes=0-", "0-1"])
def test_a_copied_range_is_within_its_source(own: Any, wrong: str):
    own.put_object(Bucket="b", Key="source", Body=b"abc")
    upload = begun(own, "b")

    assert refused(
        own.upload_part_copy, **upload, PartNumber=1, CopySource="b/source", CopySourceRange=wrong
    ) == (400, "InvalidArgument")


def test_an_upload_to_a_clients_bucket_is_seen_there(window: Any, aws: Any, bucket: str):
    upload = begun(window, bucket)

    (seen,) = aws.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert (seen["Key"], seen["UploadId"]) == (AT["Key"], upload["UploadId"])


def test_a_part_for_a_clients_bucket_is_what_was_promised(window: Any, bucket: str, server: Server):
    upload = begun(window, bucket)
    path = f"/{bucket}/in/gr%C3%B6%C3%9Fe.jsonl?uploadId={upload['UploadId']}&partNumber=1"

    answer = server.raw("PUT", path, b"x", x_amz_checksum_crc32="AAAAAA==")

    assert (answer.status, b"<Code>BadDigest</Code>" in answer.body) == (400, True)
    assert window.list_parts(**upload).get("Parts") is None


def test_another_completion_is_faster(own: Any, bucket: str, monkeypatch: pytest.MonkeyPatch):
    upload = begun(own, bucket)
    named = {"Parts": [send(own, upload, 1, FIRST), send(own, upload, 2, LAST)]}
    found = parts._upload

    def late(call: Any) -> Upload:
        row = found(call)
        monkeypatch.setattr(parts, "_upload", found)
        own.complete_multipart_upload(**upload, MultipartUpload=named)
        return row

    monkeypatch.setattr(parts, "_upload", late)

    done = own.complete_multipart_upload(**upload, MultipartUpload=named)

    assert done["ETag"] == own.get_object(Bucket=bucket, **AT)["ETag"]
    assert File.objects.visible(default()).count() == 1
