"""The lists can be narrowed to what is stuck."""

import pytest
from django.test import Client
from django.utils import timezone

from tests.admin import make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["job", "batch"])
def test_the_list_is_narrowed_to_what_is_stuck(admin_client: Client, kind: str):
    job = make.job(make.batch(), stuck_at=timezone.now())
    make.job(make.batch())
    page = admin_client.get(f"/admin/batches/{kind}/", {"stuck": "yes"})
    wanted = {"job": job.pk, "batch": job.batch_id}[kind]
    assert [row.pk for row in page.context["cl"].result_list] == [wanted]
