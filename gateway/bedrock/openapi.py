"""The description of this surface, as clients and generators of clients read it."""

from functools import partial

from gateway.bedrock import asked, wire
from gateway.bedrock.views import BedrockView
from gateway.choice import HEADER
from gateway.openapi import (
    DescriptionView,
    answer,
    array,
    body,
    choice,
    document,
    fields,
    operation,
    or_null,
    parameter,
    schema,
    text,
    whole,
)
from providers.registry import UPSTREAMS

# A refused key is a 403 at this vendor.
EVERYWHERE = (400, 403, 404, 413, 415, 429, 500, 503)
MOMENT = text(format="date-time")

in_query = partial(parameter, "query")
provider = parameter(
    "header",
    HEADER,
    choice(UPSTREAMS),
    "The provider of a job, Bedrock if none is named. With an id it makes no difference.",
)
job_id = parameter(
    "path",
    "jobIdentifier",
    text(least=1),
    "An ARN or a bare id, or an id as any other surface says it.",
    examples=["0123456789ab"],
)

URI = text(longest=asked.LONGEST_URI, pattern="^s3://[^/]")
TAG = fields(
    {
        "key": text(least=1, longest=asked.LONGEST_TAG_KEY, pattern=f"^{asked.TAG.pattern}$"),
        "value": text(longest=asked.LONGEST_TAG_VALUE, pattern=f"^{asked.TAG.pattern}$"),
    }
)
JOB_NAME = text(pattern=f"^{asked.JOB_NAME.pattern}$")
TOKEN = text(longest=asked.LONGEST_TOKEN, pattern=f"^{asked.TOKEN.pattern}$")
CREATE = fields(
    {
        "jobName": JOB_NAME,
        "modelId": text(least=1, longest=asked.LONGEST_MODEL),
        "inputDataConfig": fields(
            {
                "s3InputDataConfig": fields(
                    {"s3Uri": {**URI, "description": "One file, no folder."}},
                    {"s3InputFormat": or_null(choice(asked.FORMATS))},
                )
            }
        ),
        "outputDataConfig": fields({"s3OutputDataConfig": fields({"s3Uri": URI})}),
    },
    {
        "clientRequestToken": or_null(TOKEN),
        "roleArn": or_null(text(longest=asked.LONGEST_ROLE)),
        "modelInvocationType": or_null(choice(asked.INVOCATIONS)),
        "timeoutDurationInHours": or_null(whole(*asked.HOURS)),
        "tags": or_null(array(TAG, maxItems=asked.MOST_TAGS)),
    },
)
COUNTS = ("totalRecordCount", "processedRecordCount", "successRecordCount", "errorRecordCount")
SCHEMAS = {
    "Error": fields(
        {
            "__type": choice(sorted({*wire.ERRORS.values(), *wire.NAMED_ERRORS.values()})),
            "message": text(),
        }
    ),
    "Job": fields(
        {
            "jobArn": text(pattern="^arn:aws:bedrock:"),
            "jobName": text(),
            "modelId": text(least=1),
            "roleArn": text(),
            "status": choice(wire.STATUS),
            "submitTime": MOMENT,
            "lastModifiedTime": MOMENT,
            "jobExpirationTime": MOMENT,
            "timeoutDurationInHours": whole(1),
            "inputDataConfig": fields(
                {
                    "s3InputDataConfig": fields(
                        {"s3InputFormat": choice(asked.FORMATS), "s3Uri": text()}
                    )
                }
            ),
            "outputDataConfig": fields({"s3OutputDataConfig": fields({"s3Uri": text()})}),
            **dict.fromkeys(COUNTS, whole(0)),
        },
        {
            "clientRequestToken": text(),
            "endTime": MOMENT,
            "message": text(longest=wire.LONGEST_MESSAGE),
            "modelInvocationType": choice(asked.INVOCATIONS),
        },
    ),
}

operated = partial(operation, refused=EVERYWHERE)

CREATED = {
    "post": operated(
        "CreateModelInvocationJob",
        "Create a job",
        provider,
        body=body(CREATE),
        answers={"200": answer("The job was made.", fields({"jobArn": text()}))},
    )
}
LISTED = {
    "get": operated(
        "ListModelInvocationJobs",
        "List jobs",
        provider,
        in_query("submitTimeAfter", MOMENT),
        in_query("submitTimeBefore", MOMENT),
        in_query("statusEquals", choice(wire.STATUS)),
        in_query("nameContains", text(longest=63)),
        in_query("maxResults", whole(1, asked.MOST_LISTED, default=asked.USUALLY_LISTED)),
        in_query("nextToken", text(longest=2048), "Of the page before."),
        in_query("sortBy", choice(["CreationTime"])),
        in_query("sortOrder", choice(asked.ORDERS)),
        answers={
            "200": answer(
                "A page of jobs.",
                fields({"invocationJobSummaries": array(schema("Job"))}, {"nextToken": text()}),
            )
        },
    )
}
RETRIEVED = {
    "get": operated(
        "GetModelInvocationJob",
        "Describe a job",
        job_id,
        provider,
        answers={"200": answer("The job.", schema("Job"))},
    )
}
STOPPED = {
    "post": operated(
        "StopModelInvocationJob",
        "Stop a job",
        job_id,
        provider,
        body=body(fields({}), required=False),
        answers={"200": answer("It is stopping.", fields({}))},
    )
}

DOCUMENT = document(
    "Bifrost for boto3's client of Bedrock",
    "/bedrock",
    {
        "/model-invocation-job": CREATED,
        "/model-invocation-jobs": LISTED,
        "/model-invocation-job/{jobIdentifier}": RETRIEVED,
        "/model-invocation-job/{jobIdentifier}/stop": STOPPED,
    },
    schemas=SCHEMAS,
)


class Description(DescriptionView, BedrockView):
    document = DOCUMENT
