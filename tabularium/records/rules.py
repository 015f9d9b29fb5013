"""What only the database can judge: links, unique values, constraints. One statement asks for all of it.

The database holds keys, unique indexes and constraints itself, too. Asking first is what lets an answer name every
failure, and the same ones on both databases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from tabularium import json_text
from tabularium.db.database import CheckViolation, ForeignKeyViolation, Session, UniqueViolation
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.names import primary_key_name
from tabularium.db.pieces import pieces, rows_at_once
from tabularium.errors import FieldError
from tabularium.query.moment import Moment
from tabularium.query.rows import values_at
from tabularium.records.rule_sql import Kind, Rule, bound_columns, lists_asked_for, rules_statement, table_rules
from tabularium.records.values import Candidate, driver_values
from tabularium.schema.model import KEY_COLUMN, Schema, Table

_MESSAGES: Final[Mapping[Kind, tuple[str, str]]] = {
    "row": ("forbidden", "You may not store such a record."),
    "link": ("not_found", "There is no such record{target} to link to."),
    "user": ("not_found", "There is no such user{target}."),
    "check": ("check_failed", 'The constraint "{name}" does not allow this.'),
    "unique": ("not_unique", "This value is taken already."),
    "key": ("not_unique", "This id is taken already."),
}


@dataclass(slots=True)
class Broken:
    """The failures that were found, by the status they lead to: `forbidden` 403, `invalid` 400, `taken` 409."""

    invalid: list[FieldError] = field(default_factory=list)
    taken: list[FieldError] = field(default_factory=list)
    forbidden: list[FieldError] = field(default_factory=list)

    def note(self, kind: Kind, errors: list[FieldError]) -> None:
        """Add the failures of one rule."""
        if kind == "row":
            self.forbidden += errors
        elif kind in ("unique", "key"):
            self.taken += errors
        else:
            self.invalid += errors


Violation = UniqueViolation | ForeignKeyViolation | CheckViolation


async def broken_rules(
    session: Session,
    schema: Schema,
    table: Table,
    candidates: Sequence[Candidate],
    moment: Moment,
    changed: tuple[str, ...] | None = None,
) -> Broken:
    """Ask the database which rules the candidates break.

    `changed` is `None` for rows to be created; for an update it names the fields that change in all of the candidates,
    and only rules over those are asked. Rules over a field that failed already are left out. Costs one statement for
    some hundred candidates, or none where the table has no such rule.
    """
    rules = () if changed == () else table_rules(schema, table, session.dialect, changed)
    broken = Broken()
    if not rules:
        return broken
    most = rows_at_once(len(bound_columns(table, session.dialect, changed)))
    for some in pieces(candidates, most):
        sql, last = rules_statement(schema, table, session.dialect, changed, len(some))
        bound = [*_parameters(table, some, session.dialect, changed, moment.now), *values_at(last, moment)]
        for number, row in await session.fetch_all(sql, bound):
            _note(rules[number], some[row], broken)
    return broken


def broken_by(table: Table, violation: Violation, path: str) -> Broken:
    """Return what the database itself refused, although it held when it was asked: another writer was faster."""
    kind, name, fields = _violated_rule(table, violation)
    broken = Broken()
    broken.note(kind, _errors(kind, fields, path, name))
    return broken


def _violated_rule(table: Table, violation: Violation) -> tuple[Kind, str, tuple[str, ...]]:
    if isinstance(violation, ForeignKeyViolation):
        return "link", "", ()
    if isinstance(violation, CheckViolation):
        check = next((each for each in table.checks if each.name == violation.constraint), None)
        return "check", violation.constraint or "", check.fields if check else ()
    if violation.index == primary_key_name(table.database_name):
        return "key", KEY_COLUMN, (KEY_COLUMN,)
    index = next((each for each in table.indexes if each.name == violation.index), None)
    return "unique", violation.index or "", index.fields if index else ()


def taken_twice(table: Table, candidates: Sequence[Candidate], dialect: Dialect) -> list[FieldError]:
    """Return an error for every candidate whose unique values another one of the same request has as well."""
    if len(candidates) < 2 or not _unique_groups(table):
        return []
    seen: dict[tuple[Any, ...], list[Candidate]] = {}
    for candidate in candidates:
        for value in unique_values(table, candidate, dialect):
            seen.setdefault(value, []).append(candidate)
    shared = [(value[0], sharing) for value, sharing in seen.items() if len(sharing) > 1]
    return [error for fields, sharing in shared for each in sharing for error in _errors("unique", fields, each.path)]


def unique_values(table: Table, candidate: Candidate, dialect: Dialect) -> list[tuple[Any, ...]]:
    """Return what no other record may have: for each unique group its fields and their values, unless one is empty."""
    found: list[tuple[Any, ...]] = []
    for fields in _unique_groups(table):
        value = (candidate.key,) if fields == (KEY_COLUMN,) else _unique_value(table, fields, candidate, dialect)
        if None not in value:
            found.append((fields, *value))
    return found


def _errors(kind: Kind, fields: Sequence[str], path: str, name: str = "", target: str = "") -> list[FieldError]:
    code, message = _MESSAGES[kind]
    paths = [f"{path}.{field}" for field in fields] or [path]
    return [FieldError(each, message.format(name=name, target=target), code) for each in paths]


@lru_cache(maxsize=1024)
def _unique_groups(table: Table) -> list[tuple[str, ...]]:
    # A partial index does not count every row, so only the database can tell whether two of its rows clash.
    groups = dict.fromkeys(index.fields for index in table.indexes if index.unique and index.where is None)
    return [*groups, (KEY_COLUMN,)] if table.primary_key.is_sent_by_client else [*groups]


def _unique_value(table: Table, fields: Sequence[str], candidate: Candidate, dialect: Dialect) -> tuple[Any, ...]:
    value: list[Any] = []
    for name in fields:
        field = table.by_name[name]
        by_column = dict(zip(field.type.column_names(name), driver_values(field, candidate, dialect), strict=True))
        value += [by_column[column] for column in field.type.unique_columns(name)]
    return tuple(value)


def _note(rule: Rule, candidate: Candidate, broken: Broken) -> None:
    if any(candidate.has_failed(name) for name in rule.fields):
        return  # The rule was asked about a value that nobody sent.
    if rule.kind == "row":
        # Which of its fields decide is nobody's business who may not read them.
        broken.note(rule.kind, _errors(rule.kind, (), candidate.path))
        return
    is_link = rule.kind in ("link", "user") and rule.fields == (rule.name,)
    # Of a foreign key over several fields some may be stored values, which no message repeats.
    target = f' "{candidate.values[rule.name]}"' if is_link and rule.name in candidate.values else ""
    broken.note(rule.kind, _errors(rule.kind, rule.fields, candidate.path, rule.name, target))


def _parameters(
    table: Table, candidates: Sequence[Candidate], dialect: Dialect, changed: tuple[str, ...] | None, now: str
) -> list[Any]:
    wanted = None if changed is None else set(changed)
    lists = lists_asked_for(table, is_update=wanted is not None)
    parameters: list[Any] = [now]
    for candidate in candidates:
        if wanted is not None or table.primary_key.is_sent_by_client:
            parameters.append(candidate.key)
        for each in table.fields:
            if wanted is None or each.name in wanted:
                parameters += driver_values(each, candidate, dialect)
        for each in lists:
            if wanted is None or each.name in wanted:
                parameters.append(_bound_list(candidate.values.get(each.name) or (), dialect))
    return parameters


def _bound_list(keys: Sequence[Any], dialect: Dialect) -> Any:
    return json_text.dump(list(keys)).decode() if dialect is SQLITE else [str(key) for key in keys]
