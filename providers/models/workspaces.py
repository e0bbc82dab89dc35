"""Who owns what: nothing crosses a workspace."""

from django.core.validators import MinValueValidator
from django.db import models

from providers.ids import new_id
from providers.models.names import check_names


class Workspace(models.Model):
    """Who owns files, batches, keys and credentials; nothing crosses it.

    `buckets` are the S3 buckets that its clients may name. What is older than its `keep_…_days` is removed;
    none of them set means that it stays until a client deletes it.
    """

    DEFAULT = "default"

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    name = models.SlugField(unique=True)
    buckets = models.JSONField(
        default=list,
        blank=True,
        validators=[check_names],
        help_text="S3 buckets that its clients may name, beside those of its own credentials",
    )
    keep_inputs_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="how long uploaded files are kept"
    )
    keep_results_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="how long results are kept, at the provider too"
    )
    keep_rows_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="how long an ended batch is remembered at all"
    )
    monthly_budget = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="US dollars that its batches of one month may cost",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
