"""The columns of a file: which field each one fills, and how its cells become stored values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tabularium.access import policy
from tabularium.config.problems import quoted, suggestion
from tabularium.context import Context
from tabularium.ids import uuid7
from tabularium.records import values, write
from tabularium.records.transfer.csv_text import Cells
from tabularium.records.transfer.line_errors import LineError
from tabularium.records.values import Candidate
from tabularium.schema.fields.base import InvalidValue
from tabularium.schema.model import KEY_COLUMN, Field, Table

_CELLS_KEPT: Final = 4096
_LONGEST_KEPT: Final = 64

ReadCell = Callable[[str | None], Any]


class _Unfit(Exception):
    """A cell that holds no value for its field; the ordinary checks say why."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Turns rows into candidates. A column that the file lacks takes the default of its field, or null."""

    context: Context
    table: Table
    names: Sequence[str]
    """The header, which `header_errors` has found to be in order."""
    readers: Sequence[ReadCell]
    absent: Mapping[str, Any]
    """The stored values of the fields that the file lacks."""

    def candidate(self, line: int, cells: Cells) -> Candidate:
        """Read one row, with as many cells as there are columns; failures are noted in the candidate."""
        candidate = Candidate(str(line))
        try:
            read = [reader(cell) for reader, cell in zip(self.readers, cells, strict=True)]
        except _Unfit:
            return self._explained(candidate.path, cells)
        candidate.values = dict(zip(self.names, read, strict=True))
        candidate.values.update(self.absent)
        if self.table.primary_key.is_sent_by_client:
            candidate.key = candidate.values.pop(KEY_COLUMN)
        elif not self.table.primary_key.is_integer:
            candidate.key = str(uuid7())
        return candidate

    def _explained(self, path: str, cells: Cells) -> Candidate:
        """Read a row that has a fault as a request would be read, which finds every one and words it."""
        sent: dict[str, Any] = {}
        unreadable: dict[str, InvalidValue] = {}
        for name, cell in zip(self.names, cells, strict=True):
            field = self.table.by_name.get(name)
            try:
                sent[name] = cell if cell is None or field is None else field.type.from_text(cell)
            except InvalidValue as invalid:
                sent[name], unreadable[name] = None, invalid
        candidate = write.prepare(self.context, self.table, sent, path, "import")
        for name, reason in unreadable.items():
            candidate.values.pop(name, None)
            candidate.errors = [error for error in candidate.errors if error.field != f"{path}.{name}"]
            for problem in reason.problems:
                candidate.refuse(name, problem.message, problem.code)
        return candidate


def columns_of(context: Context, table: Table, names: Sequence[str]) -> Columns:
    """Prepare the reading of rows under a header without errors."""
    absent = Candidate("")
    values.apply_defaults(table, dict.fromkeys(names), absent, context.now, context.identity.user_id)
    readers = [_reader(table, name) for name in names]
    return Columns(context, table, names, readers, absent.values)


def _reader(table: Table, name: str) -> ReadCell:
    """Return what reads the cells of a column: most of a large file hold the same few values again and again."""
    if name == KEY_COLUMN:
        return _key_reader(table)
    read = _field_reader(table.by_name[name])
    remembered = lru_cache(_CELLS_KEPT)(read)

    def read_cell(cell: str | None) -> Any:
        return remembered(cell) if cell is None or len(cell) <= _LONGEST_KEPT else read(cell)

    return read_cell


def _key_reader(table: Table) -> ReadCell:
    def read(cell: str | None) -> Any:
        key = table.primary_key.parse(cell)
        if key is None:
            raise _Unfit
        return key

    return read


def _field_reader(field: Field) -> ReadCell:
    def read(cell: str | None) -> Any:
        try:
            value = None if cell is None else field.type.parse(field.type.from_text(cell), "import")
        except InvalidValue:
            raise _Unfit from None
        if field.required and (value is None or field.type.is_blank(value)):
            raise _Unfit
        return value

    return read


def header_errors(context: Context, table: Table, header: Cells, line: int) -> list[LineError]:
    """Return everything that is wrong with the names in the first row."""
    writable = policy.writable_names(context.identity, table)
    allowed = writable | ({KEY_COLUMN} if table.primary_key.is_sent_by_client else set())
    repeated = [name for name, count in Counter(header).items() if name is not None and count > 1]
    messages = [
        *(message for name in dict.fromkeys(header) for message in _name_errors(table, name, allowed)),
        *(f"the column {quoted(name)} is there more than once" for name in repeated),
        *_missing_columns(context, table, header),
    ]
    return [LineError(line, "", message) for message in messages]


def _name_errors(table: Table, name: str | None, allowed: Collection[str]) -> Iterator[str]:
    if name in allowed:
        return
    if name == KEY_COLUMN:
        yield 'the server makes the ids of this table; leave the column "id" out'
    elif not name:
        yield "a column has no name; the first row names the field of each column"
    elif values.is_set_by_server(table, name):
        yield f"the server sets the field {quoted(name)}; leave its column out"
    else:
        yield f"the table has no field {quoted(name)}{suggestion(name, allowed)}"


def _missing_columns(context: Context, table: Table, header: Cells) -> Iterator[str]:
    if table.primary_key.is_sent_by_client and KEY_COLUMN not in header:
        yield 'the column "id" is missing: the client sets the ids of this table'
    absent = Candidate("")
    values.apply_defaults(table, {name: None for name in header if name}, absent, context.now, context.identity.user_id)
    values.check_required(table, absent)
    for error in absent.errors:
        name = error.field.removeprefix(".")
        yield f"the column {quoted(name)} is missing: the field is required and has no default"
