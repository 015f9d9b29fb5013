"""What a caller is told of records that cannot be stored: every failure, but no name of a field they cannot read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tabularium.access import policy
from tabularium.context import Context
from tabularium.errors import Conflict, FieldError, Forbidden, NotFound, ValidationFailed, shown
from tabularium.records.values import Candidate
from tabularium.schema.model import Table


def refuse_unknown(context: Context, table: Table, candidates: Sequence[Candidate]) -> None:
    """Raise where fields were sent that do not exist for the caller, with all else that is wrong with the values."""
    if any(each.names_unknown for each in candidates):
        refuse(context, table, candidates, [], [])


def refuse_forbidden(candidates: Sequence[Candidate]) -> None:
    """Raise where the caller set fields that they may only read."""
    forbidden = [error for each in candidates for error in each.forbidden]
    if forbidden:
        names = len(forbidden)
        message = forbidden[0].message if names == 1 else f"You may not set {names} of the fields; see errors."
        raise Forbidden(message, forbidden)


def no_such_records(places: Sequence[tuple[str, str]]) -> NotFound:
    """Return the error for ids, with their paths, that no record has which exists for the caller.

    Of a single record, whose id is part of the address, nothing is told.
    """
    message, count = "There is no such record.", len(places)
    errors = [FieldError(path, message, "not_found") for path, _ in places]
    told = message if count < 2 else f"{count} of the records do not exist; see errors."
    return NotFound(told, errors, list(dict.fromkeys(shown(key) for _, key in places)))


def forbidden_records(message: str, paths: Sequence[str]) -> Forbidden:
    """Return the error for records that a rule for rows keeps as they are; a single one has no path."""
    return Forbidden(message, [FieldError(path, message, "forbidden") for path in paths])


def refuse_rows(candidates: Sequence[Candidate], forbidden: Sequence[FieldError]) -> None:
    """Raise where a rule for rows forbids to store what was sent."""
    if forbidden:
        raise Forbidden("You may not store such a record.", list(forbidden) if candidates[0].path != "fields" else [])


def refuse(
    context: Context,
    table: Table,
    candidates: Sequence[Candidate],
    invalid: Sequence[FieldError],
    taken: Sequence[FieldError],
) -> None:
    """Raise if anything failed: the candidates' own errors, `invalid` ones, and values that are `taken`."""
    errors = [error for candidate in candidates for error in candidate.errors] + list(invalid)
    if errors or taken:
        raise refusal(context, table, candidates, errors, taken)


def refusal(
    context: Context,
    table: Table,
    candidates: Sequence[Candidate],
    invalid: Sequence[FieldError],
    taken: Sequence[FieldError],
) -> ValidationFailed | Conflict:
    """Return the error of what failed, in which values that do not fit come before those that are taken."""
    hidden = table.by_name.keys() - policy.access(context.identity, table).known
    paths = [each.path for each in candidates]
    told = list(dict.fromkeys(_told(invalid or taken, paths, hidden)))
    return ValidationFailed(_summary(told), told) if invalid else Conflict(_summary(told), told)


def _told(errors: Sequence[FieldError], paths: Sequence[str], hidden: Collection[str]) -> Iterator[FieldError]:
    """Yield the errors; one about a hidden field, which was not sent, becomes one about the record."""
    for error in errors:
        path = next((each for each in paths if error.field.startswith(f"{each}.")), None)
        name = "" if path is None else error.field[len(path) + 1 :].partition(".")[0]
        if path is not None and name in hidden and error.code != "unknown_field":
            yield FieldError(path, "The record cannot be stored with what you may set of it.", error.code)
        else:
            yield error


def _summary(errors: Sequence[FieldError]) -> str:
    if len(errors) == 1:
        return errors[0].message
    return f"{len(errors)} values are not accepted; see errors."
