"""Batches for Bedrock through OpenAI's SDK: where they read and write, and as whom."""

from collections.abc import Callable, Iterator
from typing import Any

import openai as sdk
import pytest
from openai import OpenAI
from openai.types import Batch as SDKBatch

from batches.models import Batch
from tests.openai.providers import lived, names, row, said
from tests.sandbox import bedrock
from tests.sandbox.records import CHAT, jsonl, line, results

MODEL = "anthropic.claude-3-sonnet-20240229-v1:0"
AT_BEDROCK: Any = {"provider": "bedrock"}
ACCOUNT = "AKIAOFJOBS"
BUCKET = "with-jobs"
ROLE = "arn:aws:iam::210987654321:role/of-the-client"


@pytest.fixture(scope="module")
def storage(sandbox_url: str) -> Iterator[Any]:
    with bedrock.connected(sandbox_url, ACCOUNT) as clients:
        yield clients.storage


@pytest.fixture
def s3(credentials, storage: Any) -> Any:
    credential = credentials["bedrock"]
    credential.secret = "secret"
    credential.options = {"access_key_id": ACCOUNT, "role_arn": bedrock.ROLE, "bucket": "jobs"}
    credential.save()
    return storage


@pytest.fixture
def options(credentials, s3: Any) -> Callable[..., None]:
    """Gives the credential other options."""

    def give(**more: Any) -> None:
        credentials["bedrock"].options = {"access_key_id": ACCOUNT, **more}
        credentials["bedrock"].save()

    return give


def questions(*texts: str, model: str = MODEL) -> bytes:
    return jsonl(
        line(
            f"req-{number}",
            {"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": text}]},
        )
        for number, text in enumerate(texts)
    )


def uploaded(client: OpenAI, content: bytes, prefix: str = "in") -> str:
    s3 = {"bucket": BUCKET, "region": "us-west-2", "prefix": prefix}
    body = {**AT_BEDROCK, "storage_config": {"s3": s3}}
    return client.files.create(
        file=("in.jsonl", content, "application/jsonl"), purpose="batch", extra_body=body
    ).id


def created(client: OpenAI, file_id: str, *, query: Any = None, **body: Any) -> SDKBatch:
    return client.batches.create(
        input_file_id=file_id,
        endpoint=CHAT,
        completion_window="24h",
        extra_body=body or None,
        extra_query=query,
    )


def refusal(client: OpenAI, file_id: str, **more: Any) -> Any:
    before = Batch.objects.count()
    with pytest.raises(sdk.BadRequestError) as caught:
        created(client, file_id, **more)
    assert Batch.objects.count() == before
    return caught.value


@pytest.fixture
def file_id(inside: OpenAI, s3) -> str:
    return inside.files.create(file=("in.jsonl", questions("Hello!")), purpose="batch").id


def lies_under(s3: Any, prefix: str) -> list[str]:
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return [one["Key"] for one in found]


def test_the_way_from_a_bucket_to_a_bucket(inside: OpenAI, s3):
    texts = ["What is 2+2?", "What is the capital of France?"]
    input_id = uploaded(inside, questions(*texts), prefix="batch-input")

    batch = created(
        inside, input_id, **AT_BEDROCK, model=MODEL, output_s3_uri=f"s3://{BUCKET}/batch-output"
    )

    assert (batch.status, batch.input_file_id) == ("validating", input_id)
    batch = lived(inside, batch)
    assert batch.status == "completed"
    assert batch.request_counts.to_dict() == {"total": 2, "completed": 2, "failed": 0}
    answers = results(inside, batch.output_file_id)
    assert names(answers) == ["req-0", "req-1"]
    assert [said(one).endswith(text) for one, text in zip(answers, texts, strict=True)] == [
        True
    ] * 2
    delivered = lies_under(s3, f"batch-output/{row(batch).pk}/")
    assert [key.rpartition("/")[2] for key in delivered] == ["in.jsonl.out", "manifest.json.out"]
    listed = inside.batches.list(limit=10, extra_query={**AT_BEDROCK, "model": MODEL})
    assert batch.id in [one.id for one in listed.data]


def test_what_others_put_there_is_read(inside: OpenAI, s3):
    s3.put_object(Bucket=BUCKET, Key="theirs/a b.jsonl", Body=questions("Hello!"))
    name = f"s3://{BUCKET}/theirs/a b.jsonl"

    batch = created(inside, name, **AT_BEDROCK, model=MODEL)
    assert batch.input_file_id == name
    batch = lived(inside, batch)

    assert batch.status == "completed"
    assert inside.files.content(batch.output_file_id).read()
    assert batch.input_file_id == name


def test_whose_provider_is_not_named_goes_where_its_model_is(inside: OpenAI, s3):
    s3.put_object(Bucket=BUCKET, Key="theirs/b.jsonl", Body=questions("Hello!"))

    assert created(inside, f"s3://{BUCKET}/theirs/b.jsonl").provider == "bedrock"


def test_another_provider_may_read_what_lies_in_s3(inside: OpenAI, s3):
    content = questions("Hello!", model="gpt-4o-mini")
    s3.put_object(Bucket=BUCKET, Key="theirs/c.jsonl", Body=content)

    batch = lived(inside, created(inside, f"s3://{BUCKET}/theirs/c.jsonl", provider="openai"))

    assert (batch.provider, batch.status) == ("openai", "completed")


def test_what_is_replaced_while_it_runs_does_no_harm(inside: OpenAI, s3):
    key = "theirs/today.jsonl"
    s3.put_object(Bucket=BUCKET, Key=key, Body=questions("[sandbox:status=400]", "b"))
    batch = created(inside, f"s3://{BUCKET}/{key}", **AT_BEDROCK, model=MODEL)
    lived(inside, batch)
    s3.put_object(Bucket=BUCKET, Key=key, Body=questions("c"))

    again = lived(inside, created(inside, f"s3://{BUCKET}/{key}", **AT_BEDROCK, model=MODEL))

    assert row(again).input_file != row(batch).input_file
    assert (again.request_counts.total, row(batch).total) == (1, 2)


@pytest.mark.parametrize("gone", ["deleted", "replaced"])
def test_what_is_gone_before_it_is_read_fails_the_batch(inside: OpenAI, s3, gone: str):
    key = f"theirs/{gone}.jsonl"
    s3.put_object(Bucket=BUCKET, Key=key, Body=questions("a"))
    batch = created(inside, f"s3://{BUCKET}/{key}", **AT_BEDROCK, model=MODEL)
    if gone == "deleted":
        s3.delete_object(Bucket=BUCKET, Key=key)
    else:
        s3.put_object(Bucket=BUCKET, Key=key, Body=questions("b"))

    batch = lived(inside, batch)

    assert batch.status == "failed"
    assert batch.errors.data[0].code == "file_deleted"


def test_a_bucket_that_nobody_may_read_any_more_fails_the_batch(inside: OpenAI, s3, options):
    batch = created(inside, uploaded(inside, questions("a")), **AT_BEDROCK, model=MODEL)
    options(access_key_id="sandbox-invalid", role_arn=ROLE, bucket="jobs")

    batch = lived(inside, batch)

    assert batch.status == "failed"
    assert batch.errors.data[0].code == "file_unreadable"
    assert "s3:GetObject" in batch.errors.data[0].message


def test_what_a_client_wants_of_a_job_is_kept(inside: OpenAI, file_id: str):
    tags = {"team": "a b", "cost-center": "", "Name": "x._:/=+@-"}
    batch = created(
        inside, file_id, **AT_BEDROCK, output_s3_uri="s3://results", role_arn=ROLE, tags=tags
    )

    made = row(batch)
    assert (made.output_uri, made.role_arn, made.tags) == ("s3://results", ROLE, tags)
    assert made.provider == "bedrock"


@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini"])
@pytest.mark.parametrize(
    ("param", "value"),
    [("output_s3_uri", "s3://results/x"), ("role_arn", ROLE), ("tags", {"team": "a"})],
)
def test_other_providers_have_no_such_wishes(
    inside: OpenAI, file_id: str, provider: str, param: str, value: Any
):
    error = refusal(inside, file_id, provider=provider, **{param: value})

    assert error.param == param
    assert "'bedrock'" in error.body["message"]


@pytest.mark.parametrize(
    ("param", "value"),
    [
        ("output_s3_uri", "https://results/x"),
        ("output_s3_uri", "s3://UPPER/x"),
        ("output_s3_uri", "s3://results/with space"),
        ("output_s3_uri", "s3://results//x"),
        ("output_s3_uri", "s3://results/" + "x" * 900),
        ("output_s3_uri", 7),
        ("role_arn", "arn:aws:iam::1:role/x"),
        ("role_arn", "not-required-for-openai"),
        ("tags", ["a"]),
        ("tags", {"a": 7}),
        ("tags", {"": "a"}),
        ("tags", {"k" * 129: "a"}),
        ("tags", {"a": "v" * 257}),
        ("tags", {"a": "é"}),
        ("tags", {"AWS:a": "b"}),
        ("tags", {str(number): "" for number in range(201)}),
    ],
)
def test_what_aws_would_not_take_is_refused_by_name(inside: OpenAI, file_id: str, param, value):
    assert refusal(inside, file_id, **AT_BEDROCK, **{param: value}).param == param


def test_a_role_is_missing_where_nobody_names_one(inside: OpenAI, file_id: str, options):
    options(bucket="jobs")

    error = refusal(inside, file_id, **AT_BEDROCK)
    assert (error.param, error.code) == ("role_arn", "missing_required_parameter")

    assert created(inside, file_id, **AT_BEDROCK, role_arn=ROLE).provider == "bedrock"


def test_a_bucket_is_missing_where_nobody_names_one(inside: OpenAI, file_id: str, options):
    options(role_arn=ROLE)

    error = refusal(inside, file_id, **AT_BEDROCK)
    assert (error.param, error.code) == ("output_s3_uri", "missing_required_parameter")

    batch = created(inside, file_id, **AT_BEDROCK, model=MODEL, output_s3_uri=f"s3://{BUCKET}/own")
    assert lived(inside, batch).status == "completed"


def test_results_do_not_go_where_jobs_lie(inside: OpenAI, file_id: str):
    with pytest.raises(sdk.PermissionDeniedError, match="Bifrost's own"):
        created(inside, file_id, **AT_BEDROCK, output_s3_uri="s3://jobs/bifrost")


def test_the_provider_may_be_named_in_the_query(inside: OpenAI, file_id: str):
    assert created(inside, file_id, query=AT_BEDROCK).provider == "bedrock"
    assert created(inside, file_id, query=AT_BEDROCK, **AT_BEDROCK).provider == "bedrock"

    error = refusal(inside, file_id, query=AT_BEDROCK, provider="openai")
    assert error.param == "provider"
    assert "'openai'" in error.body["message"]
    assert refusal(inside, file_id, query={"model": MODEL}).param == "model"


def test_a_create_that_names_another_provider_is_another(inside: OpenAI, file_id: str):
    key = {"idempotency-key": "one-of-a-kind"}

    def create(provider: str) -> SDKBatch:
        return inside.batches.create(
            input_file_id=file_id,
            endpoint=CHAT,
            completion_window="24h",
            extra_query={"provider": provider},
            extra_headers=key,
        )

    assert create("bedrock").id == create("bedrock").id
    with pytest.raises(sdk.BadRequestError) as caught:
        create("openai")
    assert caught.value.code == "idempotency_key_reused"


def test_without_a_credential_that_is_what_is_said(inside: OpenAI, file_id: str, credentials):
    credentials["bedrock"].enabled = False
    credentials["bedrock"].save()

    assert refusal(inside, file_id, **AT_BEDROCK).code == "no_credential"
    with pytest.raises(sdk.BadRequestError) as caught:
        inside.files.retrieve("s3://x-bucket/x")
    assert caught.value.code == "no_credential"


@pytest.mark.parametrize("form", ["file_{}", "files/{}", "file-{}"])
def test_ids_come_in_the_form_of_any_surface(inside: OpenAI, file_id: str, form: str):
    core = file_id.removeprefix("file-")

    assert inside.files.retrieve(form.format(core)).id == file_id


@pytest.mark.parametrize(
    "form",
    [
        "batch_{}",
        "msgbatch_{}",
        "batches/{}",
        "arn:aws:bedrock:us-east-1:000000000000:model-invocation-job/{}",
    ],
)
def test_ids_of_batches_come_in_the_form_of_any_surface(inside: OpenAI, file_id: str, form: str):
    batch = created(inside, file_id, **AT_BEDROCK)
    core = batch.id.removeprefix("batch_")

    assert inside.batches.retrieve(form.format(core)).id == batch.id
    assert inside.batches.cancel(form.format(core)).id == batch.id
