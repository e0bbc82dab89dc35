"""Views ask their caller for rows, and nobody else: the syntax of gateway/ shows it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import gateway

ROOT = Path(gateway.__file__).parent
# The door itself, and what finds out whose request it is.
DOORS = {"caller.py", "authentication.py"}
# What a manager is called, what goes around one, and the class methods that speak SQL.
WAYS = {
    *("objects", "_default_manager", "_base_manager", "raw", "extra", "cursor", "rows"),
    *("of", "valid", "valid_by", "get_object_or_404", "get_list_or_404", "get_model", "connection"),
}
# An id that cannot be guessed opens an upload of any workspace, for an SDK that sends no key with it.
WITHOUT_A_KEY = {"genai/resumable.py"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def used(tree: ast.AST) -> Iterator[str]:
    """Attributes, and what is imported from Django or from providers.rows, however that is named."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            *above, last = (node.module or "").split(".")
            if {"django", "providers"} & {*above, last}:
                yield from (last, *(alias.name for alias in node.names))


def imported(tree: ast.AST, module: str) -> set[str]:
    found = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return {alias.name for node in found if node.module == module for alias in node.names}


def test_no_view_goes_around_its_caller():
    around = {name: WAYS & set(used(tree)) for name, tree in modules() if name not in DOORS}

    assert len(around) > 40
    assert {name: ways for name, ways in around.items() if ways} == {}


def test_the_door_is_found_where_it_is_looked_for():
    """Else the test above would find nothing, whatever there is."""
    ways = {name: WAYS & set(used(tree)) for name, tree in modules()}

    assert {"objects", "of"} <= ways["caller.py"]
    assert {"valid"} <= ways["authentication.py"]


def test_uploads_without_a_key_have_one_user():
    users = {name for name, tree in modules() if "begun" in imported(tree, "gateway.caller")}

    assert users == WITHOUT_A_KEY
