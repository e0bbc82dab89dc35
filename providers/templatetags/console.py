"""The cells of the admin's lists, for its pages."""

from django import template

from providers import cells
from providers.dates import hierarchy

register = template.Library()

for cell in (
    cells.number,
    cells.size,
    cells.span,
    cells.ago,
    cells.age,
    cells.stamp,
    cells.label,
    cells.code,
    cells.cost,
):
    register.filter(cell.__name__, cell)

register.inclusion_tag("admin/date_hierarchy.html", name="dates")(hierarchy)
register.filter("short", cells.name)
register.simple_tag(cells.bar, name="bar")
register.simple_tag(cells.progress, name="progress")
register.simple_tag(cells.count, name="count")
