"""What a field type answers. A type is a subclass of `FieldType` in a file of its own beside this one.

A value has three forms:

- the *JSON form* stands in requests and responses;
- the *stored form* is what `parse` returns: plain Python (`str`, `int`, `bool`, `Decimal`), the same for both
  databases. Dates and instants are text in exactly the form of the answers, a link is the key of its target (`int` or
  `str`);
- the *driver form* is what is bound to a statement: `encode` makes it for one dialect. PostgreSQL's drivers take dates,
  instants, decimals and UUIDs as text here (see `tabularium.db.postgresql`), so most types encode to themselves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import sqlalchemy
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from tabularium.db.dialect import Dialect

if TYPE_CHECKING:
    from tabularium.schema.model import PrimaryKey

Mode = Literal["write", "filter", "default", "import"]
"""Why a value is read. `filter` leaves out the limits (length, range), since older rows may lie outside of them."""

SchemaMode = Literal["record", "create", "update", "filter"]

Group = Literal["E", "O", "T", "C", "A", "B", "D", "P"]
"""Filter groups of the specification: equality, order, text, choice, array, boolean, date, presence."""

Aggregate = Literal["sum", "avg", "min", "max"]

ColumnSql = Callable[[str], str]
"""Gives the quoted and qualified SQL of a physical column in the statement at hand."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value is refused. `path` leads into the value (`2` for the third item of a list), else it is empty."""

    code: str
    message: str
    path: str = ""


class InvalidValue(Exception):
    """A value that does not fit its field, with every reason that was found."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Interval:
    """A filter value that stands for a span of stored values, as a day among instants: `start` included, `end` not."""

    start: Any
    end: Any


class FieldOptions(BaseModel):
    """The options of a type beside the common ones. Keys are camelCase in the file; unknown ones are errors."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, alias_generator=to_camel, populate_by_name=False
    )


class FieldType(ABC):
    """One field's type with its options. Instances are immutable and hold no data of requests."""

    names: ClassVar[tuple[str, ...]]
    """The type's name in the file, then its aliases."""
    Options: ClassVar[type[FieldOptions]] = FieldOptions
    groups: ClassVar[frozenset[Group]]
    """Filter groups beside `P`, which every type has."""
    is_sortable: ClassVar[bool] = False
    is_uniquable: ClassVar[bool] = False
    """Whether `unique` and `indexed` are allowed."""
    is_read_only: ClassVar[bool] = False
    aggregates: ClassVar[frozenset[Aggregate]] = frozenset()
    search_group: ClassVar[bool] = False

    def __init__(self, options: FieldOptions) -> None:
        self.options = options

    @property
    def related_table(self) -> str | None:
        """Return the name of the table whose records the value points at; `None` for a type that is no link.

        Before `resolve` it is the reference as configured: the table's id or name.
        """
        return None

    def resolve(self, table_name: str, key: PrimaryKey) -> FieldType:
        """Return this type bound to the table that `related_table` refers to; the build calls it in its second pass.

        A type that is no link returns itself. A link has neither columns nor values before.
        """
        return self

    # Storage ----------------------------------------------------------------------------------------------------------

    def column(self, name: str) -> str:
        """Return the physical column that holds the value of the field called `name`."""
        return name

    def column_names(self, name: str) -> tuple[str, ...]:
        """Return the physical columns that a write sets, hidden ones last; none for system columns."""
        return (name,)

    @abstractmethod
    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        """Return new SQLAlchemy columns for `column_names`, all nullable, for DDL only."""

    def unique_columns(self, name: str) -> tuple[str, ...]:
        """Return the columns that `unique` and `indexed` go over: the value's, or the hidden comparison key's."""
        return (self.column(name),)

    @property
    def index_bytes(self) -> int:
        """Return the most bytes that a value of `unique_columns` takes in an index."""
        return 16

    def encode(self, value: Any, dialect: Dialect) -> tuple[Any, ...]:
        """Turn a stored value, or `None`, into driver values, one for each of `column_names`."""
        return (value,)

    def read_expression(self, column: str, dialect: Dialect) -> str:
        """Return SQL that reads the value from `column`, which is quoted SQL.

        On PostgreSQL the result must turn into the JSON form by `to_json` alone: lists are built inside the database.
        On SQLite `decoder` may finish the work.
        """
        return column

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Return a function from what `read_expression` yields (never null) to the JSON form; `None` if that is it."""
        return None

    # Values -----------------------------------------------------------------------------------------------------------

    @abstractmethod
    def parse(self, value: Any, mode: Mode) -> Any:
        """Turn a JSON value (never null) into the stored form, or raise `InvalidValue` with all reasons.

        Numbers arrive as `int` or `Decimal`, never as `float`. In mode `filter` an `Interval` may be returned.
        """

    def parse_text(self, text: str) -> Any:
        """Turn a value of the text filter form (`field:operator:value`) into the JSON form that `parse` takes.

        Raises `InvalidValue` where the text is no such value.
        """
        return text

    def is_blank(self, value: Any) -> bool:
        """Say whether a stored value counts as empty for `required` (null is handled outside)."""
        return False

    def default_value(self, default: Any, now: str) -> Any:
        """Turn a default of the file into the stored form. `now` is the instant of the request, as text."""
        return self.parse(default, "default")

    def from_text(self, text: str) -> Any:
        """Turn a CSV cell into the JSON form; raises `InvalidValue`. `to_text` is its inverse."""
        return self.parse_text(text)

    def to_text(self, value: Any) -> str:
        """Turn a JSON value (never null) into its CSV cell."""
        return str(value)

    # Queries ----------------------------------------------------------------------------------------------------------

    def filter_expression(self, name: str, group: Group, column: ColumnSql, dialect: Dialect) -> str:
        """Return the SQL that operators of `group` compare: the value's column, or a hidden comparison key."""
        return column(self.column(name))

    def filter_value(self, value: Any, group: Group, dialect: Dialect) -> Any:
        """Turn a stored value into the driver value that operators of `group` compare with."""
        return self.encode(value, dialect)[0]

    def sort_expression(self, column: str, dialect: Dialect) -> str:
        """Return the SQL to order by; null must stay null."""
        return column

    # Description ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        """Return the JSON Schema of the value, without null; lengths and ranges only for `create` and `update`."""

    def required_schema(self, mode: SchemaMode) -> dict[str, Any]:
        """Return the JSON Schema of the value where the field is required, so that a blank one is refused too."""
        return self.schema(mode)
