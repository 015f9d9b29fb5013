"""From CSV to records, as if each row were created by a request of its own, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, BinaryIO

from tabularium.context import Context
from tabularium.db.pieces import pieces, rows_at_once
from tabularium.records import links, rules, statements, write
from tabularium.records.transfer.columns import Columns, columns_of, header_errors
from tabularium.records.transfer.csv_text import Cells, CsvFault, read_rows
from tabularium.records.transfer.line_errors import ImportRefused, LineError, LineErrors
from tabularium.records.values import Candidate
from tabularium.schema.model import Field, Table


async def import_csv(
    context: Context, table: Table, source: BinaryIO, on_progress: Callable[[int], None] = lambda _: None
) -> int:
    """Store the rows of a file and return their number. Must run in a write transaction of its own.

    The first row names the fields. An empty cell is null; a field without a column takes its default. `on_progress`
    gets the number of bytes read so far. Raises `ImportRefused` with the failures of all rows, after which the
    transaction must be rolled back.
    """
    loading = _Import(context, table)
    try:
        for line, cells in read_rows(source):
            if await loading.take(line, cells):
                on_progress(source.tell())
        await loading.store()
    except CsvFault as fault:
        await loading.store()
        loading.errors.add([LineError(fault.line, "", fault.message)])
    if loading.columns is None and not loading.errors.total:
        loading.errors.add([LineError(1, "", "the file is empty; its first row must name the fields")])
    if loading.errors.total:
        raise ImportRefused(loading.errors.listed, loading.errors.total)
    await loading.finish()
    return loading.stored


class _Import:
    """One file on its way. Rows are judged and stored some hundreds at a time."""

    def __init__(self, context: Context, table: Table) -> None:
        self.columns: Columns | None = None
        self.errors = LineErrors()
        self.stored = 0
        self._context = context
        self._table = table
        self._chunk = _Chunk(context, table)
        self._most = _most_rows(table)

    async def take(self, line: int, cells: Cells) -> bool:
        """Take a row, the header first. Return whether a whole chunk was stored."""
        if self.columns is None:
            self._take_header(line, cells)
            return False
        if len(cells) != len(self.columns.names):
            count = f"{len(cells)} cell{'' if len(cells) == 1 else 's'}"
            message = f"the row has {count}, and the first row names {len(self.columns.names)}"
            self._chunk.errors.append(LineError(line, "", message))
            return False
        candidate = self.columns.candidate(line, cells)
        is_due = len(self._chunk.candidates) >= self._most or self._chunk.concerns(candidate)
        if is_due:
            await self.store()
        self._chunk.add(candidate)
        return is_due

    def _take_header(self, line: int, cells: Cells) -> None:
        errors = header_errors(self._context, self._table, cells, line)
        if errors:
            # Without a header no cell can be judged.
            raise ImportRefused(errors, len(errors))
        self.columns = columns_of(self._context, self._table, [name for name in cells if name])

    async def store(self) -> None:
        """Judge and store the rows that wait; those that are refused are noted."""
        chunk, self._chunk = self._chunk, _Chunk(self._context, self._table)
        errors = chunk.errors
        for candidates in pieces(chunk.candidates):
            errors += map(LineError.of, await self._judge(candidates))
        self.errors.add(errors)
        refused = {error.line for error in errors}
        # Later rows are judged beside these also when the file is refused already.
        fit = [each for each in chunk.candidates if int(each.path) not in refused] if refused else chunk.candidates
        for candidates in pieces(fit):
            await write.store(self._context, self._table, candidates)
        self.stored += len(fit)

    async def finish(self) -> None:
        """Let the database know how much there is now."""
        session = self._context.session
        sql = statements.refresh_statistics(self._table, session.dialect)
        if sql is not None:
            await session.execute(sql)

    async def _judge(self, candidates: Sequence[Candidate]) -> list[Any]:
        context = self._context
        broken = await rules.broken_rules(context.session, context.schema, self._table, candidates, context.moment)
        broken.invalid += await links.missing_targets(
            context.session, context.schema, self._table, candidates, context.moment
        )
        return [*(error for each in candidates for error in each.errors), *broken.invalid, *broken.taken]


class _Chunk:
    """Rows that can be judged together, since none of them concerns another one."""

    def __init__(self, context: Context, table: Table) -> None:
        self.candidates: list[Candidate] = []
        self.errors: list[LineError] = []
        self._context = context
        self._table = table
        self._taken: set[Any] = set()
        self._links = [each.name for each in table.fields if _points_into(each, table)]
        self._keys = [each.fields for each in table.foreign_keys if each.referenced_table == table.name]
        self._is_unique = any(index.unique for index in table.indexes) or table.primary_key.is_sent_by_client

    def add(self, candidate: Candidate) -> None:
        self.candidates.append(candidate)
        self._taken.update(self._unique_values(candidate))

    def concerns(self, candidate: Candidate) -> bool:
        """Say whether a row of this chunk has a unique value of the candidate, or may be what it links to."""
        if not self.candidates:
            return False
        return self._may_link(candidate) or not self._taken.isdisjoint(self._unique_values(candidate))

    def _unique_values(self, candidate: Candidate) -> Iterable[Any]:
        if not self._is_unique:
            return ()
        return rules.unique_values(self._table, candidate, self._context.session.dialect)

    def _may_link(self, candidate: Candidate) -> bool:
        if any(candidate.values.get(name) for name in self._links):
            return True
        return any(all(candidate.values.get(name) is not None for name in names) for names in self._keys)


def _points_into(field: Field, table: Table) -> bool:
    """Say whether a value of the field is, or consists of, keys of the table."""
    pointed = field.type.related_table if field.type.is_stored_apart else field.type.referenced_table
    return pointed == table.name


def _most_rows(table: Table) -> int:
    """Return how many rows are judged and stored together."""
    if any(index.unique and index.where is not None for index in table.indexes):
        return 1  # Only the database can tell which rows such an index counts.
    most = rows_at_once(1 + sum(len(each.type.column_names(each.name)) for each in table.fields))
    return 1 << (most.bit_length() - 1)
