"""What a caller is told of records that cannot go or come back: no name of what does not exist for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from tabularium.access import policy
from tabularium.context import Context
from tabularium.errors import Conflict, FieldError, ValidationFailed
from tabularium.records import refusals, rules
from tabularium.records.trash.outcome import Failure, Outcome
from tabularium.records.trash.references import Reference
from tabularium.records.trash.writing import Unfit
from tabularium.schema.model import Table

Told = tuple[str, str, str]
"""A place as in `Failure.field`, a message and a code."""

RESTRICTED: Final = "restricted"
NOT_DELETED: Final = "not_deleted"
NOT_UNIQUE: Final = "not_unique"
PARENT_DELETED: Final = "parent_deleted"

_INVALID: Final = frozenset({NOT_DELETED, "check_failed"})
"""Codes of requests that are wrong as they stand; all others are conflicts with what is stored."""
_RECORD: Final = "recordId"
"""Stands where no field can be named: the parameter of the path."""
_REFUSED: Final = "You may not delete this record, or bring it back."
_UNSEEN: Final = "Records that you may not see forbid it."


def place_of(context: Context, table: Table, name: str, *, is_own: bool) -> str:
    """Return `field` for a field of the record itself, `table.field` for one of a child.

    Nothing for one that does not exist for the caller, nor for a child of a table whose rows a rule may hide from them.
    """
    may_be_hidden = not is_own and "read" in table.row_rules
    if may_be_hidden or name not in policy.readable_names(context.identity, table):
        return ""
    return name if is_own else f"{table.name}.{name}"


def told_restriction(context: Context, reference: Reference) -> Iterator[Told]:
    """Yield through which fields of a child it holds the record."""
    for name in reference.fields:
        place = place_of(context, reference.child, name, is_own=False)
        seen = f'Records of the table "{reference.child.name}" point at it through "{name}".'
        yield place, seen if place else _UNSEEN, RESTRICTED


def told_parent(context: Context, reference: Reference, *, is_own: bool) -> Iterator[Told]:
    """Yield which fields point at a record that is in the trash."""
    for name in reference.fields:
        place = place_of(context, reference.child, name, is_own=is_own)
        message = "The record that this link leads to is in the trash." if place else _UNSEEN
        yield place, message, PARENT_DELETED


def told_value(context: Context, table: Table, name: str, *, is_own: bool) -> Told:
    """Return that the value of a field is taken."""
    place = place_of(context, table, name, is_own=is_own)
    return place, "This value is taken already." if place else _UNSEEN, NOT_UNIQUE


def told_violation(context: Context, unfit: Unfit, *, is_own: bool) -> Iterator[Told]:
    """Yield what the database itself refused: a constraint, or a value that another writer has just taken."""
    broken = rules.broken_by(unfit.table, unfit.violation, "")
    for error in (*broken.invalid, *broken.taken):
        place = place_of(context, unfit.table, error.field.removeprefix("."), is_own=is_own)
        yield place, error.message if place else _UNSEEN, error.code


def changes_or_refusal(outcome: Outcome) -> Outcome:
    """Return the outcome of a request for one record. Raises where nothing was done."""
    if outcome.missing:
        raise refusals.no_such_records([])
    if outcome.refused:
        raise refusals.forbidden_records(_REFUSED, [])
    if outcome.failures:
        raise _refusal(outcome.failures, lambda each: each.field or _RECORD)
    return outcome


def changes_or_refusals(outcome: Outcome, ids: Sequence[str]) -> Outcome:
    """Return the outcome of a request for many records, whose ids these are. Raises where nothing was done."""
    if outcome.missing:
        raise refusals.no_such_records([(f"ids.{place}", ids[place]) for place in outcome.missing])
    if outcome.refused:
        raise refusals.forbidden_records(_REFUSED, [f"ids.{place}" for place in outcome.refused])
    if outcome.failures:
        raise _refusal(outcome.failures, lambda each: f"ids.{each.index}{each.field and f'.{each.field}'}")
    return outcome


def _refusal(failures: tuple[Failure, ...], place: Callable[[Failure], str]) -> ValidationFailed | Conflict:
    errors = [FieldError(place(each), each.message, each.code) for each in failures]
    kind = ValidationFailed if failures[0].code in _INVALID else Conflict
    return kind(errors[0].message if len(errors) == 1 else f"{len(errors)} reasons forbid it; see errors.", errors)
