"""Which reads touch few rows for certain. SQLite runs the others off the event loop.

The answers are cautious: a filter that happens to match little, or an index that happens to help, counts as a scan.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from tabularium.db.dialect import SQLITE
from tabularium.query.conditions import Comparison, Condition, Conjunction
from tabularium.query.plan import ListQuery, Scope
from tabularium.query.rows import planned
from tabularium.schema.model import DELETED_COLUMN, KEY_COLUMN, Field, Table

_SHORT_OFFSET: Final = 1000
_PINNING: Final = frozenset({"same", "one_of"})


def page_may_scan(query: ListQuery) -> bool:
    """Say whether finding the page may read many more rows than it shows (or skips, up to a short offset)."""
    conjuncts = _conditions(query)
    if _is_pinned(query, conjuncts):
        return False
    if query.offset > _SHORT_OFFSET:
        return True
    if not conjuncts:
        return not _is_in_index_order(query)
    # The entries of one value stand in the order of an integer key, so nothing but the page is read.
    served = (
        len(conjuncts) == 1
        and query.scope != "deleted"
        and _is_indexed_equality(query, conjuncts[0])
        and query.table.primary_key.is_integer
        and _is_by_key(query)
    )
    return not served


def count_may_scan(query: ListQuery) -> bool:
    """Say whether counting all rows of the query may read many."""
    return not _is_pinned(query, _conditions(query))


def _conditions(query: ListQuery) -> list[Condition]:
    """Return what must hold of each row: the conditions of the query, and the rule for rows that binds the caller."""
    rule = query.table.row_rules.get("read")
    return [*_conjuncts(query.where), *(() if rule is None else _conjuncts(planned(rule.condition)))]


def _conjuncts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, Conjunction):
        for member in condition.members:
            yield from _conjuncts(member)
    else:
        yield condition


@lru_cache(maxsize=1024)
def _indexed(table: Table, scope: Scope) -> tuple[frozenset[str], frozenset[str]]:
    """Return the fields that begin an index over all rows of a scope, and those of them that are unique by themselves.

    Unique indexes are over live rows alone.
    """
    whole = [index for index in table.indexes if index.where is None and (scope == "live" or not index.unique)]
    unique = frozenset(index.fields[0] for index in whole if index.unique and len(index.fields) == 1)
    return frozenset(index.fields[0] for index in whole), unique | {KEY_COLUMN}


def _is_pinned(query: ListQuery, conjuncts: list[Condition]) -> bool:
    """Say whether a condition names the few values that a unique field may have."""
    _, unique = _indexed(query.table, query.scope)
    return any(
        isinstance(each, Comparison) and each.predicate in _PINNING and each.field.name in unique for each in conjuncts
    )


def _is_indexed_equality(query: ListQuery, condition: Condition) -> bool:
    indexed, _ = _indexed(query.table, query.scope)
    return isinstance(condition, Comparison) and condition.predicate == "same" and condition.field.name in indexed


def _is_by_key(query: ListQuery) -> bool:
    return not query.sort or query.sort[0].field.name == KEY_COLUMN


def _is_in_index_order(query: ListQuery) -> bool:
    if query.scope == "deleted":
        # The rows of the trash stand in an index of their own; in any other order they lie among all the others.
        return len(query.sort) == 1 and _is_of_trash(query.sort[0].field)
    if _is_by_key(query):
        return True
    key = query.sort[0]
    if len(query.sort) > 1 or not sorts_by_index(query.table, key.field, query.scope):
        return False
    _, unique = _indexed(query.table, query.scope)
    if key.field.name in unique and key.field.always_has_value:
        return True
    # Equal values stand in the order of an integer key, read forward; from a cursor on, many may have to be skipped.
    return not key.descending and query.after is None and query.table.primary_key.is_integer


def sorts_by_index(table: Table, field: Field, scope: Scope) -> bool:
    """Say whether an index has the rows of a scope in the order of the field."""
    if field.name not in _indexed(table, scope)[0]:
        return False
    column = field.type.column(field.name)
    is_plain = field.type.sort_expression(column, SQLITE) == column
    return is_plain and field.type.unique_columns(field.name) == (column,)


def _is_of_trash(field: Field) -> bool:
    return field.type.column(field.name) == DELETED_COLUMN
