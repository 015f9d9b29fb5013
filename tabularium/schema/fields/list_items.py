"""Reading lists: every item on its own, so that all that is wrong is told, each at its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tabularium.schema.fields.base import InvalidValue, Problem

_NO_LIST: Final = Problem("wrong_type", "Must be a list.")


def read_items(value: Any, read: Callable[[Any], Any]) -> tuple[list[Any], list[Problem]]:
    """Return the items as `read` gives them, `None` for one that fails, and the problems with the paths of items.

    Raises `InvalidValue` where the value is no list at all.
    """
    if not isinstance(value, list):
        raise InvalidValue(_NO_LIST)
    items: list[Any] = []
    problems: list[Problem] = []
    for place, item in enumerate(value):
        try:
            items.append(read(item))
        except InvalidValue as invalid:
            items.append(None)
            for each in invalid.problems:
                path = f"{place}.{each.path}" if each.path else str(place)
                problems.append(Problem(each.code, each.message, path))
    return items, problems


def repeated_items(items: list[Any]) -> list[Problem]:
    """Return a problem for every item that repeats an earlier one."""
    seen: set[Any] = set()
    problems = []
    for place, item in enumerate(items):
        if item is not None and item in seen:
            problems.append(Problem("duplicate_item", "Stands in the list already.", str(place)))
        seen.add(item)
    return problems
