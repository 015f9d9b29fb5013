"""Rules for rows, drawn at random, decide on both databases as a plain evaluation does: what is seen, what is stored."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tabularium.db.database import Session
from tabularium.db.dialect import DIALECTS, Dialect
from tabularium.query import ListParameters, list_statements, plan_list
from tabularium.query.moment import Caller, Moment
from tabularium.query.row_rules import RowRules
from tabularium.query.rows import outer_row, values_at, with_moment
from tabularium.query.system_fields import system_fields
from tabularium.records import statements
from tabularium.records.rules import broken_rules
from tabularium.records.values import Candidate
from tabularium.schema.model import Table
from tabularium.schema.permissions import RowRule
from tabularium.schema.row_rules import CurrentUser
from tests.query.people import PEOPLE, SIGNED
from tests.query.row_rules.evaluation import CALLERS, Asking, Group, Leaf, items_of, passes, rules
from tests.query.row_rules.ruled import CASES_BY_NAME, CREATED, LIVE, OWN, ROWS, Row, Ruled, opened
from tests.query.test_compile import GOLDEN
from tests.support.effort import examples

NOW = "2026-03-01T09:00:00.000Z"
FIELDS = (*CASES_BY_NAME, *OWN, *OWN, *OWN)
STORED = st.sampled_from(sorted(ROWS))
HARD = settings(max_examples=examples(30), suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def ruled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ruled]:
    folder = tmp_path_factory.mktemp("ruled")
    url = f"sqlite:{folder / 'tabularium.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database()
    with opened(folder, url) as found:
        yield found


def planned(rule: Leaf | Group, ruled: Ruled) -> RowRule:
    """Return the rule as the product reads it."""
    names: set[str] = set()
    return RowRule(_planned(rule, ruled, names), frozenset(names))


def _planned(rule: Leaf | Group, ruled: Ruled, names: set[str]) -> object:
    if isinstance(rule, Group):
        members = [_planned(member, ruled, names) for member in rule.members]
        return RowRules().join(members, every=rule.logic == "and")
    names.add(rule.field)
    field = ruled.table.by_name.get(rule.field) or system_fields(ruled.table)[rule.field]
    value = CurrentUser(rule.of_caller) if rule.of_caller else _written(rule, ruled.ids)  # type: ignore[arg-type]
    condition, errors = RowRules().compare(field, rule.operator, value)  # type: ignore[arg-type]
    assert not errors, (rule, errors)
    return condition


def _written(rule: Leaf, ids: Mapping[str, str]) -> Any:
    """Return the value of a condition as it would stand in the file."""

    def one(value: Any) -> Any:
        if rule.field in ("owner", "crew"):
            return ids[value]
        return items_of(rule.field)[value][0] if rule.field in CASES_BY_NAME else str(value)

    if rule.value is None:
        return None
    return [one(each) for each in rule.value] if isinstance(rule.value, list) else one(rule.value)


def caller_of(asking: Asking, ids: Mapping[str, str]) -> Caller:
    values = [None if each is None else ids.get(each, each) for each in (asking.id, asking.email)]
    return Caller(values[0], values[1], tuple(ids.get(each, each) for each in asking.role))


@HARD
@given(rule=rules((*FIELDS, "id", "created_at", "deleted_at")), asking=CALLERS)
@example(rule=Leaf("owner", "neq", of_caller="role"), asking=Asking(None, None, ()))
def test_a_list_holds_the_rows_that_pass_the_rule(ruled: Ruled, rule: Leaf | Group, asking: Asking) -> None:
    _, table = ruled.under("read", planned(rule, ruled))
    asked = ListParameters(fields=["id"], include_deleted="true", limit=100)
    query = plan_list(table, (), asked, caller=caller_of(asking, ruled.ids))
    found = list_statements(query, ruled.dialect)
    rows = ruled.site.write(lambda session: session.fetch_all(*found.page))
    expected = [key for key, row in ROWS.items() if passes(rule, whole(key, row), asking, ruled.ids)]
    assert found.read is not None
    assert [int(found.read(tuple(row))["id"]) for row in rows] == expected


def whole(key: int | None, row: Row, created: str = CREATED) -> Row:
    """Return a row with its system columns."""
    return {**row, "id": key, "created_at": created}


def candidate_of(ruled: Ruled, changes: Row, key: int | None) -> Candidate:
    values = {name: ruled.stored(name, value) for name, value in changes.items()}
    return Candidate("fields", values, sent=frozenset(values), key=key)


def sendable(row: Row) -> Row:
    """Return what can be sent to store a row: links to records in the trash cannot."""
    boss = row["boss"] if row["boss"] in LIVE else None
    friends = tuple(key for key in row["friends"] if key in LIVE)
    return {**{name: row[name] for name in (*CASES_BY_NAME, "owner", "crew")}, "boss": boss, "friends": friends}


@HARD
@given(rule=rules((*FIELDS, "created_at")), asking=CALLERS, drawn=st.lists(STORED, min_size=1, max_size=3))
def test_a_create_is_allowed_where_the_new_row_passes(
    ruled: Ruled, rule: Leaf | Group, asking: Asking, drawn: list[int]
) -> None:
    schema, table = ruled.under("create", planned(rule, ruled))
    rows = [sendable(ROWS[key]) for key in drawn]
    candidates = [candidate_of(ruled, row, None) for row in rows]
    for place, candidate in enumerate(candidates):
        candidate.path = str(place)
    moment = Moment(NOW, caller=caller_of(asking, ruled.ids))
    broken = ruled.site.write(lambda session: broken_rules(session, schema, table, candidates, moment))
    expected = [
        str(place) for place, row in enumerate(rows) if not passes(rule, whole(None, row, NOW), asking, ruled.ids)
    ]
    assert sorted(error.field for error in broken.forbidden) == expected


@HARD
@given(
    rule=rules((*FIELDS, "id", "created_at")),
    asking=CALLERS,
    key=st.sampled_from(sorted(LIVE)),
    other=STORED,
    names=st.lists(st.sampled_from(FIELDS), min_size=1, max_size=12, unique=True),
)
def test_a_change_is_allowed_where_the_row_passes_before_and_after(
    ruled: Ruled, rule: Leaf | Group, asking: Asking, key: int, other: int, names: list[str]
) -> None:
    schema, table = ruled.under("write", planned(rule, ruled))
    changes = {name: value for name, value in sendable(ROWS[other]).items() if name in names}
    changed = tuple(each.name for each in table.fields if each.name in changes)
    moment = Moment(NOW, caller=caller_of(asking, ruled.ids))

    async def work(session: Session) -> bool:
        sql, marks = statements.lock(table, (), session.dialect)
        keys = statements.bound_keys([key], session.dialect)
        row = await session.fetch_one(sql, [keys, *values_at(marks, moment)])
        assert row is not None
        broken = await broken_rules(session, schema, table, [candidate_of(ruled, changes, key)], moment, changed)
        return bool(row[0]) and not broken.forbidden

    before, after = whole(key, ROWS[key]), whole(key, {**ROWS[key], **changes})
    expected = passes(rule, before, asking, ruled.ids) and passes(rule, after, asking, ruled.ids)
    assert ruled.site.write(work) == expected


GOLDEN_RULES: tuple[tuple[Table, str, str, Any], ...] = (
    (PEOPLE, "name", "eq", "Ada"),
    (PEOPLE, "name", "neq", "Ada's"),
    (PEOPLE, "price", "neq", "0.50"),
    (PEOPLE, "seen", "neq", "2024-02-29T12:00:00Z"),
    (PEOPLE, "vip", "neq", True),
    (PEOPLE, "status", "in", ["new", "done's"]),
    (PEOPLE, "email", "neq", CurrentUser("email")),
    (PEOPLE, "name", "eq", CurrentUser("role")),
    (PEOPLE, "name", "neq", CurrentUser("role")),
    (PEOPLE, "name", "neq", None),
    (SIGNED, "owner", "neq", CurrentUser("id")),
    (SIGNED, "crew", "eq", CurrentUser("id")),
    (SIGNED, "crew", "neq", CurrentUser("id")),
    (SIGNED, "crew", "neq", "u_1"),
    (SIGNED, "crew", "neq", None),
)
"""Among these are the predicates that filters do not have: `other`, `outside` and `holds_others`."""


def golden_text(dialect: Dialect) -> str:
    parts = []
    for table, name, operator, value in GOLDEN_RULES:
        condition, errors = RowRules().compare(table.by_name[name], operator, value)  # type: ignore[arg-type]
        assert not errors
        text, marks = with_moment(outer_row(table, dialect).condition(condition), 1, dialect)
        parts.append(f"-- {name} {operator} {value}\n{text}\n-- {list(marks)}\n")
    return "\n".join(parts)


@pytest.mark.parametrize("dialect_name", ["sqlite", "sql_of_postgresql"])
def test_the_sql_of_rules_is_what_the_golden_file_shows(dialect_name: str) -> None:
    dialect = DIALECTS[dialect_name.removeprefix("sql_of_")]
    text, path = golden_text(dialect), GOLDEN / f"row_rules.{dialect.name}.sql"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "If the new SQL is right, run the test with UPDATE_GOLDEN=1."
