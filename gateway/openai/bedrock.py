"""What OpenAI's clients say of Bedrock: where in S3 files lie, and how its jobs run.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelInvocationJob.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from files.models import File
from gateway.caller import Caller
from gateway.fields import Fields
from gateway.surface import RequestError
from providers.models import Provider

CONFIG = "storage_config"
S3 = "s3://"
BUCKET = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,61}[a-zA-Z0-9]")
REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d{1,2}")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
MOST_KEY_BYTES = 1024
LONGEST_PREFIX = 512
# As AWS's patterns have it. Beneath the folder there must be room for those of jobs.
FOLDER = re.compile(r"s3://[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:/[-!_*'().a-z0-9A-Z]+)*/?")
ROLE = re.compile(r"arn:aws(-[^:]+)?:iam::([0-9]{12})?:role/.+")
TAG = re.compile(r"[a-zA-Z0-9\s._:/=+@-]*", re.ASCII)
LONGEST_FOLDER, LONGEST_ROLE = 900, 2048
MOST_TAGS, LONGEST_TAG_KEY, LONGEST_TAG_VALUE = 200, 128, 256
# The parameters of a job, and the fields of a Batch that they are.
OF_JOBS = {"output_s3_uri": "output_uri", "role_arn": "role_arn", "tags": "tags"}


@dataclass(frozen=True)
class Folder:
    """A place in S3 as a client names it. What is empty is the credential's to say."""

    bucket: str = ""
    region: str = ""
    prefix: str = ""

    def key(self, file: File, filename: str, usual: str) -> str:
        """What a file is called there, beneath the `usual` prefix if none is named. Raises RequestError."""
        key = f"{self.within(usual)}{file.folder}{filename}"
        if len(key.encode()) > MOST_KEY_BYTES:
            raise RequestError(
                f"The name of the file is too long: with the prefix it has at most {MOST_KEY_BYTES} "
                "bytes in S3.",
                code="string_above_max_length",
                param="file",
            )
        return key

    def within(self, usual: str) -> str:
        """How the keys begin of what lies there."""
        prefix = self.prefix or usual
        return f"{prefix}/" if prefix else ""


class Name(NamedTuple):
    """An object in S3."""

    bucket: str
    key: str


def read_folder(form: Fields, provider: str | None) -> Folder | None:
    """`storage_config.s3`, in the brackets of forms and queries, if it is there. Raises RequestError."""
    names = [name for name in form.given if name.startswith(CONFIG)]
    if not names:
        return None
    if provider != Provider.BEDROCK:
        raise _only_bedrock(CONFIG, provider)
    config = Fields({_dotted(name): form.take(name) for name in names})
    folder = Folder(
        bucket=_matching(config, f"{CONFIG}.s3.bucket", BUCKET, longest=63),
        region=_matching(config, f"{CONFIG}.s3.region", REGION, longest=40),
        prefix=config.optional_text(f"{CONFIG}.s3.prefix", longest=LONGEST_PREFIX).strip("/"),
    )
    config.refuse_others()
    return folder


def read_job(form: Fields) -> dict[str, Any]:
    """The fields of a Batch that only Bedrock's jobs have. Raises RequestError."""
    return {
        "output_uri": _matching(form, "output_s3_uri", FOLDER, longest=LONGEST_FOLDER),
        "role_arn": _matching(form, "role_arn", ROLE, longest=LONGEST_ROLE),
        "tags": read_tags(form.take("tags")),
    }


def check_job(fields: Mapping[str, Any], caller: Caller) -> None:
    """Whether a batch has what its provider needs, and nothing that only Bedrock knows.

    Raises RequestError.
    """
    if fields["provider"] != Provider.BEDROCK:
        for param, field in OF_JOBS.items():
            if fields[field]:
                raise _only_bedrock(param, fields["provider"])
        return
    usable = caller.credentials(Provider.BEDROCK)
    options = next((one.options for one in usable[:1]), None)
    if options is None:
        return
    if not (fields["role_arn"] or options.get("role_arn")):
        raise _missing("role_arn", "the ARN of the role that Bedrock reads and writes S3 with")
    if not (fields["output_uri"] or options.get("bucket")):
        raise _missing("output_s3_uri", "s3:// and the bucket that the results go to")


def read_tags(value: object) -> dict[str, str]:
    """Raises RequestError beyond AWS's limits."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise RequestError(
            "Invalid type for 'tags': expected an object whose values are strings.",
            code="invalid_type",
            param="tags",
        )
    if len(value) > MOST_TAGS:
        raise RequestError(
            f"Invalid 'tags': it has {len(value)}, at most {MOST_TAGS} are allowed.",
            code="object_above_max_properties",
            param="tags",
        )
    for key, text in value.items():
        fits = 0 < len(key) <= LONGEST_TAG_KEY and len(text) <= LONGEST_TAG_VALUE
        if not fits or not TAG.fullmatch(key + text) or key.lower().startswith("aws:"):
            raise RequestError(
                f"Invalid 'tags': keys have 1 to {LONGEST_TAG_KEY} and values up to "
                f"{LONGEST_TAG_VALUE} letters, digits, spaces and _ . : / = + - @, and no key begins "
                f"with 'aws:'; change {key[:LONGEST_TAG_KEY]!r}.",
                code="invalid_value",
                param="tags",
            )
    return value


def no_bucket() -> RequestError:
    return RequestError(
        f"Missing required parameter: '{CONFIG}.s3.bucket'. Files for provider 'bedrock' lie in S3: name "
        "a bucket, or ask the operator to add one to the credential.",
        code="missing_required_parameter",
        param=f"{CONFIG}.s3.bucket",
    )


def read_name(file_id: str) -> Name | None:
    """The object whose name an id is, if it is one."""
    bucket, _, key = file_id.removeprefix(S3).partition("/")
    is_name = file_id.startswith(S3) and BUCKET.fullmatch(bucket)
    fits = 0 < len(key.encode(errors="replace")) <= MOST_KEY_BYTES and "\0" not in key
    return Name(bucket, key) if is_name and fits else None


def read_output(uri: str) -> Name | None:
    """The folder that results are to go to, if one is named."""
    bucket, _, prefix = uri.removeprefix(S3).partition("/")
    return Name(bucket, f"{prefix.rstrip('/')}/" if prefix else "") if uri else None


def _matching(form: Fields, name: str, pattern: re.Pattern[str], *, longest: int) -> str:
    text = form.optional_text(name, longest=longest)
    if text and not pattern.fullmatch(text):
        raise RequestError(
            f"Invalid '{name}': {text[:100]!r} does not match {pattern.pattern}",
            code="invalid_value",
            param=name,
        )
    return text


def _dotted(name: str) -> str:
    return name.replace("[", ".").replace("]", "")


def _only_bedrock(param: str, provider: str | None) -> RequestError:
    named = f"'{provider}' has no use for it" if provider else "it was not named"
    return RequestError(
        f"Invalid '{param}': it is for provider 'bedrock', and {named}.",
        code="invalid_value",
        param=param,
    )


def _missing(param: str, what: str) -> RequestError:
    return RequestError(
        f"Missing required parameter: '{param}'. Give {what}, or ask the operator to add it to the "
        "credential for Bedrock.",
        code="missing_required_parameter",
        param=param,
    )
