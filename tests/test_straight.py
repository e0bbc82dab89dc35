"""What SDKs send goes straight to its view, and passes by what is for pages alone."""

import pytest

PATHS = [
    "/openai/v1/files",
    "/anthropic/v1/files",
    "/bedrock/model-invocation-jobs",
    "/genai/v1/files",
]


@pytest.mark.parametrize("path", PATHS)
def test_surfaces_know_of_no_session(admin_client, settings, path):
    settings.AUTH = "keys"

    answer = admin_client.get(path)

    assert not hasattr(answer.wsgi_request, "session")
    assert answer.status_code in (401, 403)
    assert answer.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize("path", PATHS)
def test_surfaces_refuse_a_host_that_is_not_ours(client, settings, path):
    settings.ALLOWED_HOSTS = ["gateway.example"]

    assert client.get(path, headers={"host": "evil.example"}).status_code == 400


@pytest.mark.django_db
def test_pages_have_a_session(client):
    assert hasattr(client.get("/admin/").wsgi_request, "session")
