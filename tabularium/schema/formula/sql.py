"""How a function is written on each database: templates, in which every argument stands once.

`{0}` is an argument, `{all:, }` all of them with that between, `{rest:, }` all but the first, `{now}` the instant of
the request. Since no template repeats an argument, the SQL of a formula grows with its text alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tabularium.db.dialect import POSTGRESQL, SQLITE, Dialect
from tabularium.schema.fields.base import FormulaKind

Render = Callable[[Sequence[str]], str]

_PLACE: Final = re.compile(r"\{(?:(\d)|(now)|(all|rest):([^}]*))\}")


@dataclass(frozen=True, slots=True)
class Sql:
    """One function on both databases."""

    sqlite: str | Render
    postgresql: str | Render

    def write(self, arguments: Sequence[str], dialect: Dialect, now: str = "") -> str:
        """Return the SQL over arguments that are SQL themselves."""
        render = self.sqlite if dialect is SQLITE else self.postgresql
        return _fill(render, arguments, now) if isinstance(render, str) else render(arguments)


SqlByKind = Mapping[FormulaKind, Sql]
"""The SQL of a function by the kind of its first argument."""


def _fill(template: str, arguments: Sequence[str], now: str) -> str:
    def place(found: re.Match[str]) -> str:
        if found[1]:
            return arguments[int(found[1])]
        return now if found[2] else found[4].join(arguments if found[3] == "all" else arguments[1:])

    return _PLACE.sub(place, template)


def same(template: str | Render) -> Sql:
    """Make the SQL of a function that both databases write alike."""
    return Sql(template, template)


def nested(function: str) -> Render:
    """Write a function of two arguments over any number of them."""

    def render(arguments: Sequence[str]) -> str:
        first, *others = arguments
        for other in others:
            first = f"{function}({first}, {other})"
        return first

    return render


def defaulted(function: str, default: str) -> Render:
    """Write a function of two arguments, the second of which has a default."""
    return lambda arguments: f"{function}({arguments[0]}, {arguments[1] if len(arguments) > 1 else default})"


def branches(*, has_operand: bool) -> Render:
    """Write a CASE: the operand if there is one, pairs of what to look for and what to yield, and maybe a last else."""

    def render(arguments: Sequence[str]) -> str:
        operand, pairs = (f" {arguments[0]}", arguments[1:]) if has_operand else ("", arguments)
        whens = "".join(f" WHEN {when} THEN {then}" for when, then in zip(pairs[::2], pairs[1::2], strict=False))
        otherwise = f" ELSE {pairs[-1]}" if len(pairs) % 2 else ""
        return f"CASE{operand}{whens}{otherwise} END"

    return render


def literal(value: object, kind: FormulaKind, dialect: Dialect) -> str:
    """Write a constant of a formula in the form that values of its kind have in SQL."""
    if dialect is SQLITE:
        if value is None:
            return "NULL"
        return str(int(value)) if isinstance(value, bool) else dialect.literal(str(value))
    if value is None:
        return f"NULL::{_TYPES[kind]}"
    if isinstance(value, bool):
        return str(value).upper()
    text = f"({value})" if kind == "number" else dialect.literal(str(value))
    return f"{text}::{_TYPES[kind]}"


_TYPES: Final[Mapping[FormulaKind, str]] = {
    "text": "text",
    "number": "numeric",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamptz",
}

_BOOLEAN_TEXTS: Final = "CASE {0} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"
_INSTANT_PATTERN: Final = POSTGRESQL.literal('YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')

CONVERSIONS: Final[Mapping[tuple[FormulaKind, FormulaKind], Sql]] = {
    **{(kind, kind): same("{0}") for kind in _TYPES},
    ("number", "text"): Sql("{0}", "trim_scale({0})::text"),
    ("boolean", "text"): Sql(_BOOLEAN_TEXTS, "({0})::text"),
    ("date", "text"): Sql("{0}", "to_char(({0})::timestamp, 'YYYY-MM-DD')"),
    ("datetime", "text"): Sql("{0}", f"to_char({{0}} AT TIME ZONE 'UTC', {_INSTANT_PATTERN})"),
    ("text", "number"): Sql("tabularium_to_number({0})", "_tabularium_to_number({0})"),
    ("boolean", "number"): Sql("CAST({0} AS TEXT)", "({0})::integer::numeric"),
    ("text", "boolean"): Sql(
        "CASE {0} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END",
        "CASE {0} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END",
    ),
    ("number", "boolean"): Sql("({0} <> '0')", "({0} <> 0)"),
    ("text", "date"): Sql("tabularium_to_date({0})", "_tabularium_to_date({0})"),
    ("datetime", "date"): Sql("substr({0}, 1, 10)", "({0} AT TIME ZONE 'UTC')::date"),
    ("text", "datetime"): Sql("tabularium_to_instant({0})", "_tabularium_to_instant({0})"),
    ("date", "datetime"): Sql("({0} || 'T00:00:00.000Z')", "(({0})::timestamp AT TIME ZONE 'UTC')"),
}
"""What can become what: from a kind to another."""

MOMENTS: Final[SqlByKind] = {
    "date": Sql("{0}", "({0})::timestamp"),
    "datetime": Sql("{0}", "({0} AT TIME ZONE 'UTC')"),
}
"""A date or a date-time as the functions of time take it: on PostgreSQL without a zone, which is UTC."""
