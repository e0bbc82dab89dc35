"""Gemini's batches: how they are made, listed, cancelled and deleted, and how they end."""

import time

import pytest
from google.genai import errors, types

from tests.sandbox.gemini import (
    MODEL,
    Wire,
    ask,
    by_key,
    connected,
    jsonl,
    line,
    results,
    run,
    submit,
    upload,
    wait,
)
from tests.sandbox.process import start_sandbox

EMBEDDER = "gemini-embedding-001"
KIND = "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch"


@pytest.fixture
def client(sandbox, key):
    with connected(sandbox, key) as client:
        yield client


@pytest.fixture
def wire(sandbox, key) -> Wire:
    return Wire(sandbox, key)


def inline(*requests: object) -> dict[str, object]:
    return {"inputConfig": {"requests": {"requests": list(requests)}}}


def test_a_new_batch_is_pending(client, wire):
    name = upload(client, jsonl([line("a", "[sandbox:seconds=60]"), line("b")]))
    operation = wire.create({"displayName": "blue", "inputConfig": {"fileName": name}})
    metadata = operation["metadata"]
    created = metadata.pop("createTime")
    assert operation == {
        "name": operation["name"],
        "metadata": {
            "@type": KIND,
            "model": f"models/{MODEL}",
            "displayName": "blue",
            "inputConfig": {"fileName": name},
            "updateTime": created,
            "batchStats": {"requestCount": "2", "pendingRequestCount": "2"},
            "state": "BATCH_STATE_PENDING",
            "name": operation["name"],
        },
    }


def test_a_batch_succeeds_with_a_file_of_results(client, wire):
    job = run(client, [line("a"), line("b", "[sandbox:status=500]"), line("c")])
    assert job.state == types.JobState.JOB_STATE_SUCCEEDED
    assert job.model == f"models/{MODEL}"
    assert job.end_time is not None
    operation = wire.operation(job)
    assert operation["done"] is True
    assert "error" not in operation
    output = {"responsesFile": job.dest.file_name}
    assert operation["metadata"]["output"] == output
    assert operation["response"] == {"@type": f"{KIND}Output", **output}
    assert operation["metadata"]["batchStats"] == {
        "requestCount": "3",
        "successfulRequestCount": "2",
        "failedRequestCount": "1",
    }
    assert set(by_key(client, job)) == {"a", "b", "c"}


def test_results_are_complete_but_not_in_the_order_of_the_input(client):
    keys = [f"k{number}" for number in range(50)]
    job = run(client, [line(key) for key in keys])
    found = [result["key"] for result in results(client, job)]
    assert found != keys
    assert sorted(found) == sorted(keys)


def test_the_same_input_gives_the_same_results(client):
    first, second = (run(client, [line(f"k{n}") for n in range(5)]) for _ in range(2))
    assert first.name != second.name
    assert results(client, first) == results(client, second)


def test_requests_may_come_with_the_call(client, wire):
    requests = [
        types.InlinedRequest(contents=f"Question {number}", metadata={"key": f"k{number}"})
        for number in range(20)
    ]
    job = wait(client, client.batches.create(model=MODEL, src=requests))
    found = job.dest.inlined_responses
    keys = [each.metadata["key"] for each in found]
    assert keys != [f"k{number}" for number in range(20)]
    assert sorted(keys) == sorted(f"k{number}" for number in range(20))
    assert all(f"Question {each.metadata['key'][1:]}" in each.response.text for each in found)
    operation = wire.operation(job)
    assert operation["response"]["@type"] == f"{KIND}Output"
    output = operation["metadata"]["output"]
    assert output["inlinedResponses"] == operation["response"]["inlinedResponses"]
    assert "inputConfig" not in operation["metadata"]


def test_requests_that_nothing_tells_apart_are_answered_in_their_order(client):
    requests = [types.InlinedRequest(contents=f"Question {number}") for number in range(20)]
    job = wait(client, client.batches.create(model=MODEL, src=requests))
    texts = [each.response.text for each in job.dest.inlined_responses]
    assert texts == [f"Sandbox answer to: Question {number}" for number in range(20)]


def test_metadata_comes_back_as_it_was_sent(wire):
    metadata = {"key": "a", "deep": {"list": [1, None, "ü"]}}
    operation = wire.create(inline({"request": ask(), "metadata": metadata}))
    job = types.BatchJob(name=operation["name"])
    # The SDK cannot read metadata that are no strings.
    while not (operation := wire.operation(job)).get("done"):
        time.sleep(0.01)
    (response,) = operation["response"]["inlinedResponses"]["inlinedResponses"]
    assert response["metadata"] == metadata


def test_metadata_beside_a_key_gets_lost_now_and_then(client):
    lines = [{**line(f"k{n}"), "metadata": {"n": n}} for n in range(50)]
    found = results(client, run(client, lines))
    kept = [result for result in found if "metadata" in result]
    assert 0 < len(kept) < 50
    assert all(result["key"] == f"k{result['metadata']['n']}" for result in kept)


def test_a_line_may_have_its_key_in_the_metadata(client):
    job = run(client, [{"metadata": {"key": "a"}, "request": ask()}])
    (result,) = results(client, job)
    assert result["metadata"] == {"key": "a"}
    assert "key" not in result


def test_lines_need_neither_keys_nor_nothing_else(client):
    job = run(client, [{"request": ask("One"), "id": 5, "tags": []}, {"request": ask("Two")}])
    texts = [r["response"]["candidates"][0]["content"]["parts"][0] for r in results(client, job)]
    assert texts == [
        {"text": "Sandbox answer to: One"},
        {"text": "Sandbox answer to: Two"},
    ]


@pytest.mark.filterwarnings("ignore:.*experimental")
def test_embeddings_are_made_of_a_file_and_of_inline_requests(client, wire):
    lines = [
        {"key": f"k{n}", "request": {"content": {"parts": [{"text": f"T{n}"}]}}} for n in range(3)
    ]
    job = wait(
        client,
        client.batches.create_embeddings(
            model=EMBEDDER, src={"file_name": upload(client, jsonl(lines))}
        ),
    )
    vectors = {key: r["response"]["embedding"] for key, r in by_key(client, job).items()}
    assert len(vectors["k0"]["values"]) == 3072
    assert vectors["k0"] != vectors["k1"]
    source = types.EmbeddingsBatchJobSource(
        inlined_requests=types.EmbedContentBatch(
            contents=["T0", "T1"], config={"output_dimensionality": 4}
        )
    )
    job = wait(client, client.batches.create_embeddings(model=EMBEDDER, src=source))
    found = job.dest.inlined_embed_content_responses
    assert [len(each.response.embedding.values) for each in found] == [4, 4]
    assert sum(value**2 for value in found[0].response.embedding.values) == pytest.approx(1)
    kind = wire.operation(job)["metadata"]["@type"]
    assert kind.endswith("v1main.EmbedContentBatch")


def test_names_may_be_in_snake_case(client, wire):
    name = upload(client, jsonl([line("a")]))
    operation = wire.create({"display_name": "x", "input_config": {"file_name": name}})
    assert operation["metadata"]["displayName"] == "x"


@pytest.mark.parametrize(
    "batch",
    [
        {},
        {"inputConfig": {}},
        {"inputConfig": {"fileName": "files/x", "requests": {"requests": []}}},
        {"inputConfig": {"fileName": 5}},
        {"inputConfig": {"fileName": "files/x", "purpose": "batch"}},
        {"inputConfig": {"requests": {"requests": []}}},
        {"inputConfig": {"requests": {"requests": "x"}}},
        {"inputConfig": {"requests": []}},
        inline({"request": ask(), "key": "a"}),
        inline({"metadata": {"key": "a"}}),
        inline("x"),
        {**inline({"request": ask()}), "provider": "gemini"},
        {**inline({"request": ask()}), "model": "models/other"},
        {**inline({"request": ask()}), "priority": "high"},
        {**inline({"request": ask()}), "displayName": 5},
        "x",
        [],
    ],
)
def test_a_bad_call_is_refused(client, wire, batch):
    error = wire.create(batch, status=400)["error"]
    assert error["status"] == "INVALID_ARGUMENT"
    assert list(client.batches.list()) == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(wire, body):
    path = f"v1beta/models/{MODEL}:batchGenerateContent"
    wire.call("POST", path, data=body, status=400)


def test_unknown_fields_are_named_as_google_names_them(wire):
    requests = [{"request": ask()}, {"request": ask(generationConfig={"topZ": 1})}]
    error = wire.create(inline(*requests), status=400)["error"]
    assert error["message"].startswith('Invalid JSON payload received. Unknown name "topZ" at')
    (violation,) = error["details"][0]["fieldViolations"]
    assert violation["field"].endswith("generation_config")
    assert error["details"][0]["@type"] == "type.googleapis.com/google.rpc.BadRequest"


def test_one_bad_request_of_a_call_refuses_all(client):
    requests = [types.InlinedRequest(contents="x", config={"temperature": 5})]
    with pytest.raises(errors.ClientError, match="temperature must be in the range"):
        client.batches.create(model=MODEL, src=requests)


def test_a_call_that_is_too_large_is_refused(tmp_path, key):
    with (
        start_sandbox(tmp_path, gemini_max_inline_bytes=1000) as url,
        connected(url, key) as client,
        pytest.raises(errors.ClientError, match="exceeds the limit: 1000 bytes"),
    ):
        client.batches.create(model=MODEL, src=[types.InlinedRequest(contents="x" * 1000)])


def test_an_unknown_file_is_refused(sandbox, key, client):
    with connected(sandbox, f"{key}-stranger") as stranger:
        for name in ("files/unknown", upload(stranger, jsonl([line("a")]))):
            with pytest.raises(errors.ClientError, match="may not exist"):
                client.batches.create(model=MODEL, src=name)


def test_a_model_that_does_something_else_is_refused(client):
    name = upload(client, jsonl([line("a")]))
    with pytest.raises(
        errors.ClientError, match="not supported for batchGenerateContent"
    ) as caught:
        client.batches.create(model=EMBEDDER, src=name)
    assert caught.value.code == 404


def test_creating_twice_makes_two_batches(client):
    name = upload(client, jsonl([line("a")]))
    jobs = {client.batches.create(model=MODEL, src=name).name for _ in range(2)}
    assert len(jobs) == 2
    assert {job.name for job in client.batches.list()} == jobs


def test_batches_are_listed_from_the_newest_and_without_results(client, wire):
    names = [run(client, [line("a")]).name for _ in range(5)]
    assert [job.name for job in client.batches.list(config={"page_size": 2})] == names[::-1]
    answer = wire.call("GET", "v1beta/batches?pageSize=2")
    assert len(answer["operations"]) == 2
    for operation in answer["operations"]:
        assert operation["done"] is True
        assert operation["metadata"]["state"] == "BATCH_STATE_SUCCEEDED"
        assert "output" not in operation["metadata"]
        assert "response" not in operation


def test_an_account_sees_its_own_batches_only(sandbox, key, client):
    job = run(client, [line("a")])
    with connected(sandbox, f"{key}-stranger") as stranger:
        assert list(stranger.batches.list()) == []
        for call in (stranger.batches.get, stranger.batches.cancel, stranger.batches.delete):
            with pytest.raises(errors.ClientError) as caught:
                call(name=job.name)
            assert caught.value.code == 404
        with pytest.raises(errors.ClientError):
            stranger.files.download(file=job.dest.file_name)


def test_a_deleted_batch_is_gone_with_its_results(client):
    job = run(client, [line("a")])
    client.batches.delete(name=job.name)
    assert list(client.batches.list()) == []
    for call in (
        lambda: client.batches.get(name=job.name),
        lambda: client.files.download(file=job.dest.file_name),
    ):
        with pytest.raises(errors.ClientError):
            call()


def test_a_running_batch_may_be_deleted(client):
    job = submit(client, [line("a", "[sandbox:seconds=60]")])
    client.batches.delete(name=job.name)
    assert list(client.batches.list()) == []
