"""What a view adds to the parameters of a list. It never widens: its filter and its fields come on top of all else."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from tabularium.query.conditions import Condition, Conjunction
from tabularium.query.grouping import Grouping
from tabularium.query.sorting import SortKey
from tabularium.query.system_fields import system_fields
from tabularium.schema.model import FieldOrder, Table, View


def within(view: View | None, readable: Collection[str]) -> Collection[str]:
    """Return the names of the fields that exist for the caller through the view."""
    if view is None or view.fields is None:
        return readable
    return frozenset(view.fields).intersection(readable)


def narrowed(view: View | None, where: Condition) -> Condition:
    """Return the caller's condition together with the view's."""
    if view is None or view.condition is None:
        return where
    return Conjunction((cast("Condition", view.condition), where))


def view_sort(view: View | None, table: Table) -> tuple[SortKey, ...]:
    """Return the sorts of the view, for a caller who gives none."""
    return tuple(view_order(order, table) for order in view.sorts) if view else ()


def view_grouping(view: View | None, table: Table, readable: Collection[str]) -> Grouping | None:
    """Return the grouping of the view, for a caller who gives none and may read what it groups by."""
    if view is None or view.group_by is None:
        return None
    name = view.group_by.field
    if name in table.by_name and name not in readable:
        return None
    order = view_order(view.group_by, table)
    return Grouping(order.field, order.descending)


def view_order(order: FieldOrder, table: Table) -> SortKey:
    """Return a criterion of the view over the field that it names, which the caller need not be able to read."""
    return SortKey(table.by_name.get(order.field) or system_fields(table)[order.field], order.descending)
