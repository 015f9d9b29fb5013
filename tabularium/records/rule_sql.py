"""The SQL of a table's rules, each text built once for its shape.

The rows to be written become a common table expression called `candidate`: the values of a create, or the stored row
with the changed columns replaced. Each rule is one `SELECT <number>, "_row" …` over it, and what comes back is broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.db.identity.tables import USER
from tabularium.query.conditions import Comparison, with_comparisons
from tabularium.query.rows import StatementRow, outer_row, planned, with_moment
from tabularium.records.kept_links import list_after
from tabularium.records.limits import reachable_sql
from tabularium.records.statements import key_type
from tabularium.schema.fields.user_id import USER_KEY, is_user_sql
from tabularium.schema.model import (
    CREATED_COLUMN,
    DELETED_COLUMN,
    KEY_COLUMN,
    UPDATED_COLUMN,
    Field,
    Schema,
    Table,
)
from tabularium.schema.permissions import RowAction

ROW: Final = "_row"

_INSTANT: Final = "timestamptz(3)"
_LIST: Final = "text[]"

Kind = Literal["row", "link", "user", "check", "unique", "key"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the fields it names when broken, what kind of failure that is, and its SQL over `candidate`."""

    kind: Kind
    name: str
    fields: tuple[str, ...]
    sql: str


@lru_cache(maxsize=4096)
def table_rules(schema: Schema, table: Table, dialect: Dialect, changed: tuple[str, ...] | None) -> tuple[Rule, ...]:
    """Return the rules that a create, or an update of the fields `changed`, must hold to, in a fixed order."""
    rules = _row_rules(table, dialect, is_update=changed is not None)
    rules += [*_link_rules(schema, table, dialect), *_check_rules(table, dialect)]
    rules += _unique_rules(table, dialect, is_update=changed is not None)
    if changed is None:
        rules += _key_rules(table, dialect)
        return tuple(rules)
    return tuple(rule for rule in rules if not rule.fields or set(rule.fields) & set(changed))


def _row_rules(table: Table, dialect: Dialect, *, is_update: bool) -> list[Rule]:
    """Return the rule for rows that the row must pass as it would be stored."""
    action: RowAction = "write" if is_update else "create"
    rule = table.row_rules.get(action)
    if rule is None:
        return []
    condition = with_comparisons(planned(rule.condition), _over_candidate)
    passes = StatementRow(table.unruled, dialect, "candidate").condition(condition)
    # Of system columns an update changes one at least, whatever was sent.
    fields = tuple(sorted(rule.fields)) if rule.fields <= table.by_name.keys() else ()
    return [Rule("row", action, fields, f"FROM candidate WHERE ({passes}) IS NOT TRUE")]


def _over_candidate(comparison: Comparison) -> Comparison:
    """Return the comparison over a column of `candidate` where the value else lies in links of a stored record."""
    held = comparison.field.type.held_list
    return comparison if held is None else replace(comparison, field=Field(None, comparison.field.name, held))


@lru_cache(maxsize=1024)
def lists_asked_for(table: Table, *, is_update: bool) -> tuple[Field, ...]:
    """Return the fields with links of their own that the rule for rows names; each is a column of `candidate`."""
    rule = table.row_rules.get("write" if is_update else "create")
    names = rule.fields if rule else frozenset()
    return tuple(each for each in table.fields if each.type.is_stored_apart and each.name in names)


def _link_rules(schema: Schema, table: Table, dialect: Dialect) -> list[Rule]:
    links: list[tuple[str, tuple[str, ...], str | None, tuple[str, ...]]] = [
        (each.name, (each.name,), each.type.referenced_table, (KEY_COLUMN,)) for each in table.fields
    ]
    links += [(key.name, key.fields, key.referenced_table, key.referenced_fields) for key in table.foreign_keys]
    rules = [Rule("user", each.name, (each.name,), _user_sql(each, dialect)) for each in _user_fields(table)]
    for name, fields, related, referenced in links:
        target = schema.find_table(related) if related is not None else None
        if target is not None:
            field = table.by_name.get(name) if referenced == (KEY_COLUMN,) and fields == (name,) else None
            reachable = reachable_sql(field, target, dialect)
            rules.append(Rule("link", name, fields, _link_sql(table, fields, target, referenced, dialect, reachable)))
    return rules


def _link_sql(
    table: Table, fields: Sequence[str], target: Table, referenced: Sequence[str], dialect: Dialect, reachable: str
) -> str:
    quote = dialect.quote
    columns = [_column(table, name) for name in fields]
    matches = [
        f"target.{quote(_column(target, there))} = candidate.{quote(here)}"
        for here, there in zip(columns, referenced, strict=True)
    ]
    given = " AND ".join(f"candidate.{quote(column)} IS NOT NULL" for column in columns)
    found = f"SELECT 1 AS found FROM {quote(target.database_name)} AS target WHERE {' AND '.join(matches)}"
    found += f" AND {reachable}"
    if dialect is POSTGRESQL:
        # The lock makes a simultaneous move of the target to the trash wait, or makes us see it. Fields beside the key
        # may change, so a link by those makes every change of the target wait.
        strength = "FOR KEY SHARE" if tuple(referenced) == (KEY_COLUMN,) else "FOR SHARE"
        locked = f"LEFT JOIN LATERAL ({found} {strength}) AS target ON TRUE"
        return f"FROM candidate {locked} WHERE {given} AND target.found IS NULL"
    return f"FROM candidate WHERE {given} AND NOT EXISTS ({found})"


def _user_fields(table: Table) -> list[Field]:
    """Return the fields of one user that a caller may set."""
    return [
        each
        for each in table.fields
        if each.type.is_user and not each.type.is_read_only and each.type.column_names(each.name)
    ]


def _user_sql(field: Field, dialect: Dialect) -> str:
    column, key = f"candidate.{dialect.quote(field.type.column(field.name))}", f"target.{dialect.quote(USER_KEY)}"
    found = f"SELECT 1 AS found FROM {dialect.quote(USER.name)} AS target WHERE {is_user_sql(key, column, dialect)}"
    if dialect is POSTGRESQL:  # The lock makes an erasure wait.
        locked = f"LEFT JOIN LATERAL ({found} FOR KEY SHARE) AS target ON TRUE"
        return f"FROM candidate {locked} WHERE {column} IS NOT NULL AND target.found IS NULL"
    return f"FROM candidate WHERE {column} IS NOT NULL AND NOT EXISTS ({found})"


def _check_rules(table: Table, dialect: Dialect) -> list[Rule]:
    return [
        Rule("check", check.name, check.fields, f"FROM candidate WHERE ({check.sql[dialect.name]}) IS FALSE")
        for check in table.checks
    ]


def _unique_rules(table: Table, dialect: Dialect, *, is_update: bool) -> list[Rule]:
    quote = dialect.quote
    rules = []
    for index in table.indexes:
        if not index.unique:
            continue
        live = f"{quote(DELETED_COLUMN)} IS NULL"
        condition = f"({index.where[dialect.name]})" if index.where else ""
        taken = f"SELECT * FROM {quote(table.database_name)} WHERE {live}" + (f" AND {condition}" if condition else "")
        among = f"(SELECT * FROM candidate WHERE {condition}) AS candidate" if condition else "candidate"
        columns = [column for name in index.fields for column in table.by_name[name].type.unique_columns(name)]
        matches = [f"taken.{quote(column)} = candidate.{quote(column)}" for column in columns]
        if is_update:
            matches.append(f"taken.{quote(KEY_COLUMN)} <> candidate.{quote(KEY_COLUMN)}")
        sql = f"FROM {among} JOIN ({taken}) AS taken ON {' AND '.join(matches)}"
        rules.append(Rule("unique", index.name, index.fields, sql))
    return rules


def _key_rules(table: Table, dialect: Dialect) -> list[Rule]:
    if not table.primary_key.is_sent_by_client:
        return []
    key = dialect.quote(KEY_COLUMN)
    # A key is never used again, so the trash counts.
    sql = f"FROM candidate JOIN {dialect.quote(table.database_name)} AS taken ON taken.{key} = candidate.{key}"
    return [Rule("key", KEY_COLUMN, (KEY_COLUMN,), sql)]


@lru_cache(maxsize=1024)
def rules_statement(
    schema: Schema, table: Table, dialect: Dialect, changed: tuple[str, ...] | None, rows: int
) -> tuple[str, tuple[str, ...]]:
    """Return the statement that asks for all rules, and what of `values_at` is bound after all else.

    Parameter 1 is the instant, then come the columns of `bound_columns` for each row.
    """
    rules = table_rules(schema, table, dialect, changed)
    candidate = _created(table, dialect, rows) if changed is None else _changed(table, dialect, changed, rows)
    selects = [f'SELECT {number} AS rule, candidate."{ROW}" {rule.sql}' for number, rule in enumerate(rules)]
    if dialect is POSTGRESQL:
        # A locking clause may not stand at the level of a UNION, hence the brackets.
        selects = [f"({select})" for select in selects]
    text = f"WITH {candidate} {' UNION ALL '.join(selects)} ORDER BY 2, 1"
    return with_moment(text, len(bound_columns(table, dialect, changed)) * rows + 2, dialect)


@lru_cache(maxsize=1024)
def bound_columns(table: Table, dialect: Dialect, changed: tuple[str, ...] | None) -> tuple[tuple[str, str], ...]:
    """Return name and SQL type of what is bound for each row.

    Of a new one these are all columns, of a stored one the key and the columns of the changed fields.
    """
    lists = tuple((each.name, _LIST) for each in lists_asked_for(table, is_update=changed is not None))
    written = _written_columns(table, dialect)
    if changed is None:
        return (*written, *lists)
    replaced = _replaced(table, changed)
    columns = tuple(each for each in written if each[0] in replaced)
    return ((KEY_COLUMN, key_type(table)), *columns, *(each for each in lists if each[0] in changed))


def _created(table: Table, dialect: Dialect, rows: int) -> str:
    system = _system_columns(table, dialect)
    columns = bound_columns(table, dialect, None)
    names = ", ".join(dialect.quote(name) for name in [*(name for name, _ in columns), *system])
    return f'candidate("{ROW}", {names}) AS (VALUES {_values(columns, list(system.values()), dialect, rows)})'


def _values(columns: Sequence[tuple[str, str]], after: list[str], dialect: Dialect, rows: int) -> str:
    """Write rows, each with its number, what is bound for it, and what stands after that in all of them."""
    width = len(columns)
    return ", ".join(
        "("
        + ", ".join(
            [
                str(row),
                *(_cast(dialect, row * width + place + 2, kind) for place, (_, kind) in enumerate(columns)),
                *after,
            ]
        )
        + ")"
        for row in range(rows)
    )


def _changed(table: Table, dialect: Dialect, changed: tuple[str, ...], rows: int) -> str:
    """Write the stored rows as they would become."""
    quote, stored = dialect.quote, outer_row(table.unruled, dialect)
    columns = bound_columns(table, dialect, changed)
    sent = {name for name, _ in columns[1:]}
    selected = [f'_sent."{ROW}"']
    for name, _ in _written_columns(table, dialect):
        if name != KEY_COLUMN:
            selected.append(f"{f'_sent.{quote(name)}' if name in sent else stored.column(name)} AS {quote(name)}")
    for each in lists_asked_for(table, is_update=True):
        held = each.type.filter_expression(each.name, "A", stored)
        if each.name in sent:
            held = list_after(table, each, f"_sent.{quote(each.name)}", dialect)
        selected.append(f"{held} AS {quote(each.name)}")
    selected += [f"{stored.column(name)} AS {quote(name)}" for name in (KEY_COLUMN, CREATED_COLUMN, DELETED_COLUMN)]
    selected.append(f"{_cast(dialect, 1, _INSTANT)} AS {quote(UPDATED_COLUMN)}")
    names = ", ".join(quote(name) for name, _ in columns)
    source = f"_sent JOIN {quote(table.database_name)} ON {stored.column(KEY_COLUMN)} = _sent.{quote(KEY_COLUMN)}"
    values = f'_sent("{ROW}", {names}) AS (VALUES {_values(columns, [], dialect, rows)})'
    return f"{values}, candidate AS (SELECT {', '.join(selected)} FROM {source})"


def _replaced(table: Table, changed: tuple[str, ...]) -> set[str]:
    return {column for name in changed for column in table.by_name[name].type.column_names(name)}


def _system_columns(table: Table, dialect: Dialect) -> dict[str, str]:
    """Return the SQL of what a new row has in its system columns; a number that the database gives is not known yet."""
    now = _cast(dialect, 1, _INSTANT)
    never = f"CAST(NULL AS {_INSTANT})" if dialect is POSTGRESQL else "NULL"
    columns = {CREATED_COLUMN: now, UPDATED_COLUMN: now, DELETED_COLUMN: never}
    if not table.primary_key.is_sent_by_client:
        columns[KEY_COLUMN] = "CAST(NULL AS bigint)" if table.primary_key.is_integer else "NULL"
    return columns


def _cast(dialect: Dialect, number: int, kind: str) -> str:
    return f"CAST({dialect.placeholder(number)} AS {kind})" if dialect is POSTGRESQL else dialect.placeholder(number)


@lru_cache(maxsize=1024)
def _written_columns(table: Table, dialect: Dialect) -> tuple[tuple[str, str], ...]:
    """Return name and SQL type of every column that a create sets, in the order of `_parameters`."""
    columns = [(KEY_COLUMN, "text")] if table.primary_key.is_sent_by_client else []
    for each in table.fields:
        for column in each.type.columns(each.name, dialect):
            kind = column.type.compile(dialect=dialect.sqlalchemy).partition(" COLLATE ")[0]
            columns.append((column.name, kind))
    return tuple(columns)


def _column(table: Table, name: str) -> str:
    found = table.by_name.get(name)
    return found.type.column(name) if found else name
