"""Random formulas, each with a plain Python function that works it out: written from docs/formulas.md, not the product.

A value is `None`, `str`, `Decimal`, `bool`, a `date` or a `datetime` in UTC.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

Row = Mapping[str, Any]
Evaluate = Callable[[Row], Any]
EXACT = Context(prec=200)


@dataclass(frozen=True)
class Expression:
    """A formula of one type."""

    text: str
    evaluate: Evaluate

    def __repr__(self) -> str:
        return self.text


Strategy = st.SearchStrategy[Expression]
FIELDS: Mapping[str, tuple[str, ...]] = {
    "text": ("title", "notes", "state"),
    "number": ("whole", "exact", "big"),
    "boolean": ("flag",),
    "date": ("day",),
    "datetime": ("at",),
}


def field(name: str) -> Expression:
    return Expression(f"{{{name}}}", lambda row: row[name])


def constant(text: str, value: Any) -> Expression:
    return Expression(text, lambda _: value)


def apply(form: str, work: Callable[..., Any], *operands: Expression) -> Expression:
    """Return an expression that is empty where an operand is empty, or where it cannot be worked out."""

    def evaluate(row: Row) -> Any:
        values = [each.evaluate(row) for each in operands]
        if any(value is None for value in values):
            return None
        try:
            return work(*values)
        except (ArithmeticError, ValueError):
            return None

    return Expression(form.format(*(each.text for each in operands)), evaluate)


def rounded(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, EXACT)


def round_to(number: Decimal, places: Decimal) -> Decimal:
    scaled = EXACT.scaleb(number, int(places))
    return EXACT.scaleb(scaled.to_integral_value(ROUND_HALF_UP, EXACT), -int(places))


def number_text(number: Decimal) -> str:
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def to_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}Z".rjust(24, "0")
    return value.isoformat() if isinstance(value, date) else str(value)


def joined(parts: list[Expression]) -> Expression:
    return Expression(
        f"CONCAT({', '.join(part.text for part in parts)})",
        lambda row: "".join(to_text(part.evaluate(row)) for part in parts),
    )


def chosen(condition: Expression, yes: Expression, no: Expression) -> Expression:
    return Expression(
        f"IF({condition.text}, {yes.text}, {no.text})",
        lambda row: yes.evaluate(row) if condition.evaluate(row) else no.evaluate(row),
    )


def first(one: Expression, other: Expression) -> Expression:
    def evaluate(row: Row) -> Any:
        value = one.evaluate(row)
        return other.evaluate(row) if value is None else value

    return Expression(f"COALESCE({one.text}, {other.text})", evaluate)


def logic(word: str, one: Expression, other: Expression) -> Expression:
    def evaluate(row: Row) -> bool:
        values = (bool(one.evaluate(row)), bool(other.evaluate(row)))
        return all(values) if word == "AND" else any(values)

    return Expression(f"({one.text} {word} {other.text})", evaluate)


def negated(condition: Expression) -> Expression:
    return Expression(f"(NOT {condition.text})", lambda row: not condition.evaluate(row))


def is_blank(value: Expression) -> Expression:
    return Expression(f"IS_BLANK({value.text})", lambda row: value.evaluate(row) in (None, ""))


def switched(value: Expression, case: Expression, yes: Expression, no: Expression) -> Expression:
    def evaluate(row: Row) -> Any:
        found, wanted = value.evaluate(row), case.evaluate(row)
        return yes.evaluate(row) if found is not None and found == wanted else no.evaluate(row)

    return Expression(f"SWITCH({value.text}, {case.text}, {yes.text}, {no.text})", evaluate)


def divided(one: Decimal, other: Decimal) -> Decimal:
    return rounded(EXACT.divide(one, other), 10)


def remainder(one: Decimal, other: Decimal) -> Decimal:
    return EXACT.remainder(one, other)


def shifted(value: date, count: Decimal, unit: str) -> date:
    number = int(count)
    if unit in ("day", "week"):
        return value + timedelta(days=number * (7 if unit == "week" else 1))
    if unit == "hour":
        return value + timedelta(hours=number)
    months = value.year * 12 + value.month - 1 + number * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1] if 1 <= year <= 9999 else 0
    return value.replace(year=year, month=month + 1, day=min(value.day, last))


def whole_units(end: date, start: date, unit: str) -> Decimal:
    last, begun = (
        value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
        for value in (end, start)
    )
    if unit in ("day", "hour"):
        length = timedelta(days=1) if unit == "day" else timedelta(hours=1)
        gone = abs(last - begun) // length
        return Decimal(gone if last >= begun else -gone)
    months = (last.year - begun.year) * 12 + last.month - begun.month
    reached = shifted(begun, Decimal(months), "month")
    if months > 0 and reached > last:
        months -= 1
    if months < 0 and reached < last:
        months += 1
    whole = abs(months) // (12 if unit == "year" else 1)
    return Decimal(whole if months >= 0 else -whole)


TEXTS = ("", "a", "A b", "é", "É\U0001f600", "it's", 'say "x"', "%_", "0", "-7.50", "e\u0301")


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "<>": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}

CONSTANTS: Mapping[str, Strategy] = {
    "text": st.sampled_from(TEXTS).map(lambda text: constant(quoted(text), text)),
    "number": st.sampled_from(["0", "1", "2", "3", "10", "0.5", "7.25", "1000000", "0.0001"]).map(
        lambda text: constant(text, Decimal(text))
    ),
    "boolean": st.sampled_from([("TRUE", True), ("FALSE", False)]).map(lambda pair: constant(*pair)),
    "date": st.sampled_from([(2024, 2, 29), (2000, 1, 31), (1, 1, 1), (9999, 12, 31)]).map(
        lambda parts: constant(f"DATE({', '.join(map(str, parts))})", date(*parts))
    ),
}


def leaf(kind: str) -> Strategy:
    fields = st.sampled_from(FIELDS[kind]).map(field)
    return fields | CONSTANTS[kind] if kind in CONSTANTS else fields


def small() -> Strategy:
    return st.integers(0, 5).map(lambda number: constant(str(number), Decimal(number)))


@lru_cache
def expressions(kind: str, depth: int) -> Strategy:
    """Return formulas of a type, at most so many operations deep."""
    if depth == 0:
        return leaf(kind)

    def of(other: str) -> Strategy:
        return expressions(other, depth - 1)

    same = of(kind)
    choices = [
        leaf(kind),
        st.builds(chosen, of("boolean"), same, same),
        st.builds(first, same, same),
        st.builds(switched, of("text"), of("text"), same, same),
    ]
    return st.one_of(*choices, *MAKERS[kind](of))


def _texts(of: Callable[[str], Strategy]) -> list[Strategy]:
    text, number = of("text"), of("number")
    filled = st.sampled_from([each for each in TEXTS if each]).map(lambda each: constant(quoted(each), each))
    return [
        st.lists(st.one_of(text, number, of("boolean"), of("date"), of("datetime")), min_size=1, max_size=3).map(joined),
        st.builds(lambda x: apply("UPPER({0})", str.upper, x), text),
        st.builds(lambda x: apply("lower({0})", str.lower, x), text),
        st.builds(lambda x: apply("TRIM({0})", lambda value: value.strip(), x), text),
        st.builds(lambda x, n: apply("LEFT({0}, {1})", lambda v, k: v[: int(k)], x, n), text, small()),
        st.builds(lambda x, n: apply("RIGHT({0}, {1})", lambda v, k: v[len(v) - min(int(k), len(v)) :], x, n), text, small()),
        st.builds(
            lambda x, n, m: apply("MID({0}, {1} + 1, {2})", lambda v, k, j: v[int(k) : int(k) + int(j)], x, n, m),
            text, small(), small(),
        ),
        st.builds(lambda x, y, z: apply("REPLACE({0}, {1}, {2})", str.replace, x, y, z), text, filled, text),
        st.builds(lambda x, n: apply("REPEAT({0}, {1})", lambda v, k: v * int(k), x, n), text, small()),
        st.builds(lambda x: apply("TEXT({0})", to_text, x), number),
        st.builds(lambda x: apply("DATE_FORMAT({0}, 'DD.MM.YYYY')", lambda v: f"{v.day:02}.{v.month:02}.{v.year:04}", x), of("date")),
    ]  # fmt: skip


def _numbers(of: Callable[[str], Strategy]) -> list[Strategy]:
    number, text, day, moment = of("number"), of("text"), of("date"), of("datetime")
    units = st.sampled_from(["day", "month", "year"])
    return [
        st.builds(lambda x, y: apply("({0} + {1})", EXACT.add, x, y), number, number),
        st.builds(lambda x, y: apply("({0} - {1})", EXACT.subtract, x, y), number, number),
        st.builds(lambda x, y: apply("({0} * {1})", EXACT.multiply, x, y), number, number),
        st.builds(lambda x, y: apply("({0} / {1})", divided, x, y), number, number),
        st.builds(lambda x, y: apply("({0} % {1})", remainder, x, y), number, number),
        st.builds(lambda x: apply("ABS({0})", abs, x), number),
        st.builds(lambda x, n: apply("ROUND({0}, {1})", round_to, x, n), number, small()),
        st.builds(lambda x: apply("FLOOR({0})", lambda v: v.to_integral_value(ROUND_FLOOR, EXACT), x), number),
        st.builds(lambda x: apply("CEIL({0})", lambda v: v.to_integral_value(ROUND_CEILING, EXACT), x), number),
        st.builds(lambda x: apply("TRUNC({0})", lambda v: v.to_integral_value(ROUND_DOWN, EXACT), x), number),
        st.builds(lambda x: apply("SIGN({0})", lambda v: Decimal((v > 0) - (v < 0)), x), number),
        st.builds(lambda x, y: apply("MIN({0}, {1})", min, x, y), number, number),
        st.builds(lambda x, y: apply("MAX({0}, {1})", max, x, y), number, number),
        st.builds(lambda x: apply("LEN({0})", lambda v: Decimal(len(v)), x), text),
        st.builds(lambda x, y: apply("FIND({0}, {1})", lambda v, w: Decimal(w.find(v) + 1), x, y), text, text),
        st.builds(lambda x: apply("NUMBER({0})", lambda v: Decimal(v), x), of("boolean").map(as_digit)),
        st.builds(lambda x: apply("YEAR({0})", lambda v: Decimal(v.year), x), day | moment),
        st.builds(lambda x: apply("MONTH({0})", lambda v: Decimal(v.month), x), day | moment),
        st.builds(lambda x: apply("DAY({0})", lambda v: Decimal(v.day), x), day | moment),
        st.builds(lambda x: apply("HOUR({0})", lambda v: Decimal(v.hour), x), moment),
        st.builds(lambda x: apply("WEEKDAY({0})", lambda v: Decimal(v.isoweekday()), x), day | moment),
        st.builds(lambda x: apply("WEEKNUM({0})", lambda v: Decimal(v.isocalendar().week), x), day | moment),
        st.builds(lambda x, y, u: apply(f"DATE_DIFF({{0}}, {{1}}, '{u}')", lambda v, w: whole_units(v, w, u), x, y),
                  day | moment, day | moment, units),
    ]  # fmt: skip


def as_digit(flag: Expression) -> Expression:
    """Return a condition whose value Python reads as 1 or 0."""
    return Expression(flag.text, lambda row: None if flag.evaluate(row) is None else int(flag.evaluate(row)))


def _booleans(of: Callable[[str], Strategy]) -> list[Strategy]:
    compared = [
        st.builds(
            lambda sign, x, y: apply(f"({{0}} {sign} {{1}})", COMPARISONS[sign], x, y),
            st.sampled_from(sorted(COMPARISONS)), of(kind), of(kind),
        )
        for kind in ("text", "number", "date", "datetime")
    ]  # fmt: skip
    text, boolean = of("text"), of("boolean")
    return [
        *compared,
        st.builds(logic, st.sampled_from(["AND", "OR"]), boolean, boolean),
        st.builds(negated, boolean),
        st.builds(is_blank, text | of("number") | of("date")),
        st.builds(lambda x, y: apply("CONTAINS({0}, {1})", lambda v, w: w in v, x, y), text, text),
        st.builds(lambda x, y: apply("STARTS_WITH({0}, {1})", str.startswith, x, y), text, text),
        st.builds(lambda x, y: apply("ENDS_WITH({0}, {1})", str.endswith, x, y), text, text),
    ]


def _dates(of: Callable[[str], Strategy]) -> list[Strategy]:
    units = st.sampled_from(["day", "week", "month", "year"])
    return [
        st.builds(lambda x, n, u: apply(f"DATE_ADD({{0}}, {{1}} - 3, '{u}')", lambda v, k: shifted(v, k - 3, u), x, n),
                  of("date"), small(), units),
        st.builds(lambda y, m, d: apply("DATE({0}, {1}, {2})", lambda a, b, c: date(int(a), int(b), int(c)), y, m, d),
                  st.sampled_from(["2023", "2024"]).map(lambda year: constant(year, Decimal(year))),
                  st.integers(1, 13).map(lambda month: constant(str(month), Decimal(month))),
                  st.integers(28, 31).map(lambda day: constant(str(day), Decimal(day)))),
    ]  # fmt: skip


def _instants(of: Callable[[str], Strategy]) -> list[Strategy]:
    units = st.sampled_from(["hour", "day", "month", "year"])
    return [
        st.builds(lambda x, n, u: apply(f"DATE_ADD({{0}}, {{1}}, '{u}')", lambda v, k: shifted(v, k, u), x, n),
                  of("datetime"), small(), units),
    ]  # fmt: skip


MAKERS: Mapping[str, Callable[[Callable[[str], Strategy]], list[Strategy]]] = {
    "text": _texts,
    "number": _numbers,
    "boolean": _booleans,
    "date": _dates,
    "datetime": _instants,
}
