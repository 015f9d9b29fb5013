"""From the values of a request to stored values: names, types, defaults, `required`. Every failure is reported."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from tabularium.access.policy import TableAccess
from tabularium.db.dialect import Dialect
from tabularium.errors import FieldError, listed, shown
from tabularium.query.system_fields import system_fields
from tabularium.schema.fields.base import Change, InvalidValue, Mode
from tabularium.schema.model import KEY_COLUMN, MAX_KEY_LENGTH, UNREACHABLE_KEYS, Field, Table

_NO_TEXT_KEY: Final = (
    f"An id has 1 to {MAX_KEY_LENGTH} characters of A-Z a-z 0-9 . _ ~ - and is none of: {' '.join(UNREACHABLE_KEYS)}"
)


@dataclass(slots=True)
class Candidate:
    """One record as it is about to be stored.

    `values` holds the stored form by field name; a field that failed is missing, one that is empty is `None`.
    `path` leads to its fields in the request: `fields`, or `records.3.fields`.
    """

    path: str
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)
    sent: frozenset[str] = frozenset()
    """The fields whose values came with the request."""
    forbidden: list[FieldError] = field(default_factory=list)
    """The fields that were sent and that the caller may read, but not set."""
    key: int | str | None = None
    """The driver value of the key, where it is known before the insert."""

    def refuse(self, name: str, message: str, code: str) -> None:
        """Note a failure of the field `name`."""
        self.errors.append(FieldError(f"{self.path}.{name}", message, code))

    def forbid(self, name: str) -> None:
        """Note that the caller may not set the field `name`, which exists for them."""
        self.forbidden.append(FieldError(f"{self.path}.{name}", f'You may not set the field "{name}".', "forbidden"))

    @property
    def names_unknown(self) -> bool:
        """Whether a field was sent that does not exist for the caller."""
        return bool(self.errors) and any(error.code == "unknown_field" for error in self.errors)

    def has_failed(self, name: str) -> bool:
        """Say whether the field `name`, or a part of its value, was refused."""
        path = f"{self.path}.{name}"
        return any(error.field == path or error.field.startswith(f"{path}.") for error in self.errors)


def sent_fields(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values of a body, which is `{"fields": {…}}` or the flat form; no field can be called `fields`."""
    fields: Mapping[str, Any] = body.get("fields", body)
    return fields


def sent_changes(body: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    """Return the `updatedAt` that the caller of an update has seen, if it was sent, and the values beside it."""
    seen: str | None = body.get("updatedAt")
    # Only in the flat form does it stand among the fields, none of which can be called so.
    return seen, body["fields"] if "fields" in body else {name: body[name] for name in body if name != "updatedAt"}


def read_values(table: Table, sent: Mapping[str, Any], access: TableAccess, candidate: Candidate, mode: Mode) -> None:
    """Parse what was sent into `candidate`; an unknown field, a read-only one and an unfit value are errors.

    A field that exists for the caller and that they may not set is forbidden, whatever its value.
    """
    unknown: list[str] = []
    candidate.sent = frozenset(sent)
    by_name, writable, read = table.by_name, access.writable, candidate.values
    for name, value in sent.items():
        if name not in writable:
            _refuse_value(table, name, access, candidate, unknown)
        elif value is None:
            read[name] = None
        else:
            try:
                read[name] = by_name[name].type.parse(value, mode)
            except InvalidValue as invalid:
                _note(name, invalid, candidate)
    for name in unknown:
        # Once is enough to say what is allowed: a table may have five hundred fields.
        hint = f" Allowed are: {_names(table, writable)}." if name is unknown[0] and writable else ""
        candidate.refuse(shown(name), f"There is no such field in this table.{hint}", "unknown_field")


def _refuse_value(table: Table, name: str, access: TableAccess, candidate: Candidate, unknown: list[str]) -> None:
    found = table.by_name.get(name) if name in access.known else None
    if found is None and name not in system_fields(table):
        unknown.append(name)
    elif found is not None and not found.type.is_read_only:
        candidate.forbid(name)
    else:
        candidate.refuse(name, "The server sets this field; leave it out.", "read_only")


def _note(name: str, invalid: InvalidValue, candidate: Candidate) -> None:
    for problem in invalid.problems:
        place = f"{name}.{problem.path}" if problem.path else name
        candidate.refuse(place, problem.message, problem.code)


def _names(table: Table, writable: Collection[str]) -> str:
    return listed([each.name for each in table.fields if each.name in writable])


def is_set_by_server(table: Table, name: str) -> bool:
    """Say whether `name` is that of a read-only field or, in either spelling, of a system column."""
    found = table.by_name.get(name)
    return name in system_fields(table) if found is None else found.type.is_read_only


def apply_defaults(
    table: Table, sent: Mapping[str, Any], candidate: Candidate, now: str, user: str | None = None
) -> None:
    """Give every stored field that was not sent its default, the user who creates the record, or null."""
    for each in stored_fields(table):
        if each.name in sent:
            continue
        default = each.type.default_value(each.default, now, user) if each.has_default else None
        candidate.values[each.name] = user if "create" in each.type.set_on else default


def check_required(table: Table, candidate: Candidate) -> None:
    """Refuse an empty value, among those present in `candidate`, where the field is required."""
    for each in required_fields(table):
        if each.name in candidate.values:
            value = candidate.values[each.name]
            if value is None or each.type.is_blank(value):
                candidate.refuse(each.name, "A value is required here.", "required")


def read_key(table: Table, sent: Mapping[str, Any], candidate: Candidate) -> Mapping[str, Any]:
    """Take the key out of what was sent, where the client sets it, and return the rest."""
    if not table.primary_key.is_sent_by_client:
        return sent
    if sent.get(KEY_COLUMN) is None:
        candidate.refuse(KEY_COLUMN, "A value is required here.", "required")
    elif not isinstance(sent[KEY_COLUMN], str):
        candidate.refuse(KEY_COLUMN, "Send the id as text.", "wrong_type")
    else:
        candidate.key = table.primary_key.parse(sent[KEY_COLUMN])
        if candidate.key is None:
            candidate.refuse(KEY_COLUMN, _NO_TEXT_KEY, "invalid_id")
    return {name: value for name, value in sent.items() if name != KEY_COLUMN}


def driver_values(found: Field, candidate: Candidate, dialect: Dialect) -> tuple[Any, ...]:
    """Return what is bound for the columns of a field; nothing for a field without columns of its own."""
    if not found.type.column_names(found.name):
        return ()
    return found.type.encode(candidate.values.get(found.name), dialect)


Encode = Callable[[Any, Dialect], tuple[Any, ...]]


@lru_cache(maxsize=4096)
def encoders(table: Table, names: tuple[str, ...] | None = None) -> tuple[tuple[str, Encode | None], ...]:
    """Return how fields are bound, of which all are meant without `names`: those with columns of their own.

    Without a function a value is bound as it is.
    """
    fields = table.fields if names is None else [table.by_name[name] for name in names]
    return tuple(
        (each.name, None if each.type.binds_plainly else each.type.encode)
        for each in fields
        if each.type.column_names(each.name)
    )


def bind(
    parameters: list[Any], fields: Sequence[tuple[str, Encode | None]], candidate: Candidate, dialect: Dialect
) -> None:
    """Add the driver values of fields, which `encoders` describes, to the parameters of a statement."""
    values = candidate.values
    for name, encode in fields:
        value = values.get(name)
        if encode is None:
            parameters.append(value)
        else:
            parameters += encode(value, dialect)


def driver_columns(table: Table, candidates: Sequence[Candidate], dialect: Dialect) -> list[Sequence[Any]]:
    """Return the driver values of candidates, as many for each column of all fields."""
    rows, columns = [candidate.values for candidate in candidates], list[Sequence[Any]]()
    for name, encode in encoders(table):
        if encode is None:
            columns.append([row.get(name) for row in rows])
        else:
            columns += zip(*[encode(row.get(name), dialect) for row in rows], strict=True)
    return columns


@lru_cache(maxsize=1024)
def stored_fields(table: Table) -> tuple[Field, ...]:
    """Return the fields that a write sets, in configuration order."""
    return tuple(each for each in table.fields if each.type.column_names(each.name) or each.type.is_stored_apart)


@lru_cache(maxsize=1024)
def stored_names(table: Table) -> frozenset[str]:
    """Return the names of these fields."""
    return frozenset(each.name for each in stored_fields(table))


@lru_cache(maxsize=1024)
def fields_apart(table: Table) -> tuple[Field, ...]:
    """Return the fields whose values lie in tables of links."""
    return tuple(each for each in table.fields if each.type.is_stored_apart)


@lru_cache(maxsize=1024)
def signed_fields(table: Table, change: Change) -> tuple[Field, ...]:
    """Return the fields that hold who makes such a change."""
    return tuple(each for each in table.fields if change in each.type.set_on)


@lru_cache(maxsize=1024)
def numbered_fields(table: Table) -> tuple[tuple[Field, int], ...]:
    """Return the fields that number records, each with the first of its numbers."""
    return tuple((each, each.type.first_number) for each in table.fields if each.type.first_number is not None)


@lru_cache(maxsize=1024)
def required_fields(table: Table) -> tuple[Field, ...]:
    """Return the fields that a record must have a value for."""
    return tuple(each for each in table.fields if each.required)


def to_json(found: Field, value: Any) -> Any:
    """Turn a stored value into the JSON form, without a database."""
    if value is None:
        # There is nothing between an empty set of links and none.
        return [] if found.type.is_stored_apart else None
    return found.type.present(value)


def presented(table: Table, candidate: Candidate) -> dict[str, Any]:
    """Return the JSON form of every field that a write sets."""
    shown = {**_nothing(table), **candidate.values}
    for name, present, is_apart in _presenters(table):
        value = shown[name]
        if value is not None:
            shown[name] = present(value)
        elif is_apart:
            shown[name] = []
    return shown


@lru_cache(maxsize=1024)
def _nothing(table: Table) -> Mapping[str, None]:
    return dict.fromkeys(each.name for each in stored_fields(table))


def _same(value: Any) -> Any:
    return value


@lru_cache(maxsize=1024)
def _presenters(table: Table) -> tuple[tuple[str, Callable[[Any], Any], bool], ...]:
    """Return the fields whose JSON form may be another than the stored one, links among them, which are never null."""
    every = ((each.name, each.type.presenter(), each.type.is_stored_apart) for each in stored_fields(table))
    return tuple((name, present or _same, is_apart) for name, present, is_apart in every if present or is_apart)
