"""What no page of the admin sends: refused, whatever the database would make of it."""

import pytest
from django.contrib import admin
from django.test import Client

from batches.models import Batch
from tests.admin import make
from tests.admin.test_walk import admin_of

pytestmark = pytest.mark.django_db

LABELS = sorted(model._meta.label_lower for model in admin.site._registry)
ADDRESSES = (
    *("%00/change/", "%00/history/", "%00/delete/", "%00/cancel/", "export/?id__exact=%00"),
    *("?q=%00", "?id__exact=%00", "?status__exact=a%00", "?before=%00", "?p=%00"),
)


@pytest.mark.parametrize("label", LABELS)
def test_a_nul_is_refused_wherever_it_is(admin_client: Client, label: str):
    """SQLite takes it, PostgreSQL does not."""
    admin_client.raise_request_exception = False
    page = f"/admin/{label.replace('.', '/')}/"

    for end in ADDRESSES:
        assert admin_client.get(page + end).status_code == 400, end
    for action in (*(admin_of(label).actions or ()), "delete_selected"):
        form = {"action": action, "_selected_action": ["\0"], "confirmed": "1"}
        # Where there are no actions the list is shown as ever.
        assert admin_client.post(page, form).status_code < 500


def test_nothing_is_done_with_more_than_a_page_shows(admin_client: Client):
    some = [make.batch() for _ in range(3)]

    form = {"action": "cancel", "_selected_action": [some[0].pk], "confirmed": "1"}
    answer = admin_client.post("/admin/batches/batch/", {**form, "select_across": "1"})

    assert answer.status_code == 400
    assert set(Batch.objects.values_list("status", flat=True)) == {"in_progress"}
