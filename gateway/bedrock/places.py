"""Where a job reads and writes: the file, for what endpoint its records are, and the client's bucket."""

from batches.translate import ENDPOINTS
from files import names, objects
from files.buckets import bucket_of
from files.models import File
from gateway.bedrock.asked import FILE_TAG, Create
from gateway.caller import Caller
from gateway.choice import first_of
from gateway.surface import RequestError
from providers.ids import core_id
from providers.models import Provider


def input_of(caller: Caller, asked: Create) -> File:
    """The file that a tag names, or the one at the job's address.

    An address is an object of the bucket for Bedrock's own jobs, and for all others the name that a file was
    given through S3. The id of a file, in the form of any surface, does as well, as the last part of the
    key. Raises RequestError 404 if there is none, BucketError and StoreError.
    """
    if asked.file_id:
        file = caller.file(core_id(asked.file_id))
        if file is None:
            raise _missing(f"The file '{asked.file_id[:100]}', which the tag '{FILE_TAG}' names,")
        return file
    is_real = asked.fields["provider"] == Provider.BEDROCK
    named = None if is_real else names.find(caller.workspace, *asked.source)
    if file := named or caller.file(core_id(asked.source.key)):
        return file
    if is_real:
        return _object(caller, asked)
    raise _missing(f"The object '{asked.fields['input_uri']}'")


def _object(caller: Caller, asked: Create) -> File:
    bucket = bucket_of(caller.workspace, asked.source.bucket)
    return objects.adopt(objects.find(caller.workspace, bucket, asked.source.key))


def check_target(caller: Caller, asked: Create) -> None:
    """Raises RequestError or BucketError for a place that only Bifrost writes to."""
    bucket, key = asked.target
    if asked.fields["provider"] == Provider.BEDROCK:
        bucket_of(caller.workspace, bucket).refuse_hidden(key)
    elif bucket == names.ALL_FILES:
        raise RequestError(
            f"The bucket '{bucket}' shows the files of every surface: name another one for the results.",
            param="outputDataConfig.s3OutputDataConfig.s3Uri",
        )


def endpoint_of(file: File, asked: Create) -> str:
    """A tag speaks for OpenAI's records, all others tell by what they ask. Raises StoreError."""
    first = first_of(file, model=asked.fields["model_override"])
    told = first.endpoint if first else ""
    if first and first.dialect != Provider.OPENAI:
        return told or asked.endpoint or ENDPOINTS[0]
    return asked.endpoint or told or ENDPOINTS[0]


def _missing(what: str) -> RequestError:
    return RequestError(
        f"{what} does not exist: upload it first, through S3 or any other SDK.", status=404
    )
