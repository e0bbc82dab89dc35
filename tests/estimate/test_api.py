"""`POST /bifrost/v1/estimate`: what is asked, what is answered, and what it leaves behind."""

import json
from typing import Any

import pytest
from django.test import Client

from batches.models import Batch
from batches.services.estimate import Target
from files.models import File
from gateway.estimate import wire
from providers.models import AuditEvent, Credential, VirtualKey, Workspace
from tests.estimate.conftest import PATH, jsonl, record, stored
from tests.estimate.test_against_submit import sent
from tests.signatures.signing import Signer

JSON = "application/json"

AUDIO = {"audio": {"voice": "alloy", "format": "wav"}, "modalities": ["text", "audio"]}
THREE = jsonl(record(0, max_tokens=100), record(1, **AUDIO), record(2, logit_bias={"50256": -100}))
CLAUDE = {"provider": "anthropic", "model": "claude-sonnet-4-5"}


def test_an_estimate_tells_of_each_target_what_it_would_come_to(ask: Any, workspace: Workspace):
    file = stored(workspace, THREE)

    answer = ask(input_file_id=f"file-{file.pk}", targets=[{"provider": "openai"}, CLAUDE])

    assert answer.status_code == 200
    told = answer.json()
    assert (told["object"], told["input_file_id"]) == ("estimate", f"file-{file.pk}")
    assert "divided by four" in told["counted"]
    openai, anthropic = told["targets"]
    assert (openai["records"], openai["refused"], openai["jobs"]) == (3, 0, 1)
    assert (anthropic["records"], anthropic["refused"], anthropic["jobs"]) == (3, 1, 1)
    assert anthropic["dropped"] == {"logit_bias": 1}
    assert (anthropic["dialect"], anthropic["endpoint"]) == ("openai", "/v1/chat/completions")
    assert anthropic["has_credential"] is True
    (refused,) = anthropic["refusals"]["data"]
    assert (refused["line"], refused["custom_id"]) == (2, "c-1")
    assert (refused["code"], refused["param"]) == ("unsupported_feature", "modalities")
    assert "Anthropic" in refused["message"]
    assert [one["model"] for one in anthropic["models"]] == ["claude-sonnet-4-5"]
    assert 0 < openai["price"]["low"] < openai["price"]["high"] < anthropic["price"]["high"]
    assert (openai["tokens"]["unlimited"], anthropic["price"]["unknown"]) == (2, None)


def test_nothing_is_kept_and_nothing_of_a_record_is_told(ask: Any, workspace: Workspace):
    secret = "the-text-of-a-record"
    lines = jsonl(record(0, messages=[{"role": "user", "content": secret}], **AUDIO))
    before = File.objects.count(), AuditEvent.objects.count()

    answer = ask(content=lines, query="target=anthropic:claude-sonnet-4-5")

    assert answer.json()["targets"][0]["refused"] == 1
    assert secret not in answer.content.decode()
    assert (File.objects.count(), AuditEvent.objects.count()) == before
    assert not Batch.objects.exists()


@pytest.mark.parametrize("form", ["file-{}", "file_{}", "files/{}", "{}", "s3://any/file-{}"])
def test_a_file_is_known_by_its_id_in_any_form(ask: Any, workspace: Workspace, form: str):
    file = stored(workspace, THREE)

    answer = ask(input_file_id=form.format(file.pk), targets=[{"provider": "openai"}])

    assert answer.json()["targets"][0]["records"] == 3


def test_it_is_known_by_the_names_that_clients_gave_it(ask: Any, workspace: Workspace):
    stored(workspace, THREE, name="my-own-name", bucket="nightly", key="a/b.jsonl")

    for named in ("files/my-own-name", "s3://nightly/a/b.jsonl"):
        assert ask(input_file_id=named).json()["targets"][0]["records"] == 3


def test_records_come_in_the_body_as_well_before_or_after_the_targets(
    client: Client, key_of: Any, workspace: Workspace
):
    requests = [record(0), record(1)]
    for body in (
        {"requests": requests, "targets": [CLAUDE]},
        {"targets": [CLAUDE], "requests": requests},
    ):
        answer = client.post(
            PATH, json.dumps(body, indent=2), "application/json", headers={"x-api-key": key_of()}
        )
        (told,) = answer.json()["targets"]
        assert (told["records"], told["provider"]) == (2, "anthropic")


def test_without_targets_it_is_of_where_a_batch_would_go(ask: Any):
    claude = {"custom_id": "a", "params": {"model": "claude-sonnet-4-5", "max_tokens": 9}}
    claude["params"]["messages"] = [{"role": "user", "content": "Hi"}]

    assert [one["provider"] for one in ask(content=jsonl(claude)).json()["targets"]] == [
        "anthropic"
    ]
    assert [one["provider"] for one in ask(content=THREE).json()["targets"]] == ["openai"]


def test_every_refused_record_can_be_had_a_line_for_each(ask: Any, monkeypatch: Any):
    monkeypatch.setattr(wire, "MOST_NAMED", 2)
    lines = jsonl(*(record(number, **AUDIO) for number in range(5)))
    query = "target=anthropic:claude-sonnet-4-5&target=openai"

    some = ask(content=lines, query=query).json()["targets"][0]["refusals"]
    answer = ask(content=lines, query=f"{query}&refused=all")
    *refused, last = map(json.loads, answer.getvalue().splitlines())

    assert (len(some["data"]), some["more"]) == (2, 3)
    assert answer["content-type"] == "application/x-jsonl"
    assert [one["line"] for one in refused] == [1, 2, 3, 4, 5]
    assert {(one["object"], one["target"]) for one in refused} == {("refusal", 0)}
    assert [one["refused"] for one in last["targets"]] == [5, 0]


def test_what_fails_the_whole_batch_is_told_and_no_price(ask: Any):
    lines = jsonl(record(0), record(0)) + b"{}\n"

    (told,) = ask(content=lines, query="target=openai").json()["targets"]

    assert [(one["line"], one["code"]) for one in told["errors"]] == [
        (2, "duplicate_custom_id"),
        (3, "missing_required_parameter"),
    ]
    assert (told["jobs"], told["price"]["low"], told["price"]["high"]) == (0, None, None)
    assert "mend its errors" in told["price"]["unknown"]


def test_an_unknown_model_has_no_price_and_never_none_to_pay(ask: Any):
    lines = jsonl(record(0), record(1, model="my-own-model"))

    (told,) = ask(content=lines, query="target=openai").json()["targets"]

    assert told["price"]["low"] is told["price"]["high"] is None
    assert "'my-own-model'" in told["price"]["unknown"]
    assert told["models"][0]["price"]["high"] > 0
    assert told["models"][1]["price"]["high"] is None


def test_a_key_is_told_of_its_own_providers_and_models_alone(ask: Any, key_of: Any):
    narrow = key_of(allowed_providers=["openai"], allowed_models=["gpt-5*"])

    denied = ask(content=THREE, query="target=anthropic", key=narrow)
    model = ask(content=THREE, query="target=openai:gpt-4o", key=narrow)
    inside = ask(content=THREE, query="target=openai", key=narrow).json()["targets"][0]

    assert (denied.status_code, model.status_code) == (403, 403)
    assert "'anthropic'" in denied.json()["error"]["message"]
    assert {one["code"] for one in inside["errors"]} == {"model_not_allowed"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "input_file_id"),
        ({"input_file_id": "file-000000000000", "requests": []}, "input_file_id"),
        ({"input_file_id": "file-000000000000"}, "input_file_id"),
        ({"requests": [], "colour": 1}, "colour"),
        ({"requests": [], "targets": {}}, "targets"),
        ({"requests": [], "targets": [{"provider": "azure"}]}, "targets.0.provider"),
        ({"requests": [], "targets": [{"provider": "openai", "x": 1}]}, "targets.0.x"),
        ({"requests": [], "targets": [{"provider": "openai"}] * 9}, "targets"),
        ({"requests": [], "endpoint": "/v1/nowhere"}, "endpoint"),
        ({"requests": [1]}, "requests.0"),
    ],
)
def test_what_is_wrong_is_named(ask: Any, body: dict[str, Any], param: str):
    answer = ask(**body)

    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["param"] == param


@pytest.mark.parametrize("query", ["target=azure", "refused=none", "colour=1", "target=" * 9])
def test_so_it_is_of_the_query(ask: Any, query: str):
    assert ask(content=THREE, query=query).status_code == 400


def test_no_key_is_a_401_and_a_get_is_no_way_to_ask(client: Client, key_of: Any):
    answer = client.post(PATH, "{}", "application/json")

    assert (answer.status_code, answer["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["error"]["code"] == "invalid_api_key"
    assert client.get(PATH, headers={"x-goog-api-key": key_of()}).status_code == 405


BODY = json.dumps({"requests": [record(0)], "targets": [CLAUDE]}).encode()


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "x-goog-api-key", "x-bf-vk"])
def test_a_key_may_come_in_any_header(client: Client, key_of: Any, header: str):
    text = f"Bearer {key_of()}" if header == "authorization" else key_of()

    assert client.post(PATH, BODY, JSON, headers={header: text}).status_code == 200
    assert client.post(PATH, BODY, JSON, headers={header: f"{text}x"}).status_code == 401


def test_or_as_a_signature_over_the_body(client: Client, workspace: Workspace):
    key = VirtualKey(workspace=workspace, name="signs")
    texts = key.renew()
    key.save()
    signer = Signer.now(texts.access_key_id, texts.secret_access_key).but(service="bedrock")
    headers = signer.headers("POST", f"http://testserver{PATH}", BODY)

    right = client.post(PATH, BODY, JSON, headers=headers)
    wrong = client.post(PATH, BODY.replace(b"Hello", b"Hallo"), JSON, headers=headers)

    assert right.json()["targets"][0]["records"] == 1
    assert (wrong.status_code, wrong.json()["error"]["type"]) == (403, "invalid_request_error")


def test_its_limit_of_requests_holds_here_too(ask: Any, key_of: Any):
    narrow = key_of(requests_per_minute=1)

    answers = [ask(content=THREE, key=narrow) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 429]
    assert int(answers[1]["retry-after"]) > 0


def test_a_body_that_is_compressed_or_broken_off_is_refused(ask: Any, client: Client, key_of: Any):
    packed = {"authorization": f"Bearer {key_of()}", "content-encoding": "gzip"}

    assert client.post(PATH, BODY, JSON, headers=packed).status_code == 415
    assert ask(content=b"\xff\xfe{\n\0\n" + b"[" * 100_000).json()["targets"][0]["jobs"] == 0
    deep = json.dumps({"requests": [record(0)]})[:-1] + ', "targets": ' + "[" * 50_000
    answer = client.post(PATH, deep, JSON, headers={"x-api-key": key_of()})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")


def test_what_is_looked_at_has_bounds(ask: Any, workspace: Workspace, monkeypatch: Any):
    file = stored(workspace, THREE)
    monkeypatch.setattr(wire, "MOST_RECORDS", 2)
    many = ask(input_file_id=f"file-{file.pk}", targets=[{"provider": "openai"}])
    every = ask(content=THREE, query="target=openai&refused=all")
    monkeypatch.setattr(wire, "MOST_BYTES", 100)
    large = ask(input_file_id=f"file-{file.pk}")
    sent = ask(content=THREE)

    for answer in (many, every, large, sent):
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "input_too_large"


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({}, None),
        ({"monthly_budget": "10"}, None),
        ({"monthly_budget": "0.0"}, "This key has $0.00 a month, and $0.00 are spent"),
        ({"monthly_budget": "0.01"}, "and this batch may cost $0.014"),
        ({"records_per_day": 2}, "this key may send 2 records per day"),
        ({"bytes_in_flight": 9}, "this key may have 9 bytes in flight"),
        ({"batches_in_flight": 0}, "This key may have 0 batches in flight"),
    ],
)
def test_it_says_whether_a_budget_or_a_limit_would_refuse(
    ask: Any, key_of: Any, limits: dict[str, Any], why: str | None
):
    lines = jsonl(*(record(number, max_tokens=16_000) for number in range(3)))

    (told,) = ask(content=lines, query="target=openai", key=key_of(**limits)).json()["targets"]

    assert told["jobs"] == 1
    assert told["over_limit"] is None if why is None else why in told["over_limit"]


def test_with_a_budget_a_model_without_a_price_is_refused(ask: Any, workspace: Workspace):
    workspace.monthly_budget = 100
    workspace.save()

    (told,) = ask(content=jsonl(record(0, model="ours")), query="target=openai").json()["targets"]

    assert "nobody knows the price of the model 'ours'" in told["over_limit"]


def test_it_says_what_then_happens(ask: Any, workspace: Workspace):
    """What it says of the budget is what the plan of the batch then says."""
    workspace.monthly_budget = "0.01"
    workspace.save()
    lines = jsonl(*(record(number, max_tokens=16_000) for number in range(3)))
    batch = sent(workspace, lines, Target("openai"))

    (told,) = ask(content=lines, query="target=openai").json()["targets"]

    assert [one["message"] for one in batch.errors] == [told["over_limit"]]


def test_a_key_of_the_clients_own_pays_what_is_listed(
    client: Client, key_of: Any, settings: Any, workspace: Workspace
):
    settings.DIRECT_KEYS = True
    free = {"*": {"input": 0, "output": 0}}
    Credential.objects.filter(provider="openai").update(prices=free)
    headers = {"x-bf-vk": key_of()}

    def price(**more: str) -> float:
        path = f"{PATH}?target=openai"
        answer = client.post(path, THREE, "application/jsonl", headers={**headers, **more})
        return answer.json()["targets"][0]["price"]["high"]

    assert price() == 0
    assert price(authorization="Bearer sk-own") > 0
