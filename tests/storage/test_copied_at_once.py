"""Two batches begin to read one object in the same moment: one copy of it stays."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from files import services as files
from files.buckets import Bucket
from files.models import File
from tests.storage.bucket_files import put

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(60)]


def test_of_two_copies_in_the_same_moment_one_stays(bucket: Bucket, s3: Any):
    """The first is written and not yet committed when the second is."""
    if connection.vendor == "sqlite":
        pytest.skip("it has one writer at a time")
    first = put(s3, bucket, "a.jsonl", b"as it was")
    second = File.objects.select_related("credential", "workspace").get(pk=first.pk)

    def copy() -> None:
        try:
            files.keep_copy(second, keep=lambda: None)
        finally:
            connection.close()

    other = threading.Thread(target=copy)
    with transaction.atomic():
        files.keep_copy(first, keep=lambda: None)
        other.start()
        other.join(2)
        assert other.is_alive()
    other.join()

    stored = File.objects.filter(purpose=File.Purpose.COPY, status=File.Status.STORED)
    assert list(stored) == [File.objects.get(pk=first.pk).copy]
    assert second.copy == first.copy
