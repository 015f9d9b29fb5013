"""What a field type reaches beside its own value: rows of a statement, and the file while it is resolved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Protocol

from tabularium.db.dialect import Dialect

if TYPE_CHECKING:
    from tabularium.schema.fields.base import FieldType
    from tabularium.schema.model import Field, PrimaryKey, Table

# Rows of a statement --------------------------------------------------------------------------------------------------


class Row(Protocol):
    """One row of a table within the statement at hand: how SQL names its columns, and what can be reached from it."""

    @property
    def dialect(self) -> Dialect:
        """The dialect of the statement."""

    @property
    def table(self) -> Table:
        """The table of the row."""

    def column(self, name: str) -> str:
        """Return the quoted and qualified SQL of a physical column."""

    def value(self, field: Field) -> str:
        """Return the SQL of another field of this row, in driver form; computed fields included."""

    def related(self, table: str) -> RelatedRow:
        """Return a row of the table with this name, under an alias that nothing else in the statement has."""

    def condition(self, condition: object) -> str:
        """Return the SQL of a planned condition (`tabularium.query.conditions`) whose values come from the file."""

    @property
    def now(self) -> str:
        """The SQL of the instant of the request, in driver form."""


class RelatedRow(Row, Protocol):
    """A row of another table, for a subquery."""

    @property
    def alias(self) -> str:
        """The name of the row, not quoted. Names that begin with it and `_` are free in the subquery."""

    @property
    def source(self) -> str:
        """`"table" AS alias`, to stand after FROM."""

    @property
    def visible(self) -> str:
        """The condition that the row exists for the caller: live, and within the rules for rows."""


@dataclass(frozen=True, slots=True)
class LinkedRows:
    """What a link leads to: `SELECT … FROM {source} WHERE {condition} ORDER BY {order}`, to stand in a subquery.

    Only rows that exist for the caller are among them. `is_many` says whether there may be more than one.
    """

    row: RelatedRow
    source: str
    condition: str
    order: str
    is_many: bool


@dataclass(frozen=True, slots=True)
class DisplaySource:
    """What is read beside a value to show it: an SQL expression, and what turns its result, not null, into text."""

    sql: str
    show: Callable[[Any, tzinfo | None], str]


# The file -------------------------------------------------------------------------------------------------------------


class Unresolved(Exception):
    """Options that name what is not there, or does not fit: pairs of an option, as in the file, and a message.

    Without problems it says that something else, whose own problem is reported, stands in the way.
    """

    def __init__(self, *problems: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{option}: {message}" for option, message in problems))
        self.problems = problems


class TableScope(Protocol):
    """One of the file's tables while fields are resolved. `option` is where a problem is reported."""

    @property
    def name(self) -> str:
        """The name of the table."""

    @property
    def database_name(self) -> str:
        """Its name in the database."""

    @property
    def key(self) -> PrimaryKey:
        """Its key."""

    def field(self, name: str, option: str) -> FieldType:
        """Return the resolved type of a field.

        Raises `Unresolved` for an unknown one, one that depends on the field being resolved, and one that stands more
        than five computed fields deep.
        """

    def draft(self, name: str) -> FieldType | None:
        """Return the type of a field as it is now, resolved or not, so that two links can name one another."""

    def condition(self, filters: Any, option: str) -> object:
        """Plan `filters` over the rows of the table; what is wrong with them raises `Unresolved`."""


class Scope(Protocol):
    """What one field sees of the file while it is resolved."""

    @property
    def field_name(self) -> str:
        """The name of the field."""

    @property
    def own(self) -> TableScope:
        """The table of the field."""

    def table(self, reference: str, option: str) -> TableScope:
        """Return the table with this id or name; an unknown one raises `Unresolved`."""
