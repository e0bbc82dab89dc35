"""What clients ask of Bedrock's batch inference.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelInvocationJob.html
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from batches.models import Surface
from batches.translate import ENDPOINTS
from gateway.fields import Fields
from gateway.surface import RequestError

# As AWS's patterns have it.
JOB_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9+.-]{0,62}")
TOKEN = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,254}[a-zA-Z0-9])?")
TAG = re.compile(r"[a-zA-Z0-9\s._:/=+@-]*", re.ASCII)
LONGEST_TAG_KEY, LONGEST_TAG_VALUE, MOST_TAGS = 128, 256, 200
LONGEST_URI, LONGEST_ROLE, LONGEST_MODEL = 1024, 2048, 255
LONGEST_TOKEN = 256
HOURS = (24, 168)
INVOCATIONS = ("InvokeModel", "Converse")
FORMATS = ("JSONL",)
# Tags that say what AWS has no field for: for what endpoint records are, and which file holds them.
ENDPOINT_TAG, FILE_TAG = "endpoint", "file_id"
MOST_LISTED, USUALLY_LISTED = 1000, 100
ORDERS = ("Descending", "Ascending")

# No header holds a line end: what OpenAI's clients send as an Idempotency-Key can be no token.
TOKEN_MARK = "clientRequestToken\n"  # noqa: S105 -- a mark, no secret
LONGEST_KEPT_TOKEN = 255 - len(TOKEN_MARK)


class Place(NamedTuple):
    """An object in S3, or a folder, which may be the whole bucket."""

    bucket: str
    key: str


@dataclass(frozen=True)
class Create:
    """The fields of a Batch, where it reads and writes, and the client's word for this one request."""

    fields: dict[str, Any]
    source: Place
    target: Place
    token: str
    digest: str

    @property
    def endpoint(self) -> str:
        """Empty if the records are to tell."""
        endpoint: str = self.fields["tags"].get(ENDPOINT_TAG, "")
        return endpoint

    @property
    def file_id(self) -> str:
        """Empty if only `source` says which file it is."""
        file_id: str = self.fields["tags"].get(FILE_TAG, "")
        return file_id


class Where(NamedTuple):
    """Where a page of a list ended."""

    at: datetime
    id: str


@dataclass(frozen=True)
class List:
    """Which jobs are wanted: times, words and order are those of the vendor, None and "" mean any."""

    limit: int
    ascending: bool
    name: str
    status: str
    since: datetime | None
    until: datetime | None
    after: Where | None


def read_create(body: Mapping[str, Any], *, provider: str) -> Create:
    """Raises RequestError."""
    digest = _digest(body, provider)
    form = Fields(body)
    _refuse(form, "vpcConfig")
    name = _matching(form, "jobName", JOB_NAME)
    token = _matching(form, "clientRequestToken", TOKEN, required=False)
    source = _union(form, "inputDataConfig", "s3InputDataConfig")
    target = _union(form, "outputDataConfig", "s3OutputDataConfig")
    input_uri, output_uri = _uri(source), _uri(target)
    source.optional_choice("s3InputFormat", FORMATS)
    for place, unsupported in ((source, "s3BucketOwner"), (target, "s3BucketOwner")):
        _refuse(place, unsupported)
    _refuse(target, "s3EncryptionKeyId")
    source.refuse_others()
    target.refuse_others()
    fields = {
        "surface": Surface.BEDROCK,
        "provider": provider,
        "name": name,
        "model_override": _model(form),
        "role_arn": form.optional_text("roleArn", longest=LONGEST_ROLE),
        "invocation": form.optional_choice("modelInvocationType", INVOCATIONS) or "",
        "timeout_hours": _hours(form),
        "completion_window": "24h",
        "tags": read_tags(form.take("tags")),
        "input_uri": input_uri,
        "output_uri": output_uri,
    }
    form.refuse_others()
    return Create(fields, _object(input_uri), _folder(output_uri), token, digest)


def read_tags(value: object) -> dict[str, str]:
    """Raises RequestError."""
    if value is None:
        return {}
    if not isinstance(value, list) or len(value) > MOST_TAGS:
        raise _wrong("tags", f"expected a list of at most {MOST_TAGS} tags")
    tags: dict[str, str] = {}
    for number, item in enumerate(value):
        key, text = _tag(item, f"tags[{number}]")
        if key in tags:
            raise _wrong(f"tags[{number}]", f"the key '{key}' was used by an earlier tag")
        tags[key] = text
    endpoint = tags.get(ENDPOINT_TAG)
    if endpoint is not None and endpoint not in ENDPOINTS:
        raise _wrong("tags", f"the tag '{ENDPOINT_TAG}' names one of {', '.join(ENDPOINTS)}")
    return tags


def _tag(value: object, path: str) -> tuple[str, str]:
    tag = Fields(_object_of(value, path), path=f"{path}.")
    key, text = tag.text("key"), tag.text("value")
    tag.refuse_others()
    if not 1 <= len(key) <= LONGEST_TAG_KEY or len(text) > LONGEST_TAG_VALUE:
        limits = f"keys have 1 to {LONGEST_TAG_KEY} characters, values up to {LONGEST_TAG_VALUE}"
        raise _wrong(path, limits)
    if not TAG.fullmatch(key + text) or key.lower().startswith("aws:"):
        raise _wrong(path, f"key and value must match {TAG.pattern}, and no key begins with aws:")
    return key, text


def read_list(query: Mapping[str, str], *, statuses: tuple[str, ...]) -> List:
    """Raises RequestError."""
    form = Fields(query)
    form.optional_choice("sortBy", ("CreationTime",))
    asked = List(
        limit=form.whole("maxResults", 1, MOST_LISTED, USUALLY_LISTED),
        ascending=form.optional_choice("sortOrder", ORDERS) == "Ascending",
        name=form.optional_text("nameContains", longest=63),
        status=form.optional_choice("statusEquals", statuses) or "",
        since=_moment(form, "submitTimeAfter"),
        until=_moment(form, "submitTimeBefore"),
        after=_where(form.optional_text("nextToken", longest=2048)),
    )
    form.refuse_others()
    return asked


def idempotency_key(token: str) -> str | None:
    """How a token is kept in a batch: hashed if it is too long. None if there is none."""
    if len(token) > LONGEST_KEPT_TOKEN:
        token = hashlib.sha256(token.encode()).hexdigest() + "\n"
    return TOKEN_MARK + token if token else None


def token_of(key: str | None) -> str:
    """The token that is kept so; empty if it was hashed, and for what other surfaces keep."""
    token = (key or "").removeprefix(TOKEN_MARK)
    return "" if token == (key or "") or token.endswith("\n") else token


def write_where(where: Where) -> str:
    """The token of the page that follows."""
    return f"{where.at.astimezone(UTC):%Y%m%dT%H%M%S.%f}.{where.id}"


def _where(token: str) -> Where | None:
    if not token:
        return None
    at, _, pk = token.rpartition(".")
    try:
        return Where(datetime.strptime(at, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), pk)
    except ValueError:
        raise _wrong("nextToken", "it is none that a list here gave") from None


def _digest(body: Mapping[str, Any], provider: str) -> str:
    """Stands for all that is asked but the token."""
    asked = {name: value for name, value in body.items() if name != "clientRequestToken"}
    said = msgspec.json.encode([provider, asked], order="deterministic")
    return hashlib.sha256(said).hexdigest()


def _union(form: Fields, name: str, member: str) -> Fields:
    """What is inside of two objects, of which the outer one has nothing else."""
    outer = _object_of(form.take(name), name)
    form = Fields(outer, path=f"{name}.")
    inner = _object_of(form.take(member), f"{name}.{member}")
    form.refuse_others()
    return Fields(inner, path=f"{name}.{member}.")


def _object_of(value: object, path: str) -> dict[str, Any]:
    if value is None:
        raise RequestError(f"Missing required parameter: '{path}'.", param=path)
    if not isinstance(value, dict):
        raise _wrong(path, "expected an object")
    return value


def _refuse(form: Fields, name: str) -> None:
    if form.take(name) is not None:
        path = f"{form.path}{name}"
        raise RequestError(
            f"'{path}' is not supported: Bifrost has no way to carry it.", param=path
        )


def _matching(form: Fields, name: str, pattern: re.Pattern[str], *, required: bool = True) -> str:
    text = form.text(name) if required else form.optional_text(name, longest=LONGEST_TOKEN)
    if (text or required) and not pattern.fullmatch(text):
        raise _wrong(name, f"it must match {pattern.pattern}")
    return text


def _uri(form: Fields) -> str:
    uri = form.text("s3Uri")
    bucket = uri.removeprefix("s3://").partition("/")[0]
    if not uri.startswith("s3://") or not bucket or len(uri) > LONGEST_URI:
        limits = f"expected s3://bucket/key of at most {LONGEST_URI} characters"
        raise _wrong(f"{form.path}s3Uri", limits)
    return uri


def _folder(uri: str) -> Place:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return Place(bucket, f"{key.rstrip('/')}/" if key else "")


def _object(uri: str) -> Place:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not key or key.endswith("/"):
        raise _wrong(
            "inputDataConfig.s3InputDataConfig.s3Uri",
            "it names a folder, which Bifrost does not read: name one file",
        )
    return Place(bucket, key)


def _model(form: Fields) -> str:
    model = form.text("modelId")
    if not 1 <= len(model) <= LONGEST_MODEL:
        raise _wrong("modelId", f"it has 1 to {LONGEST_MODEL} characters")
    return model


def _hours(form: Fields) -> int | None:
    if form.given.get("timeoutDurationInHours") is None:
        form.take("timeoutDurationInHours")
        return None
    return form.whole("timeoutDurationInHours", *HOURS)


def _moment(form: Fields, name: str) -> datetime | None:
    if name not in form.given:
        return None
    try:
        moment = datetime.fromisoformat(form.text(name))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _wrong(name, "expected a time as ISO 8601 has it") from None


def _wrong(param: str, why: str) -> RequestError:
    return RequestError(f"Invalid '{param}': {why}.", code="invalid_value", param=param)
