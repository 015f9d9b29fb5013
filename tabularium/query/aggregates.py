"""The second stage for `aggregate`, and what makes numbers of what the database collects.

Arithmetic is exact: SQLite sums whole numbers in two halves that cannot overflow, PostgreSQL has `numeric`, and
averages are divided here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast, get_args

from tabularium.db.arithmetic import divide
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.errors import BadRequest, FieldError, shown
from tabularium.query.names import NamedFields
from tabularium.schema.fields.base import Aggregate
from tabularium.schema.model import Field

PATH: Final = "aggregate"
MAX_AGGREGATES: Final = 100

_COUNT: Final = "count"
_FUNCTIONS: Final[tuple[Aggregate, ...]] = get_args(Aggregate)
_WORDS: Final = (_COUNT, *_FUNCTIONS)
_ALLOWED: Final = f"Allowed are: {', '.join(_WORDS)}."
_HALF: Final = 10**9


@dataclass(frozen=True, slots=True)
class Aggregation:
    """One function over one field."""

    function: Aggregate
    field: Field


@dataclass(frozen=True, slots=True)
class Aggregates:
    """What is asked for, and whether it is told flat: `{"sum": 5}` instead of `{"sum": {"amount": 5}}`."""

    count: bool = False
    items: tuple[Aggregation, ...] = ()
    is_flat: bool = False

    def present(self, count: int, columns: Sequence[Any], dialect: Dialect) -> dict[str, Any]:
        """Make the answer of a row: the number of rows, and the columns of `column_sql` of every item."""
        answer: dict[str, Any] = {_COUNT: count} if self.count else {}
        rest = iter(columns)
        for function in _FUNCTIONS:
            for item in self.items:
                if item.function == function:
                    value = _value(item, [next(rest) for _ in range(_widths(item, dialect))], dialect)
                    _put(answer, item, value, is_flat=self.is_flat)
        return answer

    def columns(self, dialect: Dialect, input_of: Callable[[Field], str]) -> Iterator[str]:
        """Go through the SQL of all columns. `input_of` gives that of a field's value."""
        for function in _FUNCTIONS:
            for item in self.items:
                if item.function == function:
                    yield from _column_sql(item, input_of(item.field), dialect)


def plan_aggregates(text: str | None, fields: NamedFields, errors: list[FieldError]) -> Aggregates | None:
    """Read `aggregate`, appending every failure to `errors`. Raises `BadRequest` for broken JSON."""
    if text is None:
        return None
    if text.lstrip().startswith("{"):
        asked, is_json = list(_read_json(text, errors)), True
    else:
        asked, is_json = list(_read_terms(text, errors)), False
    items: list[Aggregation] = []
    counts = False
    for word, name in asked:
        found = None if name is None else fields.find(name)
        if name is not None and found is None:
            errors.append(fields.unknown(PATH, name))
        elif word == _COUNT:
            counts = True
        elif found is not None:
            _add(items, cast("Aggregate", word), found, errors)
    if len(items) > MAX_AGGREGATES:
        errors.append(FieldError(PATH, f"At most {MAX_AGGREGATES} aggregates may be asked for.", "out_of_range"))
    is_flat = not is_json and len({item.field.name for item in items}) == 1
    return Aggregates(counts, tuple(items), is_flat)


def _add(items: list[Aggregation], function: Aggregate, field: Field, errors: list[FieldError]) -> None:
    if function not in field.type.aggregates:
        allowed = ", ".join([_COUNT, *sorted(field.type.aggregates)])
        message = f'The field "{field.name}" ({field.type.names[0]}) has no {function}. Allowed are: {allowed}.'
        errors.append(FieldError(PATH, message, "not_aggregatable"))
    elif any(item.function == function and item.field.name == field.name for item in items):
        errors.append(FieldError(PATH, f'"{function}" of "{field.name}" is asked for twice.', "duplicate"))
    else:
        items.append(Aggregation(function, field))


def _read_terms(text: str, errors: list[FieldError]) -> Iterator[tuple[str, str | None]]:
    """Read the comma form, in which either part may be the function; if both may, it is the first."""
    for term in text.split(","):
        first, colon, second = term.partition(":")
        if not colon and first == _COUNT:
            yield _COUNT, None
        elif colon and first in _WORDS:
            yield first, second
        elif colon and second in _WORDS:
            yield second, first
        else:
            message = f'"{shown(term)}" is no aggregate: write function:field. {_ALLOWED}'
            errors.append(FieldError(PATH, message, "invalid_value"))


def _read_json(text: str, errors: list[FieldError]) -> Iterator[tuple[str, str | None]]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise BadRequest("The aggregate is not valid JSON.") from None
    for word, names in content.items():
        path = f"{PATH}.{shown(word)}"
        if word not in _WORDS:
            errors.append(FieldError(path, f'"{shown(word)}" is no aggregate. {_ALLOWED}', "unknown_property"))
        elif word == _COUNT and isinstance(names, bool):
            if names:
                yield _COUNT, None
        elif not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            errors.append(FieldError(path, "A list of the names of fields is needed here.", "wrong_type"))
        else:
            yield from ((word, name) for name in names)


# To SQL and back -----------------------------------------------------------------------------------------------------


def _column_sql(item: Aggregation, value: str, dialect: Dialect) -> tuple[str, ...]:
    if item.function == "min" or item.function == "max":
        extreme = item.field.type.extreme_expression(value, item.function, dialect)
        return (item.field.type.read_expression(extreme, dialect),)
    if dialect is not SQLITE:
        return (f"sum({value})::text", f"count({value})")
    if item.field.type.is_number_text:
        return (f"tabularium_sum({value})", f"count({value})")
    return (f"sum({value} / {_HALF})", f"sum({value} % {_HALF})", f"count({value})")


def _widths(item: Aggregation, dialect: Dialect) -> int:
    if item.function in ("min", "max"):
        return 1
    return 3 if dialect is SQLITE and not item.field.type.is_number_text else 2


def _value(item: Aggregation, columns: Sequence[Any], dialect: Dialect) -> Any:
    kind = item.field.type
    *parts, count = columns
    if not parts:
        decode = kind.decoder(dialect)
        return decode(count) if decode and count is not None else count
    if not count:
        return None
    total = Decimal(parts[0])
    if len(parts) == 2:
        total = Decimal(int(parts[0]) * _HALF + int(parts[1])).scaleb(-kind.places)
    if item.function == "sum":
        return kind.present_number(total, is_average=False)
    average = divide(format(total, "f"), str(count))
    return kind.present_number(Decimal(average or 0), is_average=True)


def _put(answer: dict[str, Any], item: Aggregation, value: Any, *, is_flat: bool) -> None:
    if is_flat:
        answer[item.function] = value
    else:
        answer.setdefault(item.function, {})[item.field.name] = value
