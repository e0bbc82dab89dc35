"""The description of what is Bifrost's own, as clients and generators of clients read it."""

from batches.translate import ENDPOINTS
from gateway.estimate import wire
from gateway.estimate.source import LINES
from gateway.estimate.views import EstimateView
from gateway.openapi import (
    JSON,
    NO_NUL,
    Described,
    DescriptionView,
    answer,
    anything,
    array,
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
from gateway.openapi import LINES as ANSWERED_LINES
from providers.registry import UPSTREAMS

PROVIDER = choice(UPSTREAMS)
MODEL = text(longest=wire.LONGEST_MODEL, pattern=NO_NUL)
TARGET = fields({"provider": PROVIDER}, {"model": or_null(MODEL)})
ASKED = fields(
    {},
    {
        "input_file_id": or_null(
            text(
                longest=wire.LONGEST_FILE_ID,
                pattern=NO_NUL,
                description="A file by its id as any surface says it, or an object in S3.",
            )
        ),
        "requests": or_null(array(anything(), description="Records, in place of a file.")),
        "targets": or_null(
            array(
                TARGET,
                maxItems=wire.MOST_TARGETS,
                description="None: where a batch would go whose client names no provider.",
            )
        ),
        "endpoint": or_null(choice(ENDPOINTS)),
    },
)
SPAN = fields({"low": or_null(whole(0)), "high": or_null(whole(0))})
TOKENS = fields({"input": SPAN, "output": SPAN, "unlimited": whole(0)})
DOLLARS = or_null({"type": "number", "minimum": 0})
PRICE = {"currency": {"const": "usd"}, "low": DOLLARS, "high": DOLLARS}
REFUSAL = {
    "line": whole(1),
    "custom_id": or_null(text()),
    "code": text(),
    "param": or_null(text()),
    "message": text(),
}
SCHEMAS: dict[str, Described] = {
    "Error": fields(
        {
            "error": fields(
                {
                    "message": text(),
                    "type": text(),
                    "param": or_null(text()),
                    "code": or_null(text()),
                }
            )
        }
    ),
    "Estimate": fields(
        {
            "object": {"const": "estimate"},
            "input_file_id": or_null(text()),
            "counted": text(description="How the tokens were counted."),
            "targets": array(schema("TargetEstimate")),
        }
    ),
    "TargetEstimate": fields(
        {
            "provider": PROVIDER,
            "model": or_null(text()),
            "dialect": or_null(choice(UPSTREAMS)),
            "endpoint": or_null(text()),
            "has_credential": {"type": "boolean"},
            "records": whole(0),
            "refused": whole(0),
            "jobs": whole(0),
            "over_limit": or_null(
                text(description="Why it would be refused now: a budget, or a limit of the key.")
            ),
            "errors": array(
                fields(
                    {
                        "code": text(),
                        "message": text(),
                        "param": or_null(text()),
                        "line": or_null(whole(1)),
                    }
                ),
                description="What the whole batch would fail for.",
            ),
            "dropped": {"type": "object", "additionalProperties": whole(1)},
            "tokens": TOKENS,
            "price": fields({**PRICE, "unknown": or_null(text())}),
            "models": array(
                fields(
                    {
                        "model": text(),
                        "records": whole(1),
                        "tokens": TOKENS,
                        "price": fields(PRICE),
                    }
                )
            ),
        },
        {
            "refusals": fields({"data": array(fields(REFUSAL)), "more": whole(0)}),
        },
    ),
}
ESTIMATES = {
    "post": operation(
        "estimate",
        "Estimate a batch without making it",
        parameter(
            "query",
            "refused",
            choice([wire.SOME, wire.ALL]),
            "All: the answer is a line of JSON for each record that is refused, the estimate in the last.",
        ),
        body={
            "required": True,
            "content": {
                JSON: {"schema": ASKED},
                **{kind: {"schema": {}} for kind in LINES},
            },
            "description": "Lines of records are sent as they are, with `target` (a provider, or one with a "
            "model behind a colon; several times for several) and `endpoint` in the query.",
        },
        answers={
            "200": {
                **answer("The estimate.", schema("Estimate")),
            }
        },
        refused=(400, 401, 403, 404, 413, 415, 429, 500, 503),
    )
}

DOCUMENT = document("Bifrost's own calls", "/bifrost", {"/v1/estimate": ESTIMATES}, schemas=SCHEMAS)
DOCUMENT["paths"]["/v1/estimate"]["post"]["responses"]["200"]["content"][ANSWERED_LINES] = {
    "schema": text()
}


class Description(DescriptionView, EstimateView):
    document = DOCUMENT
