"""Jobs: the list and the page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from files.models import UpstreamFile
from tests.admin import make

LIST = "/admin/batches/job/"


def shown(client: Client, **query: Any) -> list[str]:
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    return [job.pk for job in answer.context["cl"].result_list]


def test_a_row_tells_where_the_job_stands(admin_client: Client):
    batch = make.batch(total=200)
    job = make.job(
        batch,
        completed=50,
        failed=2,
        attempts=4,
        last_error="no answer in 60 s",
        upstream_id="arn:aws:bedrock:us-east-1:1:model-invocation-job/k3",
        polled_at=timezone.now(),
        due_at=timezone.now() + timedelta(seconds=60),
    )
    page = admin_client.get(LIST).content.decode()
    for text in (
        job.pk,
        f"batch_{batch.pk}",
        "production (OpenAI)",
        "running",
        "in_progress",
        "50 of 200",
        "2 failed",
        "no answer in 60 s",
        "due <time",
    ):
        assert text in page
    assert f'title="{job.upstream_id}"' in page


def test_a_job_that_was_not_sent_says_so(admin_client: Client):
    make.job(make.batch(), status="planned", upstream_id="", submitted_at=None, due_at=None)
    assert "not sent" in admin_client.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"status__exact": "dropped"}, {"status": "dropped"}),
        ({"errors": "yes"}, {"failed": 1}),
        ({"errors": "yes"}, {"last_error": "no"}),
        ({"errors": "yes"}, {"problems": [{"code": "x", "message": "no"}]}),
    ],
)
def test_it_is_narrowed_by(admin_client: Client, query: dict[str, str], fields: dict[str, Any]):
    batch = make.batch()
    wanted = make.job(batch, **fields)
    make.job(batch)
    assert shown(admin_client, **query) == [wanted.pk]


def test_it_is_narrowed_to_a_provider_and_a_credential(admin_client: Client):
    other = make.credential("gemini", provider="gemini")
    wanted = make.job(make.batch(provider="gemini"), credential=other)
    make.job(make.batch())
    assert shown(admin_client, credential__provider__exact="gemini") == [wanted.pk]
    assert shown(admin_client, credential__id__exact=other.pk) == [wanted.pk]


def test_any_id_finds_the_job(admin_client: Client):
    kept = make.file()
    job = make.job(make.batch(), upstream_id="batches/A1b2", raw_results=kept)
    copy = {"file": job.batch.input_file, "credential": job.credential, "role": "input"}
    job.upstream_input = UpstreamFile.objects.create(upstream_id="file-There1", **copy)
    job.save()
    make.job(make.batch())
    named = (job.pk, "batches/A1b2", f"batch_{job.batch_id}", f"file-{kept.pk}", "file-There1")
    for text in named:
        assert shown(admin_client, q=text) == [job.pk], text
    assert shown(admin_client, q="nobody") == []


@pytest.mark.parametrize("count", [1, 50])
def test_the_number_of_rows_does_not_change_the_number_of_queries(
    admin_client: Client, django_assert_max_num_queries: Any, count: int
):
    make.batches(count)
    with django_assert_max_num_queries(8):
        assert len(shown(admin_client)) == min(2 * count, 50)


def test_the_page_shows_the_whole_job(admin_client: Client, django_assert_max_num_queries: Any):
    kept = make.file(b"{}\n", purpose="raw_results")
    job = make.job(
        make.batch(total=10),
        status="collected",
        completed=9,
        failed=1,
        ending="completed",
        usage={"input_tokens": 4321},
        problems=[{"code": "results_gone", "message": "The provider deleted them."}],
        upstream_files={"output": "file-AbC"},
        raw_results=kept,
        model="gemini-2.5-flash",
    )
    job.batch.note("fetched", "3 bytes of results", job=job)
    with django_assert_max_num_queries(8):
        page = admin_client.get(f"{LIST}{job.pk}/change/").content.decode()
    for text in (
        job.upstream_id,
        f"/admin/batches/batch/{job.batch_id}/change/",
        "<b>9</b> completed",
        "4,321",
        "The provider deleted them.",
        "file-AbC",
        "gemini-2.5-flash",
        f"/admin/files/file/{kept.pk}/change/",
        "3 bytes of results",
    ):
        assert text in page, text


def test_what_a_provider_wrote_is_escaped(admin_client: Client):
    evil = "<script>alert(1)</script>"
    job = make.job(
        make.batch(),
        model=evil,
        upstream_id=evil,
        upstream_status=evil,
        last_error=evil,
        problems=[{"code": evil, "message": evil}],
        upstream_files={evil: evil},
        usage={evil: evil},
    )
    job.batch.note("poll failed", evil, job=job)
    for path in (LIST, f"{LIST}{job.pk}/change/"):
        page = admin_client.get(path).content.decode()
        assert evil not in page
        assert "&lt;script&gt;" in page


def test_nothing_can_be_written(admin_client: Client):
    job = make.job(make.batch())
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{job.pk}/change/", {}).status_code == 403
    assert admin_client.post(f"{LIST}{job.pk}/delete/").status_code == 403


def test_only_who_may_view_jobs_sees_them(client_with: Any):
    assert client_with("batches.view_batch").get(LIST).status_code == 403
    assert client_with("batches.view_job").get(LIST).status_code == 200
