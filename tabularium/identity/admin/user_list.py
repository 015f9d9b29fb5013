"""Listing users: searched, filtered, sorted and cut into pages by the database, alike on both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from tabularium.clock import instant_text
from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.db.fold import fold, fold_sql
from tabularium.db.identity import rows
from tabularium.db.identity.tables import USER
from tabularium.errors import FieldError, ValidationFailed
from tabularium.identity import users
from tabularium.identity.admin.rights import require_admin
from tabularium.identity.context import AuthContext
from tabularium.query.predicates import PREDICATES
from tabularium.schema.auth_options import AuthOptions

DEFAULT_LIMIT: Final = 100

_COMPARISONS: Final[Mapping[str, str]] = MappingProxyType(
    {"eq": "same", "ne": "differs", "lt": "below", "lte": "not_above", "gt": "above", "gte": "not_below"}
)
"""The predicate of each operator that compares with one value."""
_MATCHES: Final = ("contains", "starts_with", "ends_with")
_BOOLEANS: Final[Mapping[str, bool]] = MappingProxyType({"true": True, "1": True, "false": False, "0": False})


@dataclass(frozen=True, slots=True, kw_only=True)
class UserQuery:
    """What to list. `limit` and `offset` are `None` where they were not sent."""

    search_value: str | None = None
    search_field: str = "email"
    search_operator: str = "contains"
    filter_field: str = "email"
    filter_operator: str = "eq"
    filter_values: Sequence[str] | None = None
    sort_by: str = "createdAt"
    descending: bool = False
    limit: int | None = None
    offset: int | None = None


async def listed(context: AuthContext, query: UserQuery) -> dict[str, Any]:
    """Return `{users, total}` with what was asked of `limit` and `offset`. `total` counts all that fit.

    A property that users do not have leaves nobody to list.
    """
    require_admin(context, "LIST_USERS")
    options = context.options
    known = {*users.PROPERTIES, *(["twoFactorEnabled"] if options.two_factor is not None else [])}
    if not {query.filter_field, query.sort_by} <= known:
        return {"users": [], "total": 0}
    statement = _Statement(context.auth.database.dialect, options)
    page, total = statement.write(query)

    async def work(session: Session) -> tuple[Sequence[Any], int]:
        found, ((count,),) = await session.fetch_many([page, total], heavy=True)
        return found, int(count)

    found, count = await context.read(work)
    shown = [users.public(rows.decoded(statement.dialect, USER, row), options) for row in found]
    echoed = {"limit": query.limit, "offset": query.offset}
    return {"users": shown, "total": count, **{name: value for name, value in echoed.items() if value}}


@dataclass(slots=True)
class _Statement:
    """Writes one statement. Names of columns are those of the table, and every value is bound."""

    dialect: Dialect
    options: AuthOptions
    _values: list[Any] = field(default_factory=list)

    def write(self, query: UserQuery) -> tuple[tuple[str, list[Any]], tuple[str, list[Any]]]:
        """Return the statement of the page and that of the total."""
        conditions = []
        if query.search_value:
            conditions.append(self._match(query.search_field, query.search_operator, query.search_value))
        if query.filter_values is not None:
            conditions.append(self._filter(query.filter_field, query.filter_operator, query.filter_values))
        table = self.dialect.quote(USER.name)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        total = f"SELECT count(*) FROM {table}{where}", list(self._values)
        cut = f"LIMIT {self._bind(query.limit or DEFAULT_LIMIT)} OFFSET {self._bind(query.offset or 0)}"
        columns = rows.columns_sql(self.dialect, USER)
        order = self._order(query.sort_by, query.descending)
        return (f"SELECT {columns} FROM {table}{where} ORDER BY {order} {cut}", self._values), total

    def _order(self, name: str, descending: bool) -> str:
        direction = "DESC NULLS LAST" if descending else "ASC NULLS FIRST"
        return ", ".join(f"{self._comparable(each)} {direction}" for each in dict.fromkeys((name, "id")))

    # Conditions -------------------------------------------------------------------------------------------------------

    def _filter(self, name: str, operator: str, values: Sequence[str]) -> str:
        if operator in _MATCHES:
            return self._match(name, operator, _single(values))
        column = self._comparable(name)
        if operator in _COMPARISONS:
            predicate = PREDICATES[_COMPARISONS[operator]].sql[self.dialect.name]
            return predicate.replace("{x}", column).replace("{0}", self._bind(self._value(name, _single(values))))
        items = ", ".join(self._bind(self._value(name, each)) for each in values)
        return f"{column} IN ({items})" if operator == "in" else f"({column} NOT IN ({items}) OR {column} IS NULL)"

    def _match(self, name: str, operator: str, text: str) -> str:
        if USER.columns[name].kind != "text":
            message = f"Invalid input: {operator} needs a text, which {name} is not"
            raise _unfit("filterOperator", message, "invalid_value")
        if not text:
            return f"{self._column(name)} IS NOT NULL"  # every text holds the empty one
        predicate = PREDICATES[operator].sql[self.dialect.name]
        return predicate.replace("{x}", fold_sql(self._column(name), self.dialect)).replace(
            "{0}", self._bind(fold(text))
        )

    # Columns and values -----------------------------------------------------------------------------------------------

    def _column(self, name: str) -> str:
        """Return what a column holds as users are shown: with the values that stand for null."""
        column, kind = self.dialect.quote(name), USER.columns[name].kind
        if name == "role":
            return f"coalesce(nullif({column}, ''), {self.dialect.literal(self.options.default_role)})"
        if kind == "boolean":
            return f"coalesce({column}, {'false' if self.dialect is POSTGRESQL else '0'})"
        return column

    def _comparable(self, name: str) -> str:
        """Return what is compared and sorted: texts but the id whatever their case, and alike on both databases."""
        column = self._column(name)
        if USER.columns[name].kind != "text":
            return column
        text = column if name == "id" else fold_sql(column, self.dialect)
        return f'({text}) COLLATE "C"' if self.dialect is POSTGRESQL else text

    def _value(self, name: str, text: str) -> Any:
        if name == "id":
            return text
        return rows.encoded(self.dialect, USER, name, _READERS[USER.columns[name].kind](text))

    def _bind(self, value: Any) -> str:
        self._values.append(value)
        return self.dialect.placeholder(len(self._values))


def _single(values: Sequence[str]) -> str:
    if len(values) != 1:
        raise _unfit("filterValue", "Invalid input: expected one value", "wrong_type")
    return values[0]


def _boolean(text: str) -> bool:
    found = _BOOLEANS.get(text.lower())
    if found is None:
        raise _unfit("filterValue", "Invalid input: expected boolean, received string", "wrong_type")
    return found


def _instant(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text.upper())
        # A date is its first instant in UTC, as JavaScript reads it.
        return instant_text(moment if moment.tzinfo is not None else datetime.fromisoformat(f"{moment.isoformat()}Z"))
    except (ValueError, OverflowError):
        raise _unfit("filterValue", "Invalid input: expected date, received string", "wrong_type") from None


def _unfit(name: str, message: str, code: str) -> ValidationFailed:
    return ValidationFailed(f"[query.{name}] {message}", [FieldError(f"query.{name}", message, code)])


_READERS: Final[Mapping[str, Callable[[str], Any]]] = MappingProxyType(
    {"text": fold, "boolean": _boolean, "instant": _instant}
)
