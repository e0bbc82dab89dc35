"""What is asked of an estimate. Errors have the shape of OpenAI's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from batches.services.estimate import COUNTED, Target
from batches.services.estimate import MOST_BYTES as MOST_BYTES
from batches.services.estimate import MOST_RECORDS as MOST_RECORDS
from batches.translate import ENDPOINTS
from gateway.fields import Fields
from gateway.surface import RequestError
from providers.registry import UPSTREAMS

MOST_TARGETS = 8
LONGEST_MODEL, LONGEST_FILE_ID = 255, 1300
# How many of the records that a target refuses are named, unless all are asked for.
MOST_NAMED = 100
SOME, ALL = "some", "all"


@dataclass(frozen=True)
class Asked:
    """`input_file_id` is empty where the records themselves came. No targets: where a batch would go whose
    client names none. `all` asks for every record that is refused."""

    input_file_id: str
    targets: Sequence[Target]
    endpoint: str | None
    all: bool


def read_body(body: dict[str, Any], query: QueryDict, *, inline: bool) -> Asked:
    """Of a body in JSON; `inline` says that there were requests in it. Raises RequestError."""
    form, beside = Fields(body), Fields(query.dict())
    wants_all = _wants_all(beside)
    beside.refuse_others()
    file_id = form.optional_text("input_file_id", longest=LONGEST_FILE_ID)
    if bool(file_id) == inline:
        raise RequestError(
            "Name a stored file in 'input_file_id', or give records in 'requests': one of the two.",
            code="mutually_exclusive_parameters" if inline else "missing_required_parameter",
            param="input_file_id",
        )
    form.take("requests")
    targets = _targets(form.take("targets"))
    endpoint = form.optional_choice("endpoint", ENDPOINTS)
    form.refuse_others()
    return Asked(file_id, targets, endpoint, wants_all)


def read_query(query: QueryDict) -> Asked:
    """Of a body of lines, beside which all is said in the query. Raises RequestError."""
    form = Fields(query.dict())
    wants_all = _wants_all(form)
    form.take("target")
    targets = [_named(text) for text in _bounded(query.getlist("target"), "target")]
    endpoint = form.optional_choice("endpoint", ENDPOINTS)
    form.refuse_others()
    return Asked("", targets, endpoint, wants_all)


def _wants_all(form: Fields) -> bool:
    return form.optional_choice("refused", (SOME, ALL)) == ALL


def _targets(value: object) -> Sequence[Target]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise RequestError(
            "Invalid type for 'targets': expected an array of objects.",
            code="invalid_type",
            param="targets",
        )
    places = enumerate(_bounded(value, "targets"))
    return [_target(Fields(one, path=f"targets.{number}.")) for number, one in places]


def _target(form: Fields) -> Target:
    target = Target(
        form.choice("provider", tuple(UPSTREAMS)),
        form.optional_text("model", longest=LONGEST_MODEL),
    )
    form.refuse_others()
    return target


def _named(text: str) -> Target:
    """A provider, and perhaps a model behind a colon."""
    provider, _, model = text.partition(":")
    given = {"provider": provider, "model": model or None}
    return _target(Fields(given, path="target."))


def _bounded(targets: list[Any], name: str) -> list[Any]:
    if len(targets) > MOST_TARGETS:
        raise RequestError(
            f"Invalid '{name}': {len(targets)} are named, at most {MOST_TARGETS} are allowed.",
            code="array_above_max_length",
            param=name,
        )
    return targets


def too_large() -> RequestError:
    return RequestError(
        f"An estimate looks at {MOST_BYTES} bytes and {MOST_RECORDS} records at the most, and the input has "
        "more: ask about a part of it, or ask the operator to run `manage.py bifrost estimate`.",
        status=413,
        code="input_too_large",
    )


def write(asked: Asked, targets: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "object": "estimate",
        "input_file_id": asked.input_file_id or None,
        "counted": COUNTED,
        "targets": targets,
    }


def write_error(error: RequestError) -> dict[str, Any]:
    usual = "server_error" if error.status >= 500 else "invalid_request_error"
    kind = "rate_limit_exceeded" if error.status == 429 else usual
    code = "invalid_api_key" if error.status == 401 else error.code
    return {"error": {"message": error.message, "type": kind, "param": error.param, "code": code}}
