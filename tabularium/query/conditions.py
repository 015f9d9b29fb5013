"""The planned form of a filter: fields of the schema, predicates of `tabularium.query.predicates`, stored values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tabularium.schema.fields.base import Group
from tabularium.schema.model import Field


@dataclass(frozen=True, slots=True)
class Comparison:
    """One predicate on one field. `group` is the filter group whose expression of the field is compared.

    `values` are in the stored form; a predicate over a list has the list as its one value, a tuple.
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


def joined(parts: Sequence[Condition], every: bool) -> Condition:
    """Return the condition that every part holds, or any; one part stands for itself."""
    if len(parts) == 1:
        return parts[0]
    return Conjunction(tuple(parts)) if every else Disjunction(tuple(parts))
