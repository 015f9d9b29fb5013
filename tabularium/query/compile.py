"""The third stage: conditions and sort keys → SQL text with numbered placeholders, and the values bound to it.

A condition has a *shape*: all of it but the values. The text depends on the shape alone, so it is made once for each
and kept; `parameters` then yields the values in the order of the placeholders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from tabularium import json_text
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.fold import fold_sql
from tabularium.query.conditions import CallerValue, Comparison, Condition, Conjunction, Negation, WordSearch
from tabularium.query.ordering import Criterion
from tabularium.query.predicates import PREDICATES, Binding
from tabularium.query.sorting import SortKey
from tabularium.query.system_fields import system_fields
from tabularium.schema.fields.base import Row
from tabularium.schema.model import KEY_COLUMN, Field

Shape = tuple[Any, ...]
"""Hashable. `(word, (shape, …))` for a group or a negation, `(field, predicate, group)` for a comparison."""

_ALL: Final = "AND"
_ANY: Final = "OR"
_NOT: Final = "NOT"
_SEARCH: Final = "SEARCH"
_OF_NOTHING: Final = {_ALL: "TRUE", _ANY: "FALSE"}


def shape_of(condition: Condition) -> Shape:
    """Return the shape of a condition."""
    if isinstance(condition, Comparison):
        return (condition.field, condition.predicate, condition.group)
    if isinstance(condition, Negation):
        return (_NOT, (shape_of(condition.member),))
    if isinstance(condition, WordSearch):
        return (_SEARCH, condition.fields, len(condition.words)) if condition.fields else (_ANY, ())
    word = _ALL if isinstance(condition, Conjunction) else _ANY
    members = [shape_of(member) for member in condition.members]
    # `a AND (b AND c)` is `a AND b AND c`, and a group of one is its member.
    flat = tuple(part for shape in members for part in (shape[1] if shape[0] == word else (shape,)))
    return flat[0] if len(flat) == 1 else (word, flat)


def parameters(condition: Condition, dialect: Dialect) -> Iterator[Any]:
    """Yield the driver values of a condition in the order of its placeholders."""
    if isinstance(condition, Comparison):
        binding = PREDICATES[condition.predicate].binding
        for value in condition.values:
            yield value if isinstance(value, CallerValue) else _BINDERS[binding](condition, value, dialect)
    elif isinstance(condition, Negation):
        yield from parameters(condition.member, dialect)
    elif isinstance(condition, WordSearch):
        yield from condition.words if condition.fields else ()
    else:
        for member in condition.members:
            yield from parameters(member, dialect)


def _bind_value(condition: Comparison, value: Any, dialect: Dialect) -> Any:
    return condition.field.type.filter_value(value, condition.group, dialect)


def _bind_list(condition: Comparison, value: Any, dialect: Dialect) -> Any:
    items = [_bind_value(condition, item, dialect) for item in value]
    return json_text.dump(items).decode() if dialect is SQLITE else items


def _bind_folded(_condition: Comparison, value: Any, _dialect: Dialect) -> Any:
    return value


_BINDERS: Final[dict[Binding, Callable[[Comparison, Any, Dialect], Any]]] = {
    "value": _bind_value,
    "list": _bind_list,
    "folded": _bind_folded,
}


def search_sql(fields: Sequence[Field], words: Sequence[str], row: Row) -> str:
    """Write that each of the words, given as placeholders, occurs in one of the fields."""
    texts = [_searched_text(field, row) for field in fields]
    return " AND ".join(f"({' OR '.join(found_sql(text, word, row) for text in texts)})" for word in words)


def relevance_sql(fields: Sequence[Field], words: Sequence[str], row: Row) -> str:
    """Write how relevant a row is: for each word the best weight of the fields in which it occurs, summed up."""
    ranked = sorted(fields, key=lambda field: -field.search_weight)
    texts = [(field.search_weight, _searched_text(field, row)) for field in ranked]
    cases = (" ".join(f"WHEN {found_sql(text, word, row)} THEN {weight}" for weight, text in texts) for word in words)
    return " + ".join(f"CASE {case} ELSE 0 END" for case in cases)


def found_sql(text: str, word: str, row: Row) -> str:
    """Write that a folded text holds a word; never null."""
    return PREDICATES["contains"].text(row.dialect.name, text, word)


def _searched_text(field: Field, row: Row) -> str:
    expression = field.type.search_expression(field.name, row)
    return fold_sql(f"coalesce({expression}, '')", row.dialect)


class Placeholders:
    """Numbers the placeholders of a statement in the order of their values. `number` is the next that is free."""

    def __init__(self, dialect: Dialect, first: int) -> None:
        self._dialect = dialect
        self.number = first

    def __call__(self) -> str:
        """Return the next placeholder."""
        self.number += 1
        return self._dialect.placeholder(self.number - 1)


def condition_sql(shape: Shape, row: Row, place: Callable[[], str]) -> str:
    """Write a condition over a row. `place` gives the text of each bound value, in the order of `parameters`."""
    if shape[0] == _NOT:
        return f"({condition_sql(shape[1][0], row, place)}) IS NOT TRUE"
    if shape[0] == _SEARCH:
        return search_sql(shape[1], [place() for _ in range(shape[2])], row)
    if shape[0] not in _OF_NOTHING:
        return _comparison_sql(shape, row, place)
    word, members = shape
    texts = []
    for member in members:
        text = condition_sql(member, row, place)
        texts.append(f"({text})" if member[0] in _OF_NOTHING else text)
    return f" {word} ".join(texts) or _OF_NOTHING[word]


def _comparison_sql(shape: Shape, row: Row, place: Callable[[], str]) -> str:
    field, name, group = shape
    predicate = PREDICATES[name]
    expression = field.type.filter_expression(field.name, group, row)
    if predicate.binding == "folded":
        expression = fold_sql(expression, row.dialect)
    return predicate.text(row.dialect.name, expression, "" if predicate.binding == "none" else place())


def sort_keys(row: Row, sort: tuple[SortKey, ...]) -> tuple[SortKey, ...]:
    """Return the criteria with the key as the last one, so that the order is total."""
    if any(key.field.name == KEY_COLUMN for key in sort):
        return sort
    return (*sort, SortKey(system_fields(row.table)[KEY_COLUMN]))


def criteria_of(row: Row, sort: tuple[SortKey, ...]) -> tuple[Criterion, ...]:
    """Return the criteria of ORDER BY, which always end with the key."""
    return tuple(_criterion(key, row) for key in sort_keys(row, sort))


def _criterion(key: SortKey, row: Row) -> Criterion:
    kind = key.field.type
    expression = kind.sort_expression(row.value(key.field), row.dialect)
    return Criterion(expression, key.descending, not key.field.always_has_value, kind.is_long_text)
