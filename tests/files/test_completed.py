"""Calls of an upload that another call has completed meanwhile."""

import pytest

from files import uploads
from providers.services import default_workspace
from tests.files.test_uploads import send

pytestmark = pytest.mark.django_db


def test_the_parts_of_what_is_completed_are_not_told():
    """They go one after the other: whoever came late would count too few."""
    upload = uploads.begin(default_workspace(), "s3", {"key": "a.jsonl"})
    send(upload, 1, b"aaa")
    send(upload, 2, b"bbb")
    file = uploads.complete(upload)

    with pytest.raises(uploads.UploadCompletedError) as caught:
        uploads.parts(upload)

    assert caught.value.file == file
    assert uploads.complete(upload, [1, 2]) == file
