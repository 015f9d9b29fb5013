"""The two trees of a formula: as written, in which a call has a name, and typed, in which it has its function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from tabularium.schema.fields.base import FormulaKind

if TYPE_CHECKING:
    from tabularium.schema.formula.signature import Function


class FormulaError(Exception):
    """One reason why a formula is refused. `offset` counts characters of its text from 0; `None`: it is about all."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset

    def __str__(self) -> str:
        return self.message if self.offset is None else f"character {self.offset + 1}: {self.message}"


class FormulaRefused(Exception):
    """A formula with everything that is wrong with it, in the order of its text."""

    def __init__(self, errors: Sequence[FormulaError]) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = tuple(sorted(errors, key=lambda error: -1 if error.offset is None else error.offset))


@dataclass(frozen=True, slots=True)
class Constant:
    """A value of the text. NULL has the value `None`; it takes its kind from where it stands."""

    kind: FormulaKind
    value: str | Decimal | bool | None
    offset: int


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of a field, as written."""

    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A function or an operator by the name that it has in the table of functions."""

    name: str
    arguments: tuple[Written, ...]
    offset: int


Written = Constant | Reference | WrittenCall


@dataclass(frozen=True, slots=True)
class FieldValue:
    """The value of a field of the same row."""

    name: str
    kind: FormulaKind
    offset: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function over arguments that fit it."""

    function: Function
    arguments: tuple[Node, ...]
    kind: FormulaKind
    offset: int


Node = Constant | FieldValue | Call


def references(written: Written) -> Iterator[Reference]:
    """Yield the names in the order of the text."""
    if isinstance(written, Reference):
        yield written
    elif isinstance(written, WrittenCall):
        for argument in written.arguments:
            yield from references(argument)


def field_names(node: Node) -> Iterator[str]:
    """Yield the name of each field that a typed tree names, as often as it does."""
    if isinstance(node, FieldValue):
        yield node.name
    elif isinstance(node, Call):
        for argument in node.arguments:
            yield from field_names(argument)
