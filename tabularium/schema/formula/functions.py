"""The closed list of the language: every function and operator, what it takes, what it yields, and its SQL.

A new function is one row here, one line in docs/formulas.md, and one case in tests/schema/formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.db.texts import BLANKS
from tabularium.schema.fields.base import FormulaKind
from tabularium.schema.formula.signature import Function, Kinds, Parameter
from tabularium.schema.formula.sql import CONVERSIONS, Sql, branches, defaulted, nested, same

_KINDS: Final[tuple[FormulaKind, ...]] = ("text", "number", "boolean", "date", "datetime")
_ANY: Final[Kinds] = frozenset(_KINDS)
_TIMES: Final[Kinds] = frozenset({"date", "datetime"})


def _of(*kinds: FormulaKind) -> Parameter:
    return Parameter(frozenset(kinds))


_TEXT: Final = _of("text")
_NUMBER: Final = _of("number")
_VALUE: Final = Parameter(_ANY)
_JOINED: Final = Parameter(_ANY, "text")
_CONDITION: Final = Parameter(frozenset({"boolean"}), "condition")
# Where SQL itself takes null for false, as CASE does.
_TEST: Final = _of("boolean")
_MOMENT: Final = Parameter(_TIMES, "moment")
_CLOCK: Final = Parameter(frozenset({"datetime"}), "moment")
_UNIT: Final = Parameter(frozenset({"text"}), "unit")
_UNIT_OF_FIRST: Final = Parameter(frozenset({"text"}), "unit", needs_clock=True)
_PATTERN: Final = Parameter(frozenset({"text"}), "pattern", needs_clock=True)
_SAME: Final = Parameter(_ANY, group=1)
_ORDERED: Final = Parameter(_ANY - {"boolean"}, group=1)
_MEASURED: Final = Parameter(frozenset({"number", "date", "datetime"}), group=1)
_YIELDED: Final = Parameter(_ANY, group=2)
_SHIFTED: Final = Parameter(_TIMES, "moment", group=1)


def _each(sql: Sql, kinds: Iterable[FormulaKind]) -> dict[FormulaKind, Sql]:
    return dict.fromkeys(kinds, sql)


def _ordering(sign: str) -> dict[FormulaKind, Sql]:
    """Write a comparison that orders: text by code point, numbers of SQLite by a function."""
    plain = f"({{0}} {sign} {{1}})"
    return {
        **_each(same(plain), _TIMES),
        "text": Sql(plain, f'({{0}} {sign} {{1}} COLLATE "C")'),
        "number": Sql(f"(tabularium_compare({{0}}, {{1}}) {sign} 0)", plain),
    }


def _between(word: str) -> dict[FormulaKind, Sql]:
    plain = f"({{0}} {word} {{1}} AND {{2}})"
    negation = word.removesuffix("BETWEEN")
    return {
        **_each(same(plain), _TIMES),
        "text": Sql(plain, f'({{0}} COLLATE "C" {word} {{1}} AND {{2}})'),
        "number": Sql(f"({negation}tabularium_between({{0}}, {{1}}, {{2}}))", plain),
    }


def _extreme(word: str, of_numbers: str, internal: str) -> dict[FormulaKind, Sql]:
    """Write MIN or MAX. Of PostgreSQL it takes what stands behind its aggregates, since `least` leaves nulls out."""
    return {
        "number": Sql(f"{of_numbers}({{all:, }})", nested(f"numeric_{internal}")),
        "date": Sql(f"{word}({{all:, }})", nested(f"date_{internal}")),
        "datetime": Sql(f"{word}({{all:, }})", nested(f"timestamptz_{internal}")),
    }


def _converted(kind: FormulaKind) -> dict[FormulaKind, Sql]:
    return {source: sql for (source, target), sql in CONVERSIONS.items() if target == kind}


def _part(name: str, postgresql: str, *, needs_clock: bool = False) -> Function:
    sql = Sql(f"tabularium_date_part({{0}}, '{name.lower()}')", f"{postgresql}::numeric")
    return Function((name,), (_CLOCK if needs_clock else _MOMENT,), "number", sql)


_OPERATORS: Final = (
    Function(("+",), (_NUMBER, _NUMBER), "number", Sql("tabularium_add({0}, {1})", "({0} + {1})")),
    Function(("-",), (_NUMBER, _NUMBER), "number", Sql("tabularium_subtract({0}, {1})", "({0} - {1})")),
    Function(("*",), (_NUMBER, _NUMBER), "number", Sql("tabularium_multiply({0}, {1})", "({0} * {1})")),
    Function(("/",), (_NUMBER, _NUMBER), "number", Sql("tabularium_divide({0}, {1})", "_tabularium_divide({0}, {1})")),
    Function(("NEGATIVE",), (_NUMBER,), "number", Sql("tabularium_subtract('0', {0})", "(- {0})")),
    Function(("=",), (_SAME, _SAME), "boolean", same("({0} = {1})"), refuses_null=True),
    Function(("<>",), (_SAME, _SAME), "boolean", same("({0} <> {1})"), refuses_null=True),
    *(
        Function((sign,), (_ORDERED, _ORDERED), "boolean", _ordering(sign), refuses_null=True)
        for sign in ("<", "<=", ">", ">=")
    ),
    Function(("IN",), (_SAME, _SAME), "boolean", same("({0} IN ({rest:, }))"), repeated=1, refuses_null=True),
    Function(("NOT IN",), (_SAME, _SAME), "boolean", same("({0} NOT IN ({rest:, }))"), repeated=1, refuses_null=True),
    Function(("BETWEEN",), (_ORDERED,) * 3, "boolean", _between("BETWEEN"), refuses_null=True),
    Function(("NOT BETWEEN",), (_ORDERED,) * 3, "boolean", _between("NOT BETWEEN"), refuses_null=True),
    Function(("IS NULL",), (_VALUE,), "boolean", same("({0} IS NULL)"), is_never_null=True),
    Function(("IS NOT NULL",), (_VALUE,), "boolean", same("({0} IS NOT NULL)"), is_never_null=True),
    Function(("CASE",), (_TEST, _YIELDED), 2, same(branches(has_operand=False)), repeated=2, last=_YIELDED),
)

_OF_TEXT: Final = (
    Function(
        ("CONCAT",),
        (_JOINED,),
        "text",
        Sql("tabularium_bounded({all: || })", "_tabularium_bounded({all: || })"),
        repeated=1,
    ),
    Function(("UPPER",), (_TEXT,), "text", Sql("tabularium_upper({0})", "_tabularium_upper({0})")),
    Function(("LOWER",), (_TEXT,), "text", Sql("tabularium_lower({0})", "_tabularium_lower({0})")),
    Function(
        ("TRIM",),
        (_TEXT,),
        "text",
        Sql(f"trim({{0}}, {SQLITE.literal(BLANKS)})", f"btrim({{0}}, {POSTGRESQL.literal(BLANKS)})"),
    ),
    Function(("LEFT",), (_TEXT, _NUMBER), "text", Sql("tabularium_left({0}, {1})", "_tabularium_middle({0}, 1, {1})")),
    Function(("RIGHT",), (_TEXT, _NUMBER), "text", Sql("tabularium_right({0}, {1})", "_tabularium_right({0}, {1})")),
    Function(
        ("MID",),
        (_TEXT, _NUMBER, _NUMBER),
        "text",
        Sql("tabularium_middle({0}, {1}, {2})", "_tabularium_middle({0}, {1}, {2})"),
    ),
    Function(("LEN", "LENGTH"), (_TEXT,), "number", Sql("CAST(length({0}) AS TEXT)", "length({0})::numeric")),
    Function(
        ("REPLACE", "SUBSTITUTE"),
        (_TEXT, _TEXT, _TEXT),
        "text",
        Sql("tabularium_replace({0}, {1}, {2})", "_tabularium_replace({0}, {1}, {2})"),
    ),
    Function(("FIND",), (_TEXT, _TEXT), "number", Sql("CAST(instr({1}, {0}) AS TEXT)", "strpos({1}, {0})::numeric")),
    Function(("CONTAINS",), (_TEXT, _TEXT), "boolean", Sql("(instr({0}, {1}) > 0)", "(strpos({0}, {1}) > 0)")),
    Function(("STARTS_WITH",), (_TEXT, _TEXT), "boolean", Sql("(instr({0}, {1}) = 1)", "starts_with({0}, {1})")),
    Function(
        ("ENDS_WITH",),
        (_TEXT, _TEXT),
        "boolean",
        Sql("tabularium_ends_with({0}, {1})", "starts_with(reverse({0}), reverse({1}))"),
    ),
    Function(("REPEAT",), (_TEXT, _NUMBER), "text", Sql("tabularium_repeat({0}, {1})", "_tabularium_repeat({0}, {1})")),
    Function(("TEXT",), (_VALUE,), "text", _converted("text")),
)

_OF_NUMBERS: Final = (
    Function(("ABS",), (_NUMBER,), "number", Sql("tabularium_abs({0})", "abs({0})")),
    Function(
        ("ROUND",),
        (_NUMBER, _NUMBER),
        "number",
        Sql(defaulted("tabularium_round_to", "'0'"), defaulted("_tabularium_round", "0")),
        optional=1,
    ),
    Function(("FLOOR",), (_NUMBER,), "number", Sql("tabularium_floor({0})", "floor({0})")),
    Function(("CEIL", "CEILING"), (_NUMBER,), "number", Sql("tabularium_ceil({0})", "ceil({0})")),
    Function(("TRUNC",), (_NUMBER,), "number", Sql("tabularium_truncate({0})", "trunc({0})")),
    Function(("MOD",), (_NUMBER, _NUMBER), "number", Sql("tabularium_modulo({0}, {1})", "({0} % nullif({1}, 0))")),
    Function(
        ("POWER",), (_NUMBER, _NUMBER), "number", Sql("tabularium_power({0}, {1})", "_tabularium_power({0}, {1})")
    ),
    Function(("SQRT",), (_NUMBER,), "number", Sql("tabularium_sqrt({0})", "_tabularium_sqrt({0})")),
    Function(("SIGN",), (_NUMBER,), "number", Sql("tabularium_sign({0})", "sign({0})")),
    Function(("MIN", "LEAST"), (_MEASURED, _MEASURED), 1, _extreme("min", "tabularium_least", "smaller"), repeated=1),
    Function(
        ("MAX", "GREATEST"), (_MEASURED, _MEASURED), 1, _extreme("max", "tabularium_greatest", "larger"), repeated=1
    ),
    Function(("NUMBER",), (_of("text", "number", "boolean"),), "number", _converted("number")),
)

_OF_TIME: Final = (
    Function(("TODAY",), (), "date", Sql("substr({now}, 1, 10)", "({now} AT TIME ZONE 'UTC')::date")),
    Function(("NOW",), (), "datetime", same("{now}")),
    Function(
        ("DATE",),
        (_NUMBER, _NUMBER, _NUMBER),
        "date",
        Sql("tabularium_make_date({0}, {1}, {2})", "_tabularium_make_date({0}, {1}, {2})"),
    ),
    _part("YEAR", "extract(year FROM {0})"),
    _part("MONTH", "extract(month FROM {0})"),
    _part("DAY", "extract(day FROM {0})"),
    _part("HOUR", "extract(hour FROM {0})", needs_clock=True),
    _part("MINUTE", "extract(minute FROM {0})", needs_clock=True),
    _part("SECOND", "floor(extract(second FROM {0}))", needs_clock=True),
    _part("WEEKDAY", "extract(isodow FROM {0})"),
    _part("WEEKNUM", "extract(week FROM {0})"),
    Function(
        ("DATE_ADD",),
        (_SHIFTED, _NUMBER, _UNIT_OF_FIRST),
        1,
        {
            "date": Sql("tabularium_date_add({0}, {1}, {2})", "_tabularium_date_add({0}, {1}, {2})::date"),
            "datetime": Sql(
                "tabularium_date_add({0}, {1}, {2})", "(_tabularium_date_add({0}, {1}, {2}) AT TIME ZONE 'UTC')"
            ),
        },
    ),
    Function(
        ("DATE_DIFF",),
        (_MOMENT, _MOMENT, _UNIT),
        "number",
        Sql("tabularium_date_diff({0}, {1}, {2})", "_tabularium_date_diff({0}, {1}, {2})"),
    ),
    Function(
        ("DATE_FORMAT",),
        (_MOMENT, _PATTERN),
        "text",
        Sql("tabularium_date_format({0}, {1})", "to_char({0}, {1})"),
    ),
)

_OF_LOGIC: Final = (
    Function(("IF",), (_TEST, _YIELDED, _YIELDED), 2, same(branches(has_operand=False)), optional=1),
    Function(("SWITCH",), (_SAME, _SAME, _YIELDED), 2, same(branches(has_operand=True)), repeated=2, last=_YIELDED),
    Function(("COALESCE",), (_SAME, _SAME), 1, same("coalesce({all:, })"), repeated=1),
    Function(("NULLIF",), (_SAME, _SAME), 1, same("nullif({0}, {1})"), refuses_null=True),
    Function(
        ("IS_BLANK",),
        (_VALUE,),
        "boolean",
        {**_each(same("({0} IS NULL)"), _KINDS), "text": same("(coalesce({0}, '') = '')")},
        is_never_null=True,
    ),
    Function(("AND",), (_CONDITION,), "boolean", same("({all: AND })"), repeated=1, is_never_null=True),
    Function(("OR",), (_CONDITION,), "boolean", same("({all: OR })"), repeated=1, is_never_null=True),
    Function(("NOT",), (_CONDITION,), "boolean", same("(NOT {0})"), is_never_null=True),
)

_ROWS: Final = (*_OPERATORS, *_OF_TEXT, *_OF_NUMBERS, *_OF_TIME, *_OF_LOGIC)

FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType({name: row for row in _ROWS for name in row.names})
"""Every function and operator by its names, which are in capital letters."""
