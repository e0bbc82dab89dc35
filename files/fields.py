"""Columns of our own."""

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class KeyField(models.TextField):  # type: ignore[type-arg]
    """Text in the order of its bytes, as S3 lists keys, whatever language the database is set to."""

    def db_parameters(self, connection: "BaseDatabaseWrapper") -> Any:
        parameters: dict[str, Any] = {**super().db_parameters(connection)}
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters
