"""Lists of names in a column of JSON."""

from django.core.exceptions import ValidationError


def check_names(value: object) -> None:
    """Raises ValidationError for what is no list of texts with something in them."""
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ValidationError('Write a list of names, such as ["one", "two"].')
