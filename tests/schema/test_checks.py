"""SQL of the application file: one meaning on both databases, shown on real rows; what is not allowed is refused."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import apsw
import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import MetaData, Table
from sqlalchemy.schema import CreateTable
from sqlglot import exp, parse_one

from tabularium.db.dialect import DIALECTS, POSTGRESQL, SQLITE, Dialect
from tabularium.db.functions import SQLITE_FUNCTIONS
from tabularium.schema.checks import Columns, ConditionError, field_column, read_condition, system_columns
from tabularium.schema.fields.base import FieldType
from tabularium.schema.fields.checkbox import CheckboxType
from tabularium.schema.fields.created_at import CreatedAtType
from tabularium.schema.fields.date import DateType
from tabularium.schema.fields.datetime import DatetimeType
from tabularium.schema.fields.decimal import DecimalType
from tabularium.schema.fields.integer import IntegerType
from tabularium.schema.fields.relationship import RelationshipType
from tabularium.schema.fields.single_line_text import SingleLineTextType
from tabularium.schema.model import PrimaryKey
from tests.support.scope import OneTable

FIELDS: Mapping[str, FieldType] = {
    "quantity": IntegerType(IntegerType.Options()),
    "price": DecimalType(DecimalType.Options(precision=2)),
    "rate": DecimalType(DecimalType.Options(precision=4)),
    "name": SingleLineTextType(SingleLineTextType.Options()),
    "case": DateType(DateType.Options()),
    "end": DateType(DateType.Options()),
    "begin": DateType(DateType.Options()),
    "seen": DatetimeType(DatetimeType.Options()),
    "active": CheckboxType(CheckboxType.Options()),
    "parent": RelationshipType(RelationshipType.Options(relatedTable="t")).resolve(OneTable("t", PrimaryKey("uuid"))),
}
BIGGEST = 2**63 - 1
ROWS: Sequence[Mapping[str, Any]] = [
    {},
    {
        "quantity": 5,
        "price": Decimal("9.50"),
        "rate": Decimal("0.0950"),
        "name": "Ada Löve_100%",
        "begin": "2025-01-31",
        "end": "2025-02-01",
        "seen": "2025-01-31T12:00:00.125Z",
        "active": True,
        "parent": "0198a000-0000-7000-8000-000000000001",
    },
    {
        "quantity": BIGGEST,
        "price": Decimal("9999999999999999.99"),
        "rate": Decimal("99999999999999.9999"),
        "name": "",
        "begin": "0001-01-01",
        "end": "9999-12-31",
        "seen": "0001-01-01T00:00:00.000Z",
        "active": False,
        "parent": "ffffffff-ffff-7fff-bfff-ffffffffffff",
    },
    {
        "quantity": -(2**63),
        "price": Decimal("-9999999999999999.99"),
        "rate": Decimal("-0.0001"),
        "name": " ÄB*[x]?\\y'z ",
        "begin": "2024-02-29",
        "end": "2024-02-29",
        "seen": "9999-12-31T23:59:59.999Z",
        "active": True,
    },
    {"quantity": 0, "price": Decimal(0), "rate": Decimal("2.5000"), "name": "ada", "active": False},
    {"quantity": -3, "price": Decimal("-0.05"), "rate": Decimal("-2.5000"), "name": "\U0001f600e\u0301"},
]


@pytest.fixture(scope="module")
def columns() -> Columns:
    fields = {name: field_column(name, each) for name, each in FIELDS.items()}
    return {**system_columns("auto-increment"), **{name: value for name, value in fields.items() if value}}


def create_table(dialect: Dialect) -> str:
    table = Table("t", MetaData(), *(column for name, each in FIELDS.items() for column in each.columns(name, dialect)))
    return str(CreateTable(table).compile(dialect=dialect.sqlalchemy))


def insert(row: Mapping[str, Any], dialect: Dialect) -> tuple[str, list[Any]]:
    names = ", ".join(dialect.quote(name) for name in row)
    values = [FIELDS[name].encode(value, dialect)[0] for name, value in row.items()]
    if not row:
        return "INSERT INTO t DEFAULT VALUES", []
    marks = ", ".join(dialect.placeholder(number + 1) for number in range(len(values)))
    return f"INSERT INTO t ({names}) VALUES ({marks})", values


class Databases:
    """The same rows on both databases."""

    def __init__(self, url: str, run: Any) -> None:
        self._url = url
        self._run = run
        self.sqlite = apsw.Connection(":memory:")
        for function in SQLITE_FUNCTIONS:
            self.sqlite.create_scalar_function(function.name, function.call, function.arguments, deterministic=True)
        self.sqlite.execute(create_table(SQLITE))
        for row in ROWS:
            self.sqlite.execute(*insert(row, SQLITE))
        run(self._fill())

    async def _connect(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(self._url)
        for name in ("date", "timestamptz", "numeric", "uuid"):
            await connection.set_type_codec(name, schema="pg_catalog", encoder=str, decoder=str, format="text")
        return connection

    async def _fill(self) -> None:
        connection = await self._connect()
        try:
            await connection.execute("DROP TABLE IF EXISTS t")
            await connection.execute(create_table(POSTGRESQL))
            for row in ROWS:
                sql, values = insert(row, POSTGRESQL)
                await connection.execute(sql, *values)
        finally:
            await connection.close()

    def truths(self, sql: Mapping[str, str]) -> list[bool | None]:
        """Return what a condition is on each row, the same on both databases."""
        found = [row[0] for row in self.sqlite.execute(f"SELECT {sql['sqlite']} FROM t ORDER BY rowid")]
        here = [None if truth is None else bool(truth) for truth in found]
        there = self._run(self._truths(sql["postgresql"]))
        assert here == there, sql
        return here

    async def _truths(self, sql: str) -> list[bool | None]:
        connection = await self._connect()
        try:
            return [row[0] for row in await connection.fetch(f"SELECT {sql} FROM t ORDER BY ctid")]
        finally:
            await connection.close()

    def accept_as_check_and_index(self, sql: Mapping[str, str]) -> None:
        """Put the condition into a constraint and into an index, which ask for immutable expressions."""
        self.sqlite.execute(f"CREATE INDEX scratch ON t (quantity) WHERE {sql['sqlite']}; DROP INDEX scratch")
        self._run(self._accept(sql["postgresql"]))

    async def _accept(self, sql: str) -> None:
        connection = await self._connect()
        try:
            await connection.execute(f"CREATE INDEX scratch ON t (quantity) WHERE {sql}; DROP INDEX scratch")
            await connection.execute(f"ALTER TABLE t ADD CONSTRAINT c CHECK ({sql}) NOT VALID")
            await connection.execute("ALTER TABLE t DROP CONSTRAINT c")
        finally:
            await connection.close()


@pytest.fixture(scope="module")
def databases(postgresql_url: str, run: Any) -> Databases:
    return Databases(postgresql_url, run)


T, F, N = True, False, None

TRUTHS: Sequence[tuple[str, list[bool | None]]] = [
    # the rows:                                       none  usual  largest  least  zero  small
    ("quantity > 0", [N, T, T, F, F, F]),
    ("quantity >= 9223372036854775807", [N, F, T, F, F, F]),
    ("quantity < 9223372036854775808", [N, T, T, T, T, T]),
    ("quantity > 0.5", [N, T, T, F, F, F]),
    ("quantity = 5.0", [N, T, F, F, F, F]),
    ("quantity + 1 > quantity", [N, T, T, T, T, T]),
    ("quantity * quantity >= 0", [N, T, T, T, T, T]),
    ("-quantity <= 0", [N, T, T, F, T, F]),
    ("abs(quantity) = -quantity", [N, F, F, T, T, T]),
    ("price = 9.5", [N, T, F, F, F, F]),
    ("price > 0.005", [N, T, T, F, F, F]),
    ("price <= -9999999999999999.99", [N, F, F, T, F, F]),
    ("price = rate * 100", [N, T, T, F, F, F]),
    ("price > rate", [N, T, T, F, F, T]),
    ("price <> rate", [N, T, T, T, T, T]),
    ("price * quantity BETWEEN 0 AND 100", [N, T, F, F, T, T]),
    ("rate IN (2.5, -2.5, 0.095)", [N, T, F, F, T, T]),
    ("rate NOT IN (2.5, 0.00001)", [N, T, T, T, F, T]),
    ("round(rate) = 3", [N, F, F, F, T, F]),
    ("round(rate) = -3", [N, F, F, F, F, T]),
    ("round(price, 1) = -0.1", [N, F, F, F, F, T]),
    ("floor(rate) = -1", [N, F, F, T, F, F]),
    ("ceil(rate) = 1", [N, T, F, F, F, F]),
    ("1 / quantity > 0", [N, T, F, F, N, F]),
    ("quantity / 3 = 1.6666666667", [N, T, F, F, F, F]),
    ("price / quantity = 1.9", [N, T, F, F, N, F]),
    ("coalesce(quantity, 7) = 7", [T, F, F, F, F, F]),
    ("coalesce(price, rate, 0.5) > 0.1", [T, T, T, F, F, F]),
    ("nullif(quantity, 0) IS NULL", [T, F, F, F, T, F]),
    ("nullif(price, 0.000) IS NULL", [T, F, F, F, T, F]),
    ("CASE WHEN active THEN price ELSE rate END > 1", [N, T, T, F, T, F]),
    ("CASE quantity WHEN 5 THEN 'five' WHEN 0 THEN 'none' END = 'five'", [N, T, N, N, F, N]),
    ("name = 'ada'", [N, F, F, F, T, F]),
    ("name < 'a'", [N, T, T, T, F, F]),
    ("name LIKE '%a%'", [N, T, F, F, T, F]),
    ("name LIKE 'ada%'", [N, F, F, F, T, F]),
    ("name LIKE '%!_100!%' ESCAPE '!'", [N, T, F, F, F, F]),
    ("name NOT LIKE '%*[x]?\\y''z_'", [N, T, T, F, T, T]),
    ("name LIKE '__'", [N, F, F, F, F, F]),
    ("name LIKE '___'", [N, F, F, F, T, T]),
    ("lower(name) = 'ada'", [N, F, F, F, T, F]),
    ("lower(name) LIKE '%Äb%'", [N, F, F, T, F, F]),
    ("upper(name) = 'ADA LöVE_100%'", [N, T, F, F, F, F]),
    ("length(name) = 3", [N, F, F, F, T, T]),
    ("length(trim(name)) = length(name) - 2", [N, F, F, T, F, F]),
    ("name <> '' AND quantity IS NOT NULL", [F, T, F, T, T, T]),
    ('begin <= "end"', [N, T, T, T, N, N]),
    ("\"end\" > '2025-01-31'", [N, T, T, F, N, N]),
    ("begin BETWEEN '2024-02-29' AND '2025-12-31'", [N, T, F, T, N, N]),
    ("seen >= '2025-01-31T13:00:00.125+01:00'", [N, T, F, T, N, N]),
    ("seen IN ('2025-01-31T12:00:00.125Z')", [N, T, F, F, N, N]),
    ("active", [N, T, F, T, F, N]),
    ("NOT active OR quantity = 5", [N, T, T, F, T, N]),
    ("active = TRUE", [N, T, F, T, F, N]),
    ("coalesce(active, FALSE) = FALSE", [T, F, T, F, T, T]),
    ("(quantity > 0) = active", [N, T, F, F, T, N]),
    ("parent = '0198A000-0000-7000-8000-000000000001'", [N, T, F, N, N, N]),
    ("parent > '0198a000-0000-7000-8000-000000000001'", [N, F, T, N, N, N]),
    ("parent IS NULL", [T, F, F, T, T, T]),
]


@pytest.mark.parametrize(("text", "expected"), TRUTHS, ids=[text for text, _ in TRUTHS])
def test_a_condition_is_the_same_on_both_databases(
    text: str, expected: list[bool | None], columns: Columns, databases: Databases
) -> None:
    condition = read_condition(text, columns)
    assert databases.truths(condition.sql) == expected
    databases.accept_as_check_and_index(condition.sql)


def _numbers() -> st.SearchStrategy[str]:
    leaves = st.one_of(
        st.sampled_from(["quantity", "price", "rate"]),
        st.decimals(min_value=0, max_value=10**19, places=3).map(lambda number: f"{number:f}"),
        st.integers(0, 10**20).map(str),
    )

    def grow(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.tuples(parts, st.sampled_from("+-*"), parts).map(lambda three: f"({three[0]} {three[1]} {three[2]})"),
            st.tuples(st.sampled_from(["abs", "floor", "ceil", "round", "-"]), parts).map(
                lambda two: f"{two[0]}({two[1]})"
            ),
            st.tuples(parts, st.integers(0, 10)).map(lambda two: f"round({two[0]}, {two[1]})"),
            st.tuples(parts, parts).map(lambda two: f"coalesce({two[0]}, {two[1]})"),
        )

    return st.recursive(leaves, grow, max_leaves=6)


@settings(max_examples=60)
@given(
    left=_numbers(),
    divisor=_numbers(),
    right=_numbers(),
    sign=st.sampled_from(["=", "<>", "<", "<=", ">", ">="]),
)
def test_arithmetic_is_exact_on_both_databases(
    left: str, divisor: str, right: str, sign: str, columns: Columns, databases: Databases
) -> None:
    text = f"{left} / {divisor} {sign} {right} OR quantity IS NULL AND price IS NOT NULL"
    assert databases.truths(read_condition(text, columns).sql) == [
        _oracle(left, divisor, right, sign, row) for row in ROWS
    ]


def _oracle(left: str, divisor: str, right: str, sign: str, row: Mapping[str, Any]) -> bool | None:
    """Evaluate the same in Python, with more digits than any of it needs."""
    with localcontext() as context:
        context.prec = 2000
        a, b, c = (_evaluate(text, row) for text in (left, divisor, right))
        quotient = None
        if a is not None and b:
            quotient = (a / b).quantize(Decimal("1e-10"), ROUND_HALF_UP)
        compared = None
        if quotient is not None and c is not None:
            compared = {
                "=": quotient == c,
                "<>": quotient != c,
                "<": quotient < c,
                "<=": quotient <= c,
                ">": quotient > c,
                ">=": quotient >= c,
            }[sign]
        other = row.get("quantity") is None and row.get("price") is not None
        return True if other or compared else compared


def _evaluate(text: str, row: Mapping[str, Any]) -> Decimal | None:
    def walk(node: exp.Expr) -> Decimal | None:
        if isinstance(node, exp.Paren):
            return walk(node.this)
        if isinstance(node, exp.Literal):
            return Decimal(node.name)
        if isinstance(node, exp.Column):
            found = row.get(node.name)
            return None if found is None else Decimal(found)
        if isinstance(node, exp.Coalesce):
            first = walk(node.this)
            return walk(node.expressions[0]) if first is None else first
        value = walk(node.this)
        if isinstance(node, exp.Binary):
            other = walk(node.expression)
            if value is None or other is None:
                return None
            return {"add": value + other, "sub": value - other, "mul": value * other}[node.key]
        if value is None:
            return None
        places = Decimal(1).scaleb(-int(node.args["decimals"].name)) if node.args.get("decimals") else Decimal(1)
        return {
            "abs": abs(value),
            "neg": -value,
            "floor": value.to_integral_value(ROUND_FLOOR),
            "ceil": value.to_integral_value(ROUND_CEILING),
            "round": value.quantize(places, ROUND_HALF_UP),
        }[node.key]

    return walk(parse_one(text))


REFUSED: Sequence[tuple[str, str]] = [
    ("-- nothing", "must hold a condition"),
    ("/* */", "must hold a condition"),
    ("", "must hold a condition"),
    ("quantity >", 'character 10: is not understood near ">"'),
    ("quantity > 1; DROP TABLE t", 'character 13: ";" is not allowed'),
    ("quantity > (SELECT 1)", 'is not understood near "1"'),
    ("qantity > 1", 'character 1: unknown field "qantity"; did you mean "quantity"?'),
    ("t.quantity > 1", 'character 2: "." is not allowed'),
    ("quantity::text = 'a'", 'character 9: "::" is not allowed'),
    ("name || 'a' = 'b'", 'character 6: "||" is not allowed'),
    ("sleep(1) = 1", 'character 1: the function "sleep" is not allowed'),
    ("rond(price) = 1", 'did you mean "round"?'),
    ("quantity IS NULL OR case > '2025-01-01'", 'the field "case" must stand in double quotes'),
    ("name LIKE 'a' ESCAPE 'ab'", "ESCAPE one character in quotes"),
    ("quantity NOTNULL", 'is not understood near "NOTNULL"'),
    ("quantity", "character 1: must be true or false; this is a number"),
    ("1 = 1", "must name at least one field"),
    ("quantity = NULL", "a comparison with NULL never holds; write IS NULL"),
    ("quantity IN (1, NULL)", "a comparison with NULL never holds; write IS NULL"),
    ("quantity = '5'", "a text stands where a number is expected"),
    ("quantity = name", "a text stands where a number is expected"),
    ("quantity = active", "a truth value and a number cannot be brought together"),
    ("begin > '2025-02-30'", "the text is not a date"),
    ("begin > seen", "a date and a date-time cannot be brought together"),
    ("seen > '2025-01-01'", "the text is not a date-time"),
    ("parent = 'x'", "the text is no UUID"),
    ("active IS TRUE", "IS is allowed only before NULL and NOT NULL"),
    ("name LIKE name", "LIKE takes a pattern in quotes"),
    ("name LIKE 'a!' ESCAPE '!'", "ends with its escape sign"),
    ("name ILIKE 'a'", 'character 6: is not understood near "ILIKE"'),
    ("quantity % 2 = 0", 'character 10: "%" is not allowed'),
    ("quantity > 1e5", "numbers are written with plain digits"),
    ("quantity / 2 / 2 > 1", "a division inside of a division is not allowed"),
    ("round(price, -1) = 1", "round takes a whole number of places from 0 to 10"),
    ("round(price, quantity) = 1", "round takes a whole number of places from 0 to 10"),
    ("coalesce(price) = 1", "coalesce needs at least two values"),
    ("trim(BOTH 'x' FROM name) = 'a'", "is not understood"),
    ("trim(name, 'x') = 'a'", '"TRIM" is not allowed in this form'),
    ("(quantity, price) = (1, 2)", '"TUPLE" is not allowed'),
    ("name = 'a' 'b'", "is not allowed"),
    ("name = 'a", "without its closing quote"),
    ("quantity > ?", 'character 12: "?" is not allowed'),
    ("quantity > $1", "is not allowed"),
    ("quantity > @a", "is not allowed"),
    ("quantity > 1 AND " * 100 + "active", "at most"),
    ("(" * 900 + "active" + ")" * 900, "is nested too deeply"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[text[:40] for text, _ in REFUSED])
def test_what_is_not_allowed_is_refused_with_its_place(text: str, message: str, columns: Columns) -> None:
    with pytest.raises(ConditionError) as failure:
        read_condition(text, columns)
    assert message in str(failure.value)


@settings(max_examples=300)
@given(st.text(alphabet=st.sampled_from("quantiyprcenm'\"()=<>+-*/,.;% 0123456789ANDORTLIKECS"), max_size=40))
def test_no_text_does_anything_but_be_read_or_refused(text: str) -> None:
    known = {"q": field_column("q", FIELDS["quantity"]), "n": field_column("n", FIELDS["name"])}
    with contextlib.suppress(ConditionError):
        assert read_condition(text, {name: value for name, value in known.items() if value}).names


def test_the_text_of_the_file_never_reaches_a_database(columns: Columns) -> None:
    condition = read_condition("name = 'it''s' /* note */ -- and more", columns)
    assert condition.sql == {"sqlite": "(\"name\" = 'it''s')", "postgresql": "(\"name\" = 'it''s' COLLATE \"C\")"}
    assert condition.names == ("name",)


def test_a_name_for_a_system_column_reads_that_column() -> None:
    made = field_column("born", CreatedAtType(CreatedAtType.Options()))
    assert made is not None
    condition = read_condition("born < updated_at", {"born": made, **system_columns("uuid")})
    assert condition.sql == dict.fromkeys(DIALECTS, '("created_at" < "updated_at")')


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("auto-increment", "id > 10"),
        ("composite", "id > 10"),
        ("text", "id LIKE 'a%'"),
        ("uuid", "id > '" + "0" * 32 + "'"),
    ],
)
def test_the_key_has_the_type_of_its_kind(key: Any, text: str) -> None:
    assert read_condition(text, system_columns(key)).names == ("id",)
