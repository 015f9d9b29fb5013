"""What a field type answers. A type is a subclass of `FieldType` in a file of its own beside this one.

A value has three forms:

- the *JSON form* stands in requests and responses: plain Python that `tabularium.json_text` writes. A number with
  decimals is a `Decimal`, never a `float`;
- the *stored form* is what `parse` returns: plain Python (`str`, `int`, `bool`, `Decimal`), the same for both
  databases. Dates and instants are text in exactly the form of the answers, a link is the key of its target (`int` or
  `str`);
- the *driver form* is what is bound to a statement: `encode` makes it for one dialect. PostgreSQL's drivers take dates,
  instants, decimals and UUIDs as text here (see `tabularium.db.postgresql`), so most types encode to themselves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

import sqlalchemy
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from tabularium import json_text
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.fields.surroundings import (
    DisplaySource,
    LinkedRows,
    RelatedRow,
    Row,
    Scope,
    TableScope,
    Unresolved,
)

if TYPE_CHECKING:
    from tabularium.schema.fields.link_table import LinkTable

__all__ = [
    "UTC_ZONE",
    "Aggregate",
    "Change",
    "DisplaySource",
    "FieldOptions",
    "FieldType",
    "FormulaKind",
    "Group",
    "Interval",
    "InvalidValue",
    "LinkedRows",
    "Mode",
    "Problem",
    "RelatedRow",
    "Row",
    "SchemaMode",
    "Scope",
    "TableScope",
    "Unresolved",
    "display_json",
    "plain_number",
]

Mode = Literal["write", "filter", "default", "import"]
"""Why a value is read. `filter` leaves out the limits (length, range), since older rows may lie outside of them."""

SchemaMode = Literal["record", "create", "update", "filter"]

Group = Literal["E", "O", "T", "C", "A", "B", "D", "P", "L"]
"""Filter groups of the specification: equality, order, text, choice, array, boolean, date, presence. `L` is a list of
which only presence can be asked; it compares JSON text."""

Aggregate = Literal["sum", "avg", "min", "max"]

Change = Literal["create", "update", "delete"]
"""What can be done to a record."""

FormulaKind = Literal["text", "number", "boolean", "date", "datetime"]
"""The types of the formula language."""

_DIGITS_OF_64_BITS: Final = 18
"""So many digits always fit into an integer that orjson writes."""

UTC_ZONE: Final = UTC
"""The zone in which days begin and times are shown where nobody names another."""


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


def plain_number(number: Decimal) -> int | Decimal:
    """Return the number without needless zeros: an `int` where it has no decimals and 64 bits surely hold it."""
    text = json_text.number_text(number)
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    # `normalize` would round what has more digits than the context of the thread.
    return Decimal(text) if "." in text or len(text) > _DIGITS_OF_64_BITS else int(text)


def display_json(value: Any) -> str:
    """Write a JSON value as the text that people read where its type says nothing else."""
    return value if isinstance(value, str) else json_text.dump(value).decode()


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
    groups: frozenset[Group]
    """Filter groups beside `P`, which every type has. A computed type has those of its result."""
    is_sortable: bool = False
    is_uniquable: bool = False
    """Whether `unique` and `indexed` are allowed."""
    is_read_only: ClassVar[bool] = False
    is_user: ClassVar[bool] = False
    """Whether the value is the id of a user, or several such ids: it needs `auth`, and goes with the user."""
    set_on: ClassVar[frozenset[Change]] = frozenset()
    """The changes of a record on which the server sets the value to the user who makes them, or to null."""
    envelope_key: ClassVar[str | None] = None
    """Where the value stands beside the fields of a record, too."""
    has_value: ClassVar[bool] = True
    """Whether records have a value of it at all; a button has none, and stands in no record."""
    is_configurable: ClassVar[bool] = True
    """Whether the file can name it; a type that another one resolves to cannot be named by itself."""
    is_stored_apart: ClassVar[bool] = False
    """Whether the value lies in rows of a table of its own, which a write of the record sets after it."""
    notice: ClassVar[str | None] = None
    """What somebody who configures such a field should know: a warning at start."""
    default_if_required: ClassVar[Any] = None
    """The default, as in the file, of a required field that has none there; `None` for no such default."""
    is_computed: ClassVar[bool] = False
    """Whether the value is worked out when it is read, so that no write gives it back by itself."""
    aggregates: frozenset[Aggregate] = frozenset()
    is_number_text: bool = False
    """Whether on SQLite the driver form of a number is its key (`tabularium.db.number_keys`), which compares and sorts
    as it stands and is summed by `tabularium_sum`, instead of the integer number × 10^places."""
    is_long_text: bool = False
    """Whether it is sorted by text that may be long; a cursor then holds no more than the beginning."""
    renamed_values: Mapping[str, str] = MappingProxyType({})
    """The options that take the place of former ones, by these."""
    holds_any_json: ClassVar[bool] = False
    """Whether every JSON value is one of this type, so that text may be one in two ways: as JSON, and as text."""
    search_group: ClassVar[bool] = False
    private_options: ClassVar[frozenset[str]] = frozenset()
    """Options, as in the file, that no description of the field may show."""

    def __init__(self, options: FieldOptions) -> None:
        self.options = options

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "parse" in vars(cls) and "parse_column" not in vars(cls):
            cls.parse_column = FieldType.parse_column  # type: ignore[method-assign]  # that of its base knows another

    @property
    def related_table(self) -> str | None:
        """Return the name of the table whose records the value points at; `None` for a type that is no link.

        Before `resolve` it is the reference as configured: the table's id or name.
        """
        return None

    @property
    def referenced_table(self) -> str | None:
        """Return the name of the table whose key the value's own column holds; `None` where there is no such column."""
        return None

    @property
    def limit_to_view(self) -> str | None:
        """Return the id or the name of the view of the related table that targets of a link must be in."""
        return None

    @property
    def is_always_unique(self) -> bool:
        """Say whether no two live records may have the same value, whatever the field says."""
        return False

    def unfit(self, *, required: bool) -> Sequence[tuple[str, str]]:
        """Return what does not go together with the field's common options: pairs of an option and a message."""
        return ()

    @property
    def first_number(self) -> int | None:
        """Return where the counter of the field begins, which numbers new records; `None` for a type without one."""
        return None

    def fill_sql(self, table: str, name: str, dialect: Dialect) -> Sequence[str]:
        """Return the SQL that gives values to the rows of a table, quoted, to which the field `name` is added."""
        return ()

    def link_ddl(self, dialect: Dialect) -> Sequence[str]:
        """Return the SQL that creates what the value needs beside the columns of its table, if it is not there."""
        return ()

    @property
    def link_table(self) -> LinkTable | None:
        """Return the table that holds the value, where links lie in a table of their own."""
        return None

    @property
    def held_list(self) -> FieldType | None:
        """Return the type of the value as one list, as it would be in a column; `None` where it is no list of links."""
        return None

    @property
    def described_type(self) -> str:
        """Return what a migration remembers: with another text the field is of another type."""
        return self.names[0]

    def resolve(self, scope: Scope) -> FieldType:
        """Return this type bound to the tables and fields that its options name; the build calls it in its second pass.

        A type that names none returns itself; one that does has neither columns nor values before. Raises
        `Unresolved`, with every option that is wrong, where something cannot be found or does not fit.
        """
        return self

    @property
    def is_listed(self) -> bool:
        """Say whether records hold the value unasked; else only where `fields` names it."""
        return self.has_value

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
        Where one row is read by itself, and always on SQLite, `decoder` may finish the work.
        """
        return column

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Return a function from what the driver yields for `read_expression` (never null) to the JSON form.

        `None` if that is the JSON form. The lists of PostgreSQL, which it writes as JSON itself, do without.
        """
        return None

    def value_expression(self, name: str, row: Row) -> str:
        """Return the SQL of the value of the field called `name`, in driver form. `read_expression` goes around it."""
        return row.column(self.column(name))

    @property
    def is_many(self) -> bool:
        """Say whether a link may lead to more than one record."""
        return False

    def linked(self, name: str, row: Row) -> LinkedRows | None:
        """Return the rows that the field called `name` of a row leads to; `None` for a type that is no link."""
        return None

    # Values -----------------------------------------------------------------------------------------------------------

    @abstractmethod
    def parse(self, value: Any, mode: Mode) -> Any:
        """Turn a JSON value (never null) into the stored form, or raise `InvalidValue` with all reasons.

        Numbers arrive as `int` or `Decimal`, never as `float`. In mode `filter` an `Interval` may be returned.
        """

    def parse_column(self, values: list[Any]) -> list[Any]:
        """Turn many JSON values (one at least, none null) into what `parse` makes of each to be written.

        A type overrides it where a few operations over all of them tell that they fit. It may return the list itself.
        Raises `InvalidValue` where one does not fit, and leaves it to `parse` to say which and why.
        """
        parse = self.parse
        return [parse(value, "write") for value in values]

    def parse_text(self, text: str) -> Any:
        """Turn a value of the text filter form (`field:operator:value`) into the JSON form that `parse` takes.

        Raises `InvalidValue` where the text is no such value.
        """
        return text

    @property
    def binds_plainly(self) -> bool:
        """Say whether the driver form is the stored form, in one column."""
        return type(self).encode is FieldType.encode

    def presenter(self) -> Callable[[Any], Any] | None:
        """Return a function from a stored value, not null, to the JSON form; `None` where the two are the same."""
        # What SQLite's driver returns is plain Python, so its decoder serves for values that never saw a database too.
        decode = self.decoder(SQLITE)
        if self.binds_plainly:
            return decode
        if decode is None:
            return lambda value: self.encode(value, SQLITE)[0]
        return lambda value: decode(self.encode(value, SQLITE)[0])

    def present(self, value: Any) -> Any:
        """Turn a stored value, not null, into the JSON form, without a database."""
        presented = self.presenter()
        return presented(value) if presented else value

    def locks(self, value: Any) -> bool:
        """Say whether a stored record with this JSON value may be changed by administrators only."""
        return False

    def parse_filter(self, value: Any, zone: tzinfo) -> Any:
        """Read a value of a filter; `zone` is that in which days begin."""
        return self.parse(value, "filter")

    def is_blank(self, value: Any) -> bool:
        """Say whether a stored value counts as empty for `required` (null is handled outside)."""
        return False

    def default_value(self, default: Any, now: str, user: str | None = None) -> Any:
        """Turn a default of the file into the stored form.

        `now` is the instant of the request, as text, and `user` the id of the user who sends it, if somebody does.
        """
        return self.parse(default, "default")

    def from_text(self, text: str) -> Any:
        """Turn a CSV cell into the JSON form; raises `InvalidValue`. `to_text` is its inverse."""
        return self.parse_text(text)

    def to_text(self, value: Any) -> str:
        """Turn a JSON value (never null) into its CSV cell."""
        return str(value)

    def display(self, value: Any, zone: tzinfo | None) -> str:
        """Return the text that people read, of a JSON value, not null. `zone` is that of the request, if it has one."""
        return display_json(value)

    def display_source(self, name: str, row: Row) -> DisplaySource | None:
        """Return what must be read to show the field called `name`; `None` where its value is enough."""
        return None

    # Queries ----------------------------------------------------------------------------------------------------------

    def filter_expression(self, name: str, group: Group, row: Row) -> str:
        """Return the SQL that operators of `group` compare: the value, or a hidden comparison key.

        For group `A` it yields a list: on PostgreSQL `text[]`, on SQLite JSON text; null where the field is empty.
        """
        return self.value_expression(name, row)

    def filter_value(self, value: Any, group: Group, dialect: Dialect) -> Any:
        """Turn a stored value into the driver value that operators of `group` compare with."""
        return self.encode(value, dialect)[0]

    def search_expression(self, name: str, row: Row) -> str | None:
        """Return the SQL of the text that `q` searches in the field called `name`; `None` where it searches nothing."""
        return self.value_expression(name, row) if self.search_group else None

    def sort_expression(self, column: str, dialect: Dialect) -> str:
        """Return the SQL to order by; null must stay null."""
        return column

    def text_expression(self, expression: str, dialect: Dialect) -> str:
        """Return the SQL of the value as text: the text itself, the digits of a number, `true` or `false`.

        `expression` is the value in driver form. Null stays null, and both databases give the same text.
        """
        read = self.read_expression(expression, dialect)
        return f"CAST({read} AS TEXT)"

    # Formulas ---------------------------------------------------------------------------------------------------------

    @property
    def formula_type(self) -> FormulaKind | None:
        """Return the type that the value has in a formula; `None` where none may name the field, as with lists.

        The groups tell it for nearly every type: ids, choices and times of day are text.
        """
        if self.groups & {"A", "L"}:
            return None
        if "sum" in self.aggregates:
            return "number"
        if "B" in self.groups:
            return "boolean"
        return "text" if self.groups else None

    def formula_expression(self, expression: str, dialect: Dialect) -> str:
        """Return the SQL of the value as formulas compute with it; `expression` is the value in driver form.

        A number is `numeric` on PostgreSQL, and on SQLite text in the canonical form of `tabularium.db.arithmetic`.
        """
        if self.formula_type == "text":
            return self.text_expression(expression, dialect)
        if self.formula_type != "number":
            return expression
        if dialect is not SQLITE:
            return f"({expression})::numeric"
        return f"tabularium_unscale({expression}, {self.places})" if self.places else f"CAST({expression} AS TEXT)"

    # Aggregates -------------------------------------------------------------------------------------------------------

    @property
    def places(self) -> int:
        """The decimals of a number type: on SQLite its stored integers are the numbers × 10^places."""
        return 0

    def present_number(self, number: Decimal, *, is_average: bool) -> Any:
        """Return a sum or an average in the JSON form of the type. An average has at most ten places."""
        return plain_number(number)

    def extreme_expression(self, expression: str, aggregate: Literal["min", "max"], dialect: Dialect) -> str:
        """Return the SQL of the least or the greatest of the values of `expression`, in the form that it has itself."""
        return f"{aggregate}({expression})"

    # Description ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        """Return the JSON Schema of the value, without null; lengths and ranges only for `create` and `update`."""

    def required_schema(self, mode: SchemaMode) -> dict[str, Any]:
        """Return the JSON Schema of the value where the field is required, so that a blank one is refused too."""
        return self.schema(mode)
