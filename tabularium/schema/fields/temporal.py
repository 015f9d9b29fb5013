"""What the types of time share: two forms, the day and the instant, each a row of functions.

A day is text as `2025-01-31` and has no zone. An instant is text as `2025-01-31T08:30:00.125Z`, always UTC. Both are of
fixed width in the years 0001 to 9999, so that their text orders as they do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, ClassVar, Final

import sqlalchemy

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.fields.base import FieldType, FormulaKind, Interval, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.characters import read_text
from tabularium.schema.fields.option_types import DateFormat, TimeFormat
from tabularium.schema.fields.shown_time import shown_day, shown_instant
from tabularium.schema.fields.storage import ColumnKind, stored_column

_NO_DAY: Final = Problem(
    "invalid_date", "Must be a real day of the years 0001 to 9999, written YYYY-MM-DD, such as 2025-01-31."
)
_NO_INSTANT: Final = Problem(
    "invalid_date",
    "Must be a date and time of the years 0001 to 9999 (in UTC) with Z or an offset, such as 2025-01-31T08:30:00Z.",
)
_TOO_FINE: Final = Problem("too_precise", "Must not be finer than a millisecond.")

_FIRST_INSTANT: Final = "0001-01-01T00:00:00.000Z"
# It orders after every instant, as text and as an instant of PostgreSQL.
_LAST_INSTANT: Final = "9999-12-31T24:00:00.000Z"
# Likewise after every day.
_AFTER_DAYS: Final = "infinity"

_SECOND: Final = timedelta(seconds=1)
_ONE_DAY: Final = timedelta(days=1)

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
# RFC 3339, which admits small letters too, but no 24:00, which the library of later versions of Python reads.
_INSTANT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]((?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))",
    re.ASCII,
)
# As answers have it, and most clients send it.
_ANSWERED_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII
)
_WRITTEN_INSTANT: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3}0*)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$"
)


def read_day(text: str) -> str:
    """Return the text of a day as it is, or raise `InvalidValue`."""
    if not _DAY.fullmatch(text):
        raise InvalidValue(_NO_DAY)
    try:
        date.fromisoformat(text)
    except ValueError:
        raise InvalidValue(_NO_DAY) from None
    return text


def read_instant(text: str) -> str:
    """Return the instant that an RFC 3339 text names, in UTC with three fractional digits, or raise `InvalidValue`."""
    if _ANSWERED_INSTANT.fullmatch(text) and _exists(text[:-1]):
        return text
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise InvalidValue(_NO_INSTANT)
    day, time, fraction, sign, hours, minutes = found.groups(default="")
    if fraction[3:].strip("0"):
        raise InvalidValue(_TOO_FINE)
    try:
        local = datetime.fromisoformat(f"{day}T{time}.{fraction[:3]:0<3}")
        utc = local - _offset(sign, hours, minutes)
    except (ValueError, OverflowError):
        raise InvalidValue(_NO_INSTANT) from None
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def _exists(local: str) -> bool:
    try:
        datetime.fromisoformat(local)
    except ValueError:
        return False
    return True


def _offset(sign: str, hours: str, minutes: str) -> timedelta:
    if not sign:
        return timedelta()
    if int(hours) > 23 or int(minutes) > 59:
        raise ValueError("No offset is that large.")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return -offset if sign == "-" else offset


def start_of_day(day: date, zone: tzinfo) -> str:
    """Return the first instant of a day in a zone. Where that lies outside of the calendar, it is cut to it."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    try:
        # Clocks that are put forward over a midnight go on from before it (fold 0), or come back from behind it.
        utc, earlier = (midnight.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        return _FIRST_INSTANT if day.year == 1 else _LAST_INSTANT
    while utc - earlier > _SECOND:  # The clocks change somewhere between the two, at a whole second.
        middle = earlier + (utc - earlier) // (2 * _SECOND) * _SECOND
        utc, earlier = (middle, earlier) if middle.astimezone(zone).date() >= day else (utc, middle)
    return f"{utc.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _instants_of(first: date, last: date, zone: tzinfo) -> Interval:
    following = _LAST_INSTANT if last == date.max else start_of_day(last + _ONE_DAY, zone)
    return Interval(start_of_day(first, zone), following)


def _days_of(first: date, last: date, _zone: tzinfo) -> Interval:
    return Interval(first.isoformat(), _AFTER_DAYS if last == date.max else (last + _ONE_DAY).isoformat())


def whole_day(text: str, zone: tzinfo = UTC) -> Interval:
    """Return the instants of a day in a zone."""
    day = date.fromisoformat(text)
    return _instants_of(day, day, zone)


@dataclass(frozen=True, slots=True)
class TemporalForm:
    """One of the two forms: how it is stored, read from PostgreSQL, parsed and described."""

    kind: ColumnKind
    read_sql: str
    read: Callable[[str], str]
    read_filter: Callable[[str], str | Interval]
    of_days: Callable[[date, date, tzinfo], Interval]
    """From a first and a last day, in a zone, to the values of these days."""
    symbols: Mapping[str, Callable[[str], str]]
    """Defaults that stand for a value: from the symbol to a function of the instant of the request."""
    schema: Mapping[SchemaMode, Mapping[str, Any]]


def _read_instant_filter(text: str) -> str | Interval:
    return whole_day(read_day(text)) if _DAY.fullmatch(text) else read_instant(text)


def _same(now: str) -> str:
    return now


_DAY_SCHEMA: Final = {"type": "string", "format": "date"}
_INSTANT_SCHEMA: Final = {"type": "string", "format": "date-time"}
_SENT_INSTANT_SCHEMA: Final = {**_INSTANT_SCHEMA, "pattern": _WRITTEN_INSTANT}
_FILTER_INSTANT_SCHEMA: Final = {"anyOf": [_SENT_INSTANT_SCHEMA, _DAY_SCHEMA]}

DAY: Final = TemporalForm(
    kind="date",
    read_sql="to_char({column}, 'YYYY-MM-DD')",
    read=read_day,
    read_filter=read_day,
    of_days=_days_of,
    symbols={"CURRENT_DATE": lambda now: now[:10]},
    schema={"record": _DAY_SCHEMA, "create": _DAY_SCHEMA, "update": _DAY_SCHEMA, "filter": _DAY_SCHEMA},
)

INSTANT: Final = TemporalForm(
    kind="instant",
    read_sql="""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')""",
    read=read_instant,
    read_filter=_read_instant_filter,
    of_days=_instants_of,
    symbols={"NOW": _same, "NOW()": _same},
    schema={
        "record": _INSTANT_SCHEMA,
        "create": _SENT_INSTANT_SCHEMA,
        "update": _SENT_INSTANT_SCHEMA,
        "filter": _FILTER_INSTANT_SCHEMA,
    },
)


@dataclass(frozen=True, slots=True)
class Shown:
    """How a day or an instant is displayed."""

    date_format: DateFormat = "US"
    time_format: TimeFormat = "24-hour"
    zone: str | None = None


_FORMULA_TYPES: Final[Mapping[ColumnKind, FormulaKind]] = {"date": "date", "instant": "datetime"}


class TemporalType(FieldType):
    """A value in one of the two forms. A subclass sets `form`, for all or for each of its instances."""

    form: TemporalForm
    groups = frozenset({"E", "D"})
    is_sortable = True
    aggregates = frozenset({"min", "max"})

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, self.form.kind, dialect),)

    def read_expression(self, column: str, dialect: Dialect) -> str:
        return column if dialect is SQLITE else self.form.read_sql.format(column=column)

    @property
    def formula_type(self) -> FormulaKind | None:
        return _FORMULA_TYPES.get(self.form.kind, "text")

    def parse(self, value: Any, mode: Mode) -> str | Interval:
        text = read_text(value)
        return self.form.read_filter(text) if mode == "filter" else self.form.read(text)

    def parse_column(self, values: list[Any]) -> list[Any]:
        if set(map(type, values)) != {str}:
            raise InvalidValue
        return list(map(self.form.read, values))

    def display(self, value: Any, zone: tzinfo | None) -> str:
        shown = self.shown_as
        if self.form is DAY:
            return shown_day(value, shown.date_format)
        return shown_instant(value, zone, shown.zone, shown.date_format, shown.time_format)

    @property
    def shown_as(self) -> Shown:
        """How the options say that values are displayed."""
        return Shown()

    def parse_filter(self, value: Any, zone: tzinfo) -> Any:
        if self.form is INSTANT and isinstance(value, str) and _DAY.fullmatch(value):
            return whole_day(read_day(value), zone)
        return self.parse(value, "filter")

    def default_value(self, default: Any, now: str, user: str | None = None) -> Any:
        symbol = self.form.symbols.get(default) if isinstance(default, str) else None
        return symbol(now) if symbol else self.parse(default, "default")

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        return dict(self.form.schema[mode])


class SystemTimeType(TemporalType):
    """A name for one of the instants that the server keeps of every record."""

    form = INSTANT
    is_read_only = True
    system_column: ClassVar[str]

    def column(self, name: str) -> str:
        return self.system_column

    def column_names(self, name: str) -> tuple[str, ...]:
        return ()

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return ()

    def parse(self, value: Any, mode: Mode) -> str | Interval:
        if mode != "filter":
            raise InvalidValue(Problem("read_only", "The server sets this field; leave it out."))
        return super().parse(value, mode)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        schema = super().schema("filter" if mode == "filter" else "record")
        return schema if mode == "filter" else {**schema, "readOnly": True}
