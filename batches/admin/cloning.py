"""What an operator may choose for a batch that is to be made once more."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest

from batches.models import Batch
from providers.models import Provider
from providers.money import dollars
from providers.registry import UPSTREAMS

SAME = ("", "as before")


class Clone(forms.Form):
    """Left empty, all is as it was."""

    provider = forms.ChoiceField(
        choices=[SAME, *((one, label) for one, label in Provider.choices if one in UPSTREAMS)],
        required=False,
        label="Provider",
    )
    model = forms.CharField(
        max_length=255,
        required=False,
        label="Model instead of the records' own",
        help_text="Leave it empty for the one that the records name, or that was asked for before",
    )

    @classmethod
    def of(cls, batches: Sequence[Batch], request: HttpRequest) -> "Clone":
        """What was filled in, if it was."""
        return cls(request.POST if request.POST.get("confirmed") else None)

    @property
    def chosen(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("provider", "model")}


def expected_cost(batches: Sequence[Batch]) -> str:
    """What it may cost, told by what it did cost."""
    costs = [batch.cost for batch in batches]
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(costs):
        return "What it will cost is not known: make an estimate first."
    return f"The first time it cost {dollars(sum(known))}; another model has another price."
