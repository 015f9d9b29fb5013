"""The planned form of a filter: fields of the schema, predicates of `tabularium.query.predicates`, stored values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tabularium.schema.fields.base import Group
from tabularium.schema.model import Field

CallerProperty = Literal["id", "email", "role"]


@dataclass(frozen=True, slots=True)
class CallerValue:
    """What a rule compares with that is the caller's own: as the value of a comparison, in place of a stored one."""

    name: CallerProperty
    is_list: bool
    """Whether the predicate takes a list; roles are one always, since a caller may have several."""
    is_folded: bool = False
    """Whether it is compared with a folded key."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One predicate on one field. `group` is the filter group whose expression of the field is compared.

    `values` are in the stored form; a predicate over a list has the list as its one value, a tuple. What only the
    request knows stands for itself (`CallerValue`, and the borders of `tabularium.query.relative_dates`).
    """

    field: Field
    predicate: str
    group: Group
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Conjunction:
    """All members hold; true where there are none."""

    members: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    """Any member holds; false where there are none."""

    members: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The member does not hold."""

    member: Condition


@dataclass(frozen=True, slots=True)
class WordSearch:
    """Each word, already folded, occurs in the folded text of at least one field."""

    fields: tuple[Field, ...]
    words: tuple[str, ...]


Condition = Comparison | Conjunction | Disjunction | Negation | WordSearch
"""Two-valued: null never makes a condition unknown."""

EVERY_ROW = Conjunction(())


def with_comparisons(condition: Condition, change: Callable[[Comparison], Comparison]) -> Condition:
    """Return the condition with every comparison changed."""
    if isinstance(condition, WordSearch):
        return condition
    if isinstance(condition, Comparison):
        return change(condition)
    if isinstance(condition, Negation):
        return Negation(with_comparisons(condition.member, change))
    members = tuple(with_comparisons(member, change) for member in condition.members)
    return Conjunction(members) if isinstance(condition, Conjunction) else Disjunction(members)


def joined(parts: Sequence[Condition], every: bool) -> Condition:
    """Return the condition that every part holds, or any; one part stands for itself."""
    if len(parts) == 1:
        return parts[0]
    return Conjunction(tuple(parts)) if every else Disjunction(tuple(parts))
