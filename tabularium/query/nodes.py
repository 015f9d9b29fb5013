"""The syntax tree of a filter: what was written, before any table is looked at.

Every node knows the path to each of its parts in the request, for the errors of later stages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


class Absent:
    """The type of `ABSENT`: a leaf without a value differs from one whose value is null."""


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class RawText:
    """A value of the text form. Which JSON value it means depends on the type of the field."""

    text: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition on one field.

    `operator` is `None` for a list of the shorthand, whose meaning depends on the field's type. `value` is plain JSON
    (numbers are `int` or `Decimal`), a `RawText`, a list of those, or `ABSENT`.
    """

    field: str
    operator: str | None
    value: object
    field_path: str
    operator_path: str
    value_path: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A field with no condition (`{"age": {}}`): matches every row, yet the field must exist."""

    field: str
    field_path: str


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all (`and`) or any (`or`) must hold. An empty `and` matches every row, an empty `or` none."""

    kind: Literal["and", "or"]
    members: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Every row that `member` does not match."""

    member: Node


Node = Leaf | Mention | Group | Not
