"""What a condition may consist of: each kind of syntax node with its rule, which types it and writes it anew."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from sqlglot import exp

from tabularium.db.arithmetic import QUOTIENT_PLACES
from tabularium.schema.condition_like import like
from tabularium.schema.condition_syntax import ConditionError
from tabularium.schema.condition_values import (
    NULL,
    Value,
    as_kind,
    boolean_literal,
    exact,
    number_literal,
    number_value,
    numeric,
    text_literal,
    unify,
)
from tabularium.schema.condition_walk import Rules, Translation

MAX_ROUND_PLACES: Final = 10


def _literal(_: Translation, node: exp.Expr) -> Value:
    return text_literal(node.name) if node.args.get("is_string") else number_literal(node.name)


def _comparison(sign: str) -> Callable[[Translation, exp.Expr], Value]:
    return lambda walk, node: compare(sign, walk.part(node), walk.part(node, "expression"))


def compare(sign: str, left: Value, right: Value) -> Value:
    """Compare two values; NULL is refused, since nothing compares with it."""
    if NULL in (left, right):
        raise ConditionError("a comparison with NULL never holds; write IS NULL")
    left, right = unify([left, right])
    sqlite = f"({left.sqlite} {sign} {right.sqlite})"
    if left.kind == "number" and left.places is None and sign not in ("=", "<>"):
        sqlite = f"(tabularium_compare({left.sqlite}, {right.sqlite}) {sign} 0)"
    return Value("boolean", sqlite, f"({left.postgresql} {sign} {right.postgresql})")


def _connective(word: str) -> Callable[[Translation, exp.Expr], Value]:
    def translate(walk: Translation, node: exp.Expr) -> Value:
        left = walk.typed(node, "boolean")
        right = walk.typed(node, "boolean", "expression")
        return Value(
            "boolean", f"({left.sqlite} {word} {right.sqlite})", f"({left.postgresql} {word} {right.postgresql})"
        )

    return translate


def _not(walk: Translation, node: exp.Expr) -> Value:
    return _negated(walk.typed(node, "boolean"))


def _negated(value: Value) -> Value:
    return Value("boolean", f"(NOT {value.sqlite})", f"(NOT {value.postgresql})")


def _is(walk: Translation, node: exp.Expr) -> Value:
    if not isinstance(node.args.get("expression"), exp.Null):
        raise ConditionError("IS is allowed only before NULL and NOT NULL")
    value = walk.part(node)
    return Value("boolean", f"({value.sqlite} IS NULL)", f"({value.postgresql} IS NULL)")


def _in(walk: Translation, node: exp.Expr) -> Value:
    values = [walk.part(node), *walk.parts(node)]
    if len(values) == 1:
        raise ConditionError("IN needs a list of values")
    if NULL in values:
        raise ConditionError("a comparison with NULL never holds; write IS NULL")
    first, *rest = unify(values)
    sqlite = ", ".join(value.sqlite for value in rest)
    postgresql = ", ".join(value.postgresql for value in rest)
    return Value("boolean", f"({first.sqlite} IN ({sqlite}))", f"({first.postgresql} IN ({postgresql}))")


def _between(walk: Translation, node: exp.Expr) -> Value:
    value = walk.part(node)
    low, high = compare(">=", value, walk.part(node, "low")), compare("<=", value, walk.part(node, "high"))
    return Value("boolean", f"({low.sqlite} AND {high.sqlite})", f"({low.postgresql} AND {high.postgresql})")


def _like(walk: Translation, node: exp.Expr, escape: Value | None = None) -> Value:
    matched = like(walk.typed(node, "text"), walk.part(node, "expression"), escape)
    return _negated(matched) if node.args.get("negate") else matched


def _escape(walk: Translation, node: exp.Expr) -> Value:
    pattern = node.args.get("this")
    if not isinstance(pattern, exp.Like):
        raise ConditionError("ESCAPE is allowed only after LIKE")
    return _like(walk, pattern, walk.part(node, "expression"))


def _case(walk: Translation, node: exp.Expr) -> Value:
    operand = walk.part(node) if node.args.get("this") else None
    conditions, results = [], []
    for branch in node.args.get("ifs") or ():
        when = walk.part(branch)
        conditions.append(as_kind(when, "boolean") if operand is None else compare("=", operand, when))
        results.append(walk.part(branch, "true"))
    results.append(walk.part(node, "default") if node.args.get("default") else NULL)
    *results, default = unify(results)
    pairs = list(zip(conditions, results, strict=True))
    sqlite = " ".join(f"WHEN {when.sqlite} THEN {then.sqlite}" for when, then in pairs)
    postgresql = " ".join(f"WHEN {when.postgresql} THEN {then.postgresql}" for when, then in pairs)
    return _merged(
        [*results, default],
        f"CASE {sqlite} ELSE {default.sqlite} END",
        f"CASE {postgresql} ELSE {default.postgresql} END",
    )


def _merged(values: list[Value], sqlite: str, postgresql: str) -> Value:
    """Make the value that is one of several unified ones."""
    kind = next(value.kind for value in values if value.kind != "null")
    return Value(kind, f"({sqlite})", f"({postgresql})", values[0].places)


def _coalesce(walk: Translation, node: exp.Expr) -> Value:
    values = [walk.part(node), *walk.parts(node)]
    if len(values) == 1:
        raise ConditionError("coalesce needs at least two values")
    values = unify(values)
    sqlite = ", ".join(value.sqlite for value in values)
    postgresql = ", ".join(value.postgresql for value in values)
    return _merged(values, f"coalesce({sqlite})", f"coalesce({postgresql})")


def _nullif(walk: Translation, node: exp.Expr) -> Value:
    values = [walk.part(node), walk.part(node, "expression")]
    if NULL in values:
        raise ConditionError("nullif needs two values that are not NULL")
    left, right = unify(values)
    return _merged([left], f"nullif({left.sqlite}, {right.sqlite})", f"nullif({left.postgresql}, {right.postgresql})")


def _arithmetic(function: str, sign: str) -> Callable[[Translation, exp.Expr], Value]:
    def translate(walk: Translation, node: exp.Expr) -> Value:
        left, right = walk.typed(node, "number"), walk.typed(node, "number", "expression")
        return Value(
            "number",
            f"tabularium_{function}({exact(left)}, {exact(right)})",
            f"({numeric(left)} {sign} {numeric(right)})",
        )

    return translate


def _divide(walk: Translation, node: exp.Expr) -> Value:
    """Write a quotient: PostgreSQL's own is rounded to a place that depends on the operands, its `div` is exact."""
    left, right = walk.typed(node, "number"), walk.typed(node, "number", "expression")
    for operand in ("this", "expression"):
        part = node.args[operand]
        if part.find(exp.Div):
            raise ConditionError("a division inside of a division is not allowed")
    a, b = numeric(left), f"nullif({numeric(right)}, 0)"
    doubled = f"abs({a}) * 2{'0' * QUOTIENT_PLACES} + abs({b})"
    unit = f"0.{'0' * (QUOTIENT_PLACES - 1)}1"
    quotient = f"(sign({a}) * sign({b}) * div({doubled}, abs({b}) * 2) * {unit})"
    return Value("number", f"tabularium_divide({exact(left)}, {exact(right)})", quotient)


def _negative(walk: Translation, node: exp.Expr) -> Value:
    value = walk.typed(node, "number")
    if value.number is not None:
        return number_value(-value.number)
    return Value("number", f"tabularium_subtract('0', {exact(value)})", f"(- {numeric(value)})")


def _number_function(name: str) -> Callable[[Translation, exp.Expr], Value]:
    def translate(walk: Translation, node: exp.Expr) -> Value:
        value = walk.typed(node, "number")
        return Value("number", f"tabularium_{name}({exact(value)})", f"{name}({numeric(value)})")

    return translate


def _round(walk: Translation, node: exp.Expr) -> Value:
    value = walk.typed(node, "number")
    places = walk.part(node, "decimals").number if node.args.get("decimals") else Decimal(0)
    if places is None or places != int(places) or not 0 <= places <= MAX_ROUND_PLACES:
        raise ConditionError(f"round takes a whole number of places from 0 to {MAX_ROUND_PLACES}")
    count = int(places)
    return Value("number", f"tabularium_round({exact(value)}, {count})", f"round({numeric(value)}, {count})")


def _text_function(sqlite: str, postgresql: str) -> Callable[[Translation, exp.Expr], Value]:
    def translate(walk: Translation, node: exp.Expr) -> Value:
        value = walk.typed(node, "text")
        return Value("text", f"{sqlite}({value.sqlite})", f"{postgresql}({value.postgresql})")

    return translate


def _length(walk: Translation, node: exp.Expr) -> Value:
    value = walk.typed(node, "text")
    return Value("number", f"length({value.sqlite})", f"length({value.postgresql})", 0)


_PAIR: Final = frozenset({"this", "expression"})
_ONE: Final = frozenset({"this"})

RULES: Final[Rules] = {
    exp.Paren: (_ONE, lambda walk, node: walk.part(node)),
    exp.Column: (_ONE, lambda walk, node: walk.column(node)),
    exp.Literal: (frozenset({"this", "is_string"}), _literal),
    exp.Boolean: (_ONE, lambda _, node: boolean_literal(bool(node.this))),
    exp.Null: (frozenset(), lambda _, __: NULL),
    exp.And: (_PAIR, _connective("AND")),
    exp.Or: (_PAIR, _connective("OR")),
    exp.Not: (_ONE, _not),
    exp.EQ: (_PAIR, _comparison("=")),
    exp.NEQ: (_PAIR, _comparison("<>")),
    exp.LT: (_PAIR, _comparison("<")),
    exp.LTE: (_PAIR, _comparison("<=")),
    exp.GT: (_PAIR, _comparison(">")),
    exp.GTE: (_PAIR, _comparison(">=")),
    exp.Is: (_PAIR, _is),
    exp.In: (frozenset({"this", "expressions"}), _in),
    exp.Between: (frozenset({"this", "low", "high"}), _between),
    exp.Like: (_PAIR | {"negate"}, _like),
    exp.Escape: (_PAIR, _escape),
    exp.Case: (frozenset({"this", "ifs", "default"}), _case),
    exp.Coalesce: (frozenset({"this", "expressions"}), _coalesce),
    exp.Nullif: (_PAIR, _nullif),
    exp.Add: (_PAIR, _arithmetic("add", "+")),
    exp.Sub: (_PAIR, _arithmetic("subtract", "-")),
    exp.Mul: (_PAIR, _arithmetic("multiply", "*")),
    exp.Div: (_PAIR, _divide),
    exp.Neg: (_ONE, _negative),
    exp.Abs: (_ONE, _number_function("abs")),
    exp.Floor: (_ONE, _number_function("floor")),
    exp.Ceil: (_ONE, _number_function("ceil")),
    exp.Round: (frozenset({"this", "decimals"}), _round),
    exp.Lower: (_ONE, _text_function("lower", "lower")),
    exp.Upper: (_ONE, _text_function("upper", "upper")),
    # Without signs to take away both functions take spaces, and nothing else that is blank.
    exp.Trim: (_ONE, _text_function("trim", "btrim")),
    exp.Length: (_ONE, _length),
}
"""The closed list: each kind of node with the parts that it may have, and how it is written."""
