"""Form fields for columns of JSON."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget


class NamesField(forms.CharField):
    """A list of names, one per line."""

    def __init__(self, **options: Any) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"})
        super().__init__(required=False, widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        lines = (line.strip() for line in (value or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not self.disabled and (initial or []) != self.to_python(data)
