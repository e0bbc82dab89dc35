"""What a client of S3 does, in whichever version of boto3 runs it: prints the version at the end.

The environment has the pair of keys.
"""

import io
import sys
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig

url, provider = sys.argv[1:]
content = bytes(range(256)) * 2**16 * 1 + b"the end"
at = {"Bucket": "scenario", "Key": "in/gr\u00f6\u00dfe + a.jsonl"}


def name_provider(request, **event):
    request.headers["x-model-provider"] = provider


s3 = boto3.client(
    "s3",
    endpoint_url=url,
    region_name="us-west-2",
)
s3.meta.events.register("before-send", name_provider)

put = s3.put_object(**at, Body=content[:1000], Metadata={"a": "1"})
file_id = put["ETag"].strip('"')
head = s3.head_object(**at, IfMatch=file_id)
assert (head["ContentLength"], head["Metadata"], head["ETag"]) == (1000, {"a": "1"}, put["ETag"])
assert s3.get_object(**at, IfMatch=file_id, Range="bytes=5-9")["Body"].read() == content[5:10]

s3.upload_fileobj(io.BytesIO(content), at["Bucket"], "large")
came = io.BytesIO()
s3.download_fileobj(at["Bucket"], "large", came, Config=TransferConfig(max_concurrency=3))
assert came.getvalue() == content
s3.copy({"Bucket": at["Bucket"], "Key": "large"}, at["Bucket"], "copy")
assert s3.head_object(Bucket=at["Bucket"], Key="copy")["ContentLength"] == len(content)

pages = s3.get_paginator("list_objects_v2").paginate(
    Bucket=at["Bucket"], Prefix="", PaginationConfig={"PageSize": 1}
)
keys = [one["Key"] for page in pages for one in page["Contents"]]
assert keys == ["copy", at["Key"], "large"], keys

asked = urllib.request.Request(
    s3.generate_presigned_url("get_object", at), headers={"x-model-provider": provider}
)
with urllib.request.urlopen(asked, timeout=10) as answer:
    assert answer.read() == content[:1000]

s3.delete_object(**at, IfMatch=file_id)
s3.delete_objects(Bucket=at["Bucket"], Delete={"Objects": [{"Key": "large"}, {"Key": "copy"}]})
assert s3.list_objects_v2(Bucket=at["Bucket"])["KeyCount"] == 0
try:
    s3.get_object(**at)
except s3.exceptions.NoSuchKey:
    print(boto3.__version__)
s3.close()
