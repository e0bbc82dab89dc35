"""Plain SQL reads and writes what the ORM does, whatever the database."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Model

from batches.models import Batch
from files import services as files
from files.models import File
from providers import rows
from providers.models import VirtualKey
from providers.services import default_workspace

pytestmark = pytest.mark.django_db
AT = datetime(2026, 2, 3, 4, 5, 6, 789, UTC)


def values_of(row: Model | None) -> dict[str, Any]:
    assert row is not None
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.fixture
def file() -> File:
    with files.writing(default_workspace()) as writer:
        writer.write(b"x")
    return files.publish(writer.file, filename="x.txt", headers={"a": ["ü", None]})


@pytest.fixture
def key() -> VirtualKey:
    key = VirtualKey(workspace=default_workspace(), name="laptop", expires_at=AT)
    key.allowed_models, key.monthly_budget = ["a*", "b"], Decimal("12.50")
    key.renew()
    key.save()
    return key


def new_batch(file: File, key: VirtualKey) -> Batch:
    return Batch(
        workspace=file.workspace,
        input_file=file,
        virtual_key=key,
        surface="openai",
        provider="openai",
        endpoint="/v1/chat/completions",
        metadata={"a": "ü'%s"},
        tags={},
        inline=True,
        cost=2**40,
        created_at=AT,
    )


def test_rows_are_found_as_the_orm_finds_them(file: File, key: VirtualKey):
    batch = new_batch(file, key)
    batch.save()

    for row in (file, key, batch):
        found = rows.find(type(row), "id = %s", row.pk)
        assert values_of(found) == values_of(type(row).objects.get(pk=row.pk))
        assert found == row
        assert not found._state.adding


def test_rows_are_inserted_as_the_orm_inserts_them(file: File, key: VirtualKey):
    batch = new_batch(file, key)
    rows.insert(batch)

    assert values_of(Batch.objects.get(pk=batch.pk)) == values_of(batch)
    assert not batch._state.adding


def test_what_is_not_there_is_none(key: VirtualKey):
    assert rows.find(VirtualKey, "id = %s", "0" * 12) is None
