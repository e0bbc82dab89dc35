"""What is Gemini's own among the upstreams: resumable uploads, files that are looked at first, operations."""

import json
import threading
from contextlib import suppress

import pytest

from providers import registry
from providers.base import Account, InputGoneError, UpstreamError
from tests.providers.conftest import Server
from tests.providers.steps import WAITS, Client, refused
from tests.providers.vendors import VENDORS
from tests.sandbox.process import start_sandbox

pytestmark = pytest.mark.parametrize("vendor", ["gemini"], indirect=True)

TAKEN = b'{"file":{"name":"files/abc"}}'
EMBEDDINGS = "/v1/embeddings"


def operation(state: str = "BATCH_STATE_SUCCEEDED", **more: object) -> dict:
    return {"name": "batches/b1", "metadata": {"state": state}, **more}


def test_an_upload_says_its_size_and_goes_where_it_is_told(server):
    server.say(200, x_goog_upload_url=f"{server.url}/base/upload/there?upload_id=1&b=c%2Fd")
    server.say(200, TAKEN)

    assert server.client().upload(b"content") == "files/abc"

    (_, start, said), (_, path, headers) = server.requests
    assert start == "/base/upload/v1beta/files"
    assert said["x-goog-upload-header-content-length"] == "7"
    assert path == "/base/upload/there?upload_id=1&b=c%2Fd"
    assert headers["x-goog-upload-command"] == "upload, finalize"
    assert server.bodies[1] == b"content"


def test_an_upload_through_a_proxy_stays_behind_its_prefix(server):
    """The provider knows nothing of the prefix that we reach it by."""
    server.say(200, x_goog_upload_url="https://generativelanguage.googleapis.com/upload/x?id=1")
    server.say(200, TAKEN)

    server.client().upload()

    assert server.requests[1][1] == "/base/upload/x?id=1"


@pytest.mark.parametrize("path", ["", "/base"])
@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/there",
        "//127.0.0.1:{port}/there",
        "http://x//127.0.0.1:{port}/there",
        "@127.0.0.1:{port}/there",
        "{port}/there",
        ".elsewhere.invalid/there",
        "/base@127.0.0.1:{port}/there",
        "http://[half/there",
        "http://x",
        "",
    ],
)
def test_the_bytes_never_go_to_another_host(server, path: str, address: str):
    with Server() as elsewhere:
        elsewhere.say(200, TAKEN)
        thread = threading.Thread(target=elsewhere.serve_forever, args=(0.01,))
        thread.start()
        server.say(200, x_goog_upload_url=address.format(port=elsewhere.server_port))
        server.say(200, TAKEN)

        with suppress(UpstreamError):
            server.client(path=path).upload()
        elsewhere.shutdown()
        thread.join()

    assert elsewhere.requests == []
    assert 1 <= len(server.requests) <= 2


@pytest.mark.parametrize("body", [b"{}", b'{"file":[]}', b'{"file":{"name":""}}', b"<html>"])
def test_an_upload_that_has_no_name_is_none(server, body: bytes):
    server.say(200, x_goog_upload_url="http://x/upload")
    server.say(200, body)

    with pytest.raises(Exception, match="name|no JSON") as caught:
        server.client().upload()

    assert not caught.value.permanent


def test_a_lost_end_of_an_upload_makes_a_second_file_and_one_job(client: Client, fault, calls):
    fault(operation="files.upload", drop="after")
    with pytest.raises(Exception, match="no answer"):
        client.upload()

    client.submit()

    assert len(calls("files.upload")) == 2
    assert len(calls("batches.create")) == 1


def test_a_file_that_is_not_looked_at_yet_is_waited_for(server):
    server.say(200, b'{"state":"PROCESSING"}')

    error = refused(server.client().start, "job0", "files/abc")

    assert (error.permanent, error.code, error.retry_after) == (False, "file_not_ready", 2.0)
    assert [method for method, _, _ in server.requests] == ["GET"]


def test_a_file_that_gemini_cannot_read_says_why_for_good(server):
    server.say(200, b'{"state":"FAILED","error":{"code":3,"message":"It is no JSON."}}')

    error = refused(server.client().start, "job0", "files/abc")

    assert (error.permanent, error.message) == (True, "the uploaded file is FAILED: It is no JSON.")
    assert [method for method, _, _ in server.requests] == ["GET"]


def test_a_file_that_is_gone_is_asked_for_again_and_no_job_is_made(client: Client, calls):
    input_id = client.upload()
    client.upstream.discard(input_id)

    error = refused(client.start, "job0", input_id, kind=InputGoneError)

    assert not error.permanent
    assert not calls("batches.create")


@pytest.mark.parametrize("body", [b"{}", b'{"state":null}', b'{"state":"PONDERING"}'])
def test_no_job_is_made_of_a_file_whose_state_is_not_known(server, body: bytes):
    server.say(200, body)

    assert not refused(server.client().start, "job0", "files/abc").permanent
    assert [method for method, _, _ in server.requests] == ["GET"]


def test_a_file_that_takes_its_time(vendor, tmp_path):
    with start_sandbox(tmp_path, seconds=10) as url:
        client = _client(url)
        input_id = client.upload()

        assert refused(client.start, "job0", input_id).code == "file_not_ready"


def _client(url: str) -> Client:
    account = Account("a", "key", f"{url}/gemini")
    return Client(VENDORS["gemini"], registry.upstream("gemini", account))


def test_embeddings_are_asked_for_by_a_call_of_their_own(server):
    server.be_asked_to_submit(200, json.dumps(operation("BATCH_STATE_PENDING")).encode())
    client = server.client()
    job = client.job(endpoint=EMBEDDINGS)

    client.upstream.submit(job, "files/abc", lambda: None)

    model = client.vendor.model
    assert server.requests[1][1] == f"/base/v1beta/models/{model}:asyncBatchEmbedContent"


@pytest.mark.parametrize("model", ["a/b", "../x?y=1#z", "m%2f", "models/a b"])
def test_a_model_is_one_part_of_the_path(server, model: str):
    server.be_asked_to_submit(200, json.dumps(operation("BATCH_STATE_PENDING")).encode())
    client = server.client()
    job = type(client.job())(**{**vars(client.job()), "model": model})

    client.upstream.submit(job, "files/abc", lambda: None)

    path = server.requests[1][1]
    assert path.endswith(":batchGenerateContent")
    assert path.removeprefix("/base/v1beta/models/").count("/") == 0
    assert "?" not in path


def test_a_job_that_failed_as_a_whole_says_why_in_words(client: Client):
    state = client.ended(client.start("job0", client.upload(b"{\n")).upstream_id)

    assert (state.ended, state.files) == ("failed", {})
    (problem,) = state.problems
    assert (problem.code, problem.line) == ("invalid_argument", None)
    assert "line 1" in problem.message


@pytest.mark.parametrize("ending", ["expired", "cancelled"])
def test_a_job_that_did_not_succeed_keeps_nothing_and_says_no_more(
    client: Client, force, ending: str
):
    name = client.submit(text=WAITS).upstream_id
    force(name, ending)

    state = client.ended(name)

    assert (state.ended, state.files, list(state.problems)) == (ending, {}, [])


def test_answers_inside_the_operation_are_results_too(server):
    answers = [
        {"metadata": {"key": "r1"}, "response": {"candidates": []}},
        {"metadata": {"key": "r0"}, "error": {"code": 3, "message": "No."}},
    ]
    told = operation(response={"inlinedResponses": {"inlinedResponses": answers}})
    server.say(200, json.dumps(told).encode())
    client = server.client()

    (state,) = client.poll("batches/b1").values()

    assert state.ended == "completed"
    lines = b"".join(client.upstream.results(state.files)).splitlines()
    assert [json.loads(line) for line in lines] == answers


def test_a_wish_to_wait_is_in_the_error(server):
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
    said = {"error": {"code": 429, "message": "Too many.", "details": [{}, detail]}}
    server.be_asked_to_submit(429, json.dumps(said).encode())

    assert refused(server.client().start, "job0", "files/abc").retry_after == 34.5


def test_numbers_are_read_as_the_strings_that_they_are(server):
    stats = {"requestCount": "3", "successfulRequestCount": "2", "failedRequestCount": 1}
    told = operation("BATCH_STATE_RUNNING")
    told["metadata"]["batchStats"] = {**stats, "pendingRequestCount": "9" * 18}
    server.say(200, json.dumps(told).encode())

    (state,) = server.client().poll("batches/b1").values()

    assert (state.total, state.completed, state.failed) == (3, 2, 1)


def test_trouble_with_the_account_ends_the_calls_for_those_that_ended(
    client: Client, force, fault, calls
):
    names = client.submit_many(6)
    for name in names:
        force(name, "completed")
        client.ended(name)
    before = len(calls("batches.retrieve"))
    fault(operation="batches.retrieve", status=401, times=None)

    answers = client.poll(*names)

    assert {answer.code for answer in answers.values()} == {"http_401"}
    assert len(calls("batches.retrieve")) - before == 1


def test_results_wait_for_a_key_that_is_one(client: Client, sandbox_url: str):
    """Gemini says of a key that is none that the request is none."""
    files = client.ended(client.submit().upstream_id).files
    wrong = Client.of(client.vendor, "sandbox-invalid", f"{sandbox_url}/gemini")

    error = refused(lambda: list(wrong.upstream.results(files)))

    assert (error.permanent, error.code) == (False, "http_401")


@pytest.mark.parametrize(("status", "permanent"), [(200, True), (403, False), (404, False)])
def test_results_that_are_gone_are_told_from_a_key_of_somebody_else(
    server, status: int, permanent: bool
):
    """Gemini refuses the file in the same words, but only the right key is shown the batch."""
    server.say(403, b'{"error":{"message":"You do not have permission, or it may not exist."}}')
    server.say(status, json.dumps(operation()).encode())
    files = {"batch": "batches/b1", "responses": "files/gone"}

    error = refused(lambda: list(server.client().upstream.results(files)))

    assert (error.permanent, error.code) == (permanent, "http_403")
    assert [path for _, path, _ in server.requests][1:] == ["/base/v1beta/batches/b1"]
