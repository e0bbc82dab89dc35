"""Where a page is, in the words of the menu."""

from typing import Any

from django import template

from bifrost.menu import MENU

register = template.Library()


@register.filter
def placed(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The crumbs of a page, from the app to the object, with what the menu calls its section and its list."""
    for section in MENU:
        for item in section["items"]:
            if len(parts) > 1 and parts[1]["link"] == item["link"]:
                return [{"title": section["title"]}, item, *parts[2:]]
    return parts
