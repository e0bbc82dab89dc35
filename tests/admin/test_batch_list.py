"""The list of batches: what it shows, how it is narrowed, and what it costs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.forms import Widget
from django.test import Client
from django.utils import timezone

from batches.models import Batch
from files.models import UpstreamFile
from providers.console import BoundedPaginator
from tests.admin import make

LIST = "/admin/batches/batch/"


def shown(client: Client, **query: Any) -> list[str]:
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    return [batch.pk for batch in answer.context["cl"].result_list]


def test_a_row_tells_what_was_asked_where_it_stands_and_what_is_wrong(admin_client: Client):
    batch = make.batch(
        workspace=make.workspace("search"),
        provider="bedrock",
        completed=40,
        failed=10,
        last_error="bedrock answered 503",
    )
    make.job(batch, upstream_status="InProgress", polled_at=timezone.now())
    make.job(batch, upstream_status="InProgress", polled_at=timezone.now())
    page = admin_client.get(LIST).content.decode()
    for text in (
        f"batch_{batch.pk}",
        "search",
        "Amazon Bedrock",
        "gpt-4.1-mini",
        "in progress",
        "InProgress ×2",
        "40 of 100",
        "10 failed",
        'style="width:40.00%"',
        'style="width:10.00%"',
        "polled",
        "bedrock answered 503",
    ):
        assert text in page


def test_a_batch_that_failed_shows_its_first_error_and_how_many_more(admin_client: Client):
    make.batch(status="failed", errors=[{"message": "Line is no JSON."}, {"message": "Other."}])
    assert "Line is no JSON. (and 1 more)" in admin_client.get(LIST).content.decode()


def test_the_newest_comes_first(admin_client: Client):
    old = make.batch(created_at=timezone.now() - timedelta(days=2))
    new = make.batch()
    assert shown(admin_client) == [new.pk, old.pk]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"status__exact": "failed"}, {"status": "failed"}),
        ({"provider__exact": "gemini"}, {"provider": "gemini"}),
        ({"surface__exact": "genai"}, {"surface": "genai"}),
        ({"errors": "yes"}, {"failed": 3}),
        ({"errors": "yes"}, {"last_error": "no answer in 60 s"}),
        ({"errors": "yes"}, {"errors": [{"message": "no"}]}),
    ],
)
def test_it_is_narrowed_by(admin_client: Client, query: dict[str, str], fields: dict[str, Any]):
    wanted = make.batch(**fields)
    other = make.batch()
    assert shown(admin_client, **query) == [wanted.pk]
    assert set(shown(admin_client)) == {wanted.pk, other.pk}


def test_it_is_narrowed_to_several_statuses(admin_client: Client):
    wanted = {make.batch(status=status).pk for status in ("failed", "expired")}
    make.batch(status="completed")
    answer = admin_client.get(f"{LIST}?status__exact=failed&status__exact=expired")
    assert {batch.pk for batch in answer.context["cl"].result_list} == wanted


def test_it_is_narrowed_to_a_workspace(admin_client: Client):
    wanted = make.batch(workspace=make.workspace("evals"))
    make.batch()
    assert shown(admin_client, workspace__id__exact=wanted.workspace_id) == [wanted.pk]


def test_it_is_narrowed_to_those_without_errors(admin_client: Client):
    wanted = make.batch()
    make.batch(failed=1)
    assert shown(admin_client, errors="no") == [wanted.pk]


def test_any_id_finds_the_batch(admin_client: Client):
    output, errors = make.file(), make.file()
    batch = make.batch(output_file=output, error_file=errors, idempotency_key="nightly-7")
    job = make.job(batch, upstream_id="arn:aws:bedrock:us-east-1:1:model-invocation-job/k3")
    job.upstream_input = UpstreamFile.objects.create(
        file=batch.input_file, credential=job.credential, role="input", upstream_id="file-There1"
    )
    job.save()
    make.job(make.batch())
    for text in (
        batch.pk,
        f"batch_{batch.pk}",
        f"msgbatch_{batch.pk}",
        f"batches/{batch.pk}",
        f"  batch_{batch.pk} ",
        f"file-{batch.input_file_id}",
        f"file-{output.pk}",
        errors.pk,
        job.pk,
        job.upstream_id,
        "file-There1",
        "nightly-7",
    ):
        assert shown(admin_client, q=text) == [batch.pk], text


def test_an_id_that_nobody_has_finds_nothing(admin_client: Client):
    make.job(make.batch())
    assert shown(admin_client, q="batch_000000000000") == []
    assert shown(admin_client, q="%") == []


def test_an_idempotency_key_is_found_in_every_workspace_that_used_it(admin_client: Client):
    wanted = {
        make.batch(workspace=make.workspace(name), idempotency_key="same").pk
        for name in ("one", "two")
    }
    assert set(shown(admin_client, q="same")) == wanted


def test_the_search_works_within_the_filters(admin_client: Client):
    batch = make.batch(status="failed")
    assert shown(admin_client, q=batch.pk, status__exact="completed") == []


def test_the_date_hierarchy_narrows_to_a_day(admin_client: Client):
    day = timezone.now() - timedelta(days=400)
    wanted = make.batch(created_at=day)
    make.batch()
    query = {
        "created_at__year": day.year,
        "created_at__month": day.month,
        "created_at__day": day.day,
    }
    assert shown(admin_client, **query) == [wanted.pk]


def links(client: Client, **query: Any) -> list[str]:
    page = client.get(LIST, query).content.decode()
    shown = page.split('class="toplinks')[1].split("</ul>")[0]
    return [part.split('"')[0] for part in shown.split('href="')[1:]]


def test_the_date_hierarchy_goes_from_years_to_days(admin_client: Client):
    for moment in ((2024, 5, 3), (2024, 5, 5), (2024, 7, 1), (2026, 1, 1)):
        make.batch(created_at=datetime(*moment, 12, tzinfo=UTC))
    assert links(admin_client) == [f"?created_at__year={year}" for year in (2024, 2025, 2026)]
    year = "created_at__year=2024"
    assert links(admin_client, created_at__year=2024) == [
        "?",
        *(f"?created_at__month={month}&amp;{year}" for month in (5, 6, 7)),
    ]
    month = f"created_at__month=5&amp;{year}"
    assert links(admin_client, created_at__year=2024, created_at__month=5) == [
        f"?{year}",
        *(f"?created_at__day={day}&amp;{month}" for day in (3, 4, 5)),
    ]
    day = {"created_at__year": 2024, "created_at__month": 5, "created_at__day": 5}
    assert links(admin_client, **day) == [f"?{month}"]


@pytest.mark.parametrize("day", ["4", "99", "x"])
def test_a_day_without_batches_leads_back(admin_client: Client, day: str):
    make.batch()
    query = {"created_at__year": "2020", "created_at__month": "2", "created_at__day": day}
    answer = admin_client.get(LIST, query, follow=True)
    assert answer.status_code == 200


@pytest.mark.parametrize("query", [{}, {"status__exact": "in_progress", "errors": "yes"}])
@pytest.mark.parametrize("count", [1, 100])
def test_the_number_of_rows_does_not_change_the_number_of_queries(
    admin_client: Client,
    django_assert_max_num_queries: Any,
    settings: Any,
    count: int,
    query: dict[str, str],
):
    made = make.batches(count)
    with django_assert_max_num_queries(9):
        assert len(shown(admin_client, **query)) == min(len(made), 50)
    with django_assert_max_num_queries(10):
        assert shown(admin_client, q=made[0].pk) == [made[0].pk]


def test_rows_are_counted_no_further_than_they_are_paged(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
):
    make.batches(60)
    monkeypatch.setattr(BoundedPaginator, "MOST", 55)
    page = admin_client.get(LIST).content.decode()
    assert "more than 55 batches" in page
    assert len(shown(admin_client, p=2)) == 5


def test_what_clients_wrote_is_escaped(admin_client: Client):
    evil = "<script>alert(1)</script>"
    batch = make.batch(model=evil, last_error=evil, errors=[{"message": evil}])
    make.job(batch, upstream_status=evil, last_error=evil)
    page = admin_client.get(LIST).content.decode()
    assert evil not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_only_who_may_view_batches_sees_them(client_with: Any, client: Client):
    make.batch()
    assert client.get(LIST).status_code == 302
    assert client_with("files.view_file").get(LIST).status_code == 403
    assert client_with("batches.view_batch").get(LIST).status_code == 200


def test_nobody_adds_a_batch(admin_client: Client):
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert not Batch.objects.exists()


def test_no_form_is_drawn_for_a_row(admin_client: Client, monkeypatch: pytest.MonkeyPatch):
    """The theme drew two boxes for each, which took a third of the time that a list took."""
    drawn: list[str] = []

    def counted(widget: Widget, name: str, *given: Any, **named: Any) -> Any:
        drawn.append(name)
        return draw(widget, name, *given, **named)

    draw = Widget._render
    monkeypatch.setattr(Widget, "_render", counted)
    make.batch()
    admin_client.get(LIST)
    of_one = len(drawn)
    for _ in range(5):
        make.batch()
    admin_client.get(LIST)
    assert len(drawn) == 2 * of_one


def test_a_row_has_the_box_that_chooses_it(admin_client: Client):
    batch = make.batch()
    page = admin_client.get(LIST).content.decode()
    box = next(line for line in page.splitlines() if f'value="{batch.pk}"' in line)
    assert 'type="checkbox" name="_selected_action"' in box
    assert "action-select" in box
