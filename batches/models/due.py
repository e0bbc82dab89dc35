"""Rows that wait for their next step."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone


class DueQuerySet(models.QuerySet[Any]):
    """Rows with a `due_at`: when the next step may be taken, null when there is none to take."""

    def due(self, *, late: timedelta = timedelta()) -> "DueQuerySet":
        return self.filter(due_at__lte=timezone.now() - late)
