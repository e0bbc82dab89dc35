"""Requests for every public route, and for all that they may name.

In braces stand what belongs to the other workspace (see estate.py: `kinds`) and, as `bucket` and `mine`, what
is there for whoever asks.
"""

import json
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from tests.openai.conftest import form

JSON = "application/json"
UPLOAD = form(("purpose", "batch"), ("file", "mine.jsonl", b"{}\n"))
FILE = form(("file", "mine.jsonl", b"{}\n"))
OWN = {"x-model-provider": "openai"}
START = {"x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"}
QUERY = {"x-goog-upload-command": "query"}
ENDPOINT = "/v1/chat/completions"
AT_BUCKET = "provider=bedrock&storage_config[s3][bucket]={bucket}"
ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{row}"
COPY = "x-amz-copy-source"
DESCRIPTIONS = [
    *(f"/{surface}/openapi.json" for surface in ("openai", "anthropic", "bedrock", "genai")),
    "/bedrock/openapi-s3.json",
    "/bifrost/openapi.json",
]
EVERY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Sample:
    """One request, and how its surface's vendor answers where there is no such thing."""

    method: str
    path: str
    status: int = 404
    body: bytes | str = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        words = [self.method, self.path, *self.headers.values()]
        if isinstance(self.body, str):
            words.append(self.body[:150])
        return " ".join(words)

    def kinds(self) -> list[str]:
        """What in it may be theirs."""
        texts = [self.path, *self.headers.values()]
        if isinstance(self.body, str):
            texts.append(self.body)
        names = {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}
        return sorted(names - {"bucket", "mine"})

    def naming(self, named: dict[str, str]) -> "Sample":
        body = self.body.format_map(named) if isinstance(self.body, str) else self.body
        headers = {name: text.format_map(named) for name, text in self.headers.items()}
        path = self.path.format_map(named)
        return Sample(self.method, path, self.status, body, self.content_type, headers)


def posted(path: str, body: dict[str, Any], status: int = 404, **headers: str) -> Sample:
    """JSON, in which braces are not what they are elsewhere."""
    text = json.dumps(body).replace("{", "{{").replace("}", "}}")
    for left, right in (("<", "{"), (">", "}")):
        text = text.replace(left, right)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Sample("POST", path, status, text, headers=names)


def sent(path: str, form: tuple[bytes, str]) -> Sample:
    return Sample("POST", path, 200, form[0], form[1])


def unknown(path: str) -> list[Sample]:
    return [Sample(method, path) for method in EVERY_METHOD]


def openai() -> list[Sample]:
    root = "/openai/v1"
    files = ["file-{row}", "files/{row}", "{name}"]
    batches = ["batch_{row}", ARN]
    new = {"endpoint": ENDPOINT, "completion_window": "24h"}
    objects = f"{root}/files/s3://{{bucket}}/{{object}}"
    binary = {"accept": "application/binary"}
    return [
        Sample("GET", f"{root}/files", 200),
        Sample("GET", f"{root}/files?after=file-{{row}}"),
        Sample("GET", f"{root}/files?after=s3://{{bucket}}/{{object}}"),
        Sample("GET", f"{root}/files?{AT_BUCKET}", 200),
        Sample("GET", f"{root}/files?{AT_BUCKET}&after=file-{{row}}"),
        Sample("GET", f"{root}/files?{AT_BUCKET}&after=s3://{{bucket}}/{{object}}", 200),
        sent(f"{root}/files", UPLOAD),
        *(Sample(method, f"{root}/files/{one}") for one in files for method in ("GET", "DELETE")),
        *(Sample("GET", f"{root}/files/{one}/content") for one in files),
        *(Sample(method, objects, headers=JSON_WANTED) for method in ("GET", "DELETE")),
        Sample("GET", f"{objects}/content", headers=binary),
        Sample("GET", f"{root}/batches", 200),
        Sample("GET", f"{root}/batches?after=batch_{{row}}"),
        posted(f"{root}/batches", {"input_file_id": "file-<row>", **new}),
        posted(f"{root}/batches", {"input_file_id": "files/<name>", **new}),
        posted(f"{root}/batches", {"input_file_id": "s3://<bucket>/<object>", **new}),
        posted(
            f"{root}/batches",
            {"input_file_id": "file-<mine>", **new},
            200,
            idempotency_key="{token}",
        ),
        *(Sample("GET", f"{root}/batches/{one}") for one in batches),
        *(Sample("POST", f"{root}/batches/{one}/cancel") for one in batches),
        *unknown("/openai/v1/uploads/{name}"),
    ]


JSON_WANTED = {"accept": JSON}


def anthropic() -> list[Sample]:
    root, batches = "/anthropic/v1", "/anthropic/v1/messages/batches"
    params = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}
    forms = ["file_{row}", "files/{row}"]
    jobs = ["msgbatch_{row}", ARN]
    places = ("after_id", "before_id")
    return [
        Sample("GET", f"{root}/files", 200),
        Sample("GET", f"{root}/files?ids[]=file_{{row}}", 200),
        *(Sample("GET", f"{root}/files?{place}=file_{{row}}") for place in (*places, "page")),
        sent(f"{root}/files", FILE),
        *(Sample(method, f"{root}/files/{one}") for one in forms for method in ("GET", "DELETE")),
        *(Sample("GET", f"{root}/files/{one}/content") for one in forms),
        Sample("GET", batches, 200),
        *(Sample("GET", f"{batches}?{place}=msgbatch_{{row}}") for place in places),
        posted(
            batches,
            {"requests": [{"custom_id": "mine", "params": params}]},
            200,
            idempotency_key="{token}",
        ),
        *(Sample(method, f"{batches}/{one}") for one in jobs for method in ("GET", "DELETE")),
        *(Sample("GET", f"{batches}/{one}/results") for one in jobs),
        *(Sample("POST", f"{batches}/{one}/cancel") for one in jobs),
        *unknown("/anthropic/v1/models/{name}"),
    ]


def job(source: str, provider: str = "openai", status: int = 404, **more: Any) -> Sample:
    body = {
        "jobName": "mine",
        "modelId": "a-model",
        "roleArn": "arn:aws:iam::123456789012:role/batches",
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": source}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://<bucket>/out/"}},
        **more,
    }
    return posted("/bedrock/model-invocation-job", body, status, x_model_provider=provider)


def bedrock() -> list[Sample]:
    one = "/bedrock/model-invocation-job"
    forms = ["{row}", ARN]
    return [
        job("s3://<their_bucket>/<key>"),
        job("s3://any/file-<row>"),
        job("s3://any/<name>"),
        job("s3://any/x", tags=[{"key": "file_id", "value": "file-<row>"}]),
        job("s3://<bucket>/<object>", "bedrock"),
        job("s3://any/file-<mine>", status=200, clientRequestToken="<token>"),
        Sample("GET", "/bedrock/model-invocation-jobs", 200),
        Sample("GET", "/bedrock/model-invocation-jobs?nextToken={job_page}", 200),
        *(Sample("GET", f"{one}/{form}") for form in forms),
        *(Sample("POST", f"{one}/{form}/stop") for form in forms),
        *unknown("/bedrock/guardrails/{name}"),
    ]


def s3() -> list[Sample]:
    root = "/bedrock/files"
    stores = [
        *storage(f"{root}/{{their_bucket}}", "{their_bucket}/{key}", "{key}", OWN),
        *storage(f"{root}/any", "any/file-{row}", "file-{row}", OWN),
        *storage(f"{root}/{{bucket}}", "{bucket}/{object}", "{object}", {}),
        *parts(f"{root}/their-bucket/their-input.jsonl", "{upload}", OWN),
        *parts(f"{root}/{{bucket}}/theirs/parts.jsonl", "{part}", {}),
        *reading(f"{root}/bifrost-files/file-{{row}}", {}),
    ]
    tagged = {**OWN, "if-match": '"file-{row}"'}
    return [
        *stores,
        Sample("GET", f"{root}/", 200, headers=OWN),
        Sample("GET", f"{root}/", 200),
        Sample("GET", f"{root}/?continuation-token={{their_bucket}}", 200, headers=OWN),
        Sample("PUT", f"{root}/{{their_bucket}}", 200, headers=OWN),
        Sample("DELETE", f"{root}/{{their_bucket}}", 204, headers=OWN),
        Sample("PUT", f"{root}/{{bucket}}", 400),
        Sample("DELETE", f"{root}/{{bucket}}", 403),
        Sample("GET", f"{root}/any/unnamed", headers=tagged),
        Sample("GET", f"{root}/bifrost-files?list-type=2&start-after=file-{{place}}", 200),
        Sample("DELETE", f"{root}/any/unnamed", 204, headers=tagged),
    ]


def reading(at: str, headers: dict[str, str]) -> list[Sample]:
    return [
        Sample("GET", at, headers=headers),
        Sample("HEAD", at, headers=headers),
        Sample("GET", f"{at}?tagging", headers=headers),
        Sample("DELETE", at, 204, headers=headers),
    ]


def storage(bucket: str, source: str, key: str, headers: dict[str, str]) -> list[Sample]:
    """What may be asked of a bucket and an object."""
    at, mine = f"/bedrock/files/{source}", f"{bucket}/mine"
    copy = {**headers, COPY: source}
    delete = f"<Delete><Object><Key>{key}</Key></Object></Delete>"
    lists = ("list-type=2", f"marker={key}", f"list-type=2&start-after={key}", "uploads")
    markers = f"uploads&key-marker={key}&upload-id-marker=x"
    return [
        *reading(at, headers),
        Sample("PUT", mine, headers=copy),
        Sample("PUT", f"{mine}?uploadId=none&partNumber=1", headers=copy),
        Sample("POST", f"{bucket}?delete", 200, delete, headers=headers),
        *(Sample("GET", f"{bucket}?{query}", 200, headers=headers) for query in (*lists, markers)),
        Sample("HEAD", bucket, 200, headers=headers),
        Sample("GET", f"{bucket}?location", 200, headers=headers),
        Sample("GET", f"{bucket}?versioning", 200, headers=headers),
        Sample("PUT", mine, 200, "mine", "text/plain", headers),
        Sample("POST", f"{mine}?uploads", 200, headers=headers),
    ]


def parts(at: str, upload: str, headers: dict[str, str]) -> list[Sample]:
    named = f"{at}?uploadId={upload}"
    complete = (
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>"
        "</CompleteMultipartUpload>"
    )
    return [
        Sample("PUT", f"{named}&partNumber=1", 404, "mine", headers=headers),
        Sample("PUT", f"{named}&partNumber=1", headers={**headers, COPY: "any/mine"}),
        Sample("GET", named, headers=headers),
        Sample("DELETE", named, headers=headers),
        Sample("POST", named, 404, complete, headers=headers),
    ]


def genai() -> list[Sample]:
    root = "/genai/v1beta"
    files = ["{row}", "{name}"]
    batches = ["{row}", ARN]
    model = f"{root}/models/gemini-2.5-flash"
    create, embed = f"{model}:batchGenerateContent", f"{model}:asyncBatchEmbedContent"
    named = [{"batch": {"inputConfig": {"fileName": f"files/<{one}>"}}} for one in ("row", "name")]
    return [
        posted("/genai/upload/v1beta/files", {"file": {"name": "files/<name>"}}, 200, **START),
        # Whoever knows the id of a session may send to it: a key is not asked for.
        *(
            Sample(method, f"/genai/upload/v1beta/files:resume?upload_id={one}", headers=QUERY)
            for one in ("{upload}", "{row}", "{part}")
            for method in ("POST", "PUT")
        ),
        Sample("GET", f"{root}/files", 200),
        Sample("GET", f"{root}/files?pageToken={{file_page}}", 200),
        *(Sample(method, f"{root}/files/{one}") for one in files for method in ("GET", "DELETE")),
        *(Sample("GET", f"{root}/files/{one}:download?alt=media") for one in files),
        *(posted(verb, body) for verb in (create, embed) for body in named),
        Sample("GET", f"{root}/batches", 200),
        Sample("GET", f"{root}/batches?pageToken={{batch_page}}", 200),
        *(Sample("GET", f"{root}/batches/{one}") for one in batches),
        *(Sample("DELETE", f"{root}/batches/{one}") for one in batches),
        *(Sample("POST", f"{root}/batches/{one}:cancel") for one in batches),
        *unknown("/genai/v1beta/cachedContents/{name}"),
    ]


def estimate() -> list[Sample]:
    path, target = "/bifrost/v1/estimate", {"targets": [{"provider": "openai"}]}
    forms = ["file-<row>", "file_<row>", "files/<row>", "<row>", "<name>", "files/<name>"]
    # Of buckets there is another answer than of files: whether there is one is S3's to know.
    denied = ["s3://<their_bucket>/<key>", "s3://any/file-<row>"]
    return [
        *(posted(path, {"input_file_id": one, **target}) for one in forms),
        *(posted(path, {"input_file_id": one, **target}, 403) for one in denied),
        posted(path, {"input_file_id": "s3://<bucket>/<object>", **target}),
        posted(f"{path}?refused=all", {"input_file_id": "file-<row>"}),
        posted(path, {"input_file_id": "file-<mine>"}, 200),
        posted(path, {"requests": [{"custom_id": "<name>"}], **target}, 200),
        *unknown("/bifrost/v1/batches/{row}"),
        *unknown("/bifrost/v1/incoming/anthropic/{row}"),
    ]


def incoming() -> list[Sample]:
    """Who has not the secret of a credential learns not even that it is there."""
    root = "/bifrost/v1/incoming"
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1800000000",
        "webhook-signature": "v1,bm8=",
        "x-api-key": "no",
    }
    return [
        Sample("POST", f"{root}/{provider}/{{row}}", 401, "{{}}", headers=headers)
        for provider in ("openai", "gemini", "bedrock")
        for headers in ({}, signed)
    ]


SURFACES = {
    "descriptions": [Sample("GET", path, 200) for path in DESCRIPTIONS],
    "openai": openai(),
    "anthropic": anthropic(),
    "bedrock": bedrock(),
    "s3": s3(),
    "genai": genai(),
    "estimate": estimate(),
    "incoming": incoming(),
}
