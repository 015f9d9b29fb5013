"""Tables of links that get another name, or serve other fields than before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.names import own_name
from tabularium.schema.migration.description import AppliedLink
from tabularium.schema.migration.places import in_order
from tabularium.schema.migration.steps import Phase, Step

_ENDS = ("source", "target")


@dataclass(frozen=True, slots=True)
class LinkMove:
    """The links of one field: where they are and where they shall be. `creation` makes an empty table there."""

    table: str
    former: AppliedLink
    later: AppliedLink
    creation: Sequence[str]


def move_links(moves: Sequence[LinkMove], dialect: Dialect) -> Iterator[Step]:
    """Yield the steps that move links. Two fields that are each other's other end have one table."""
    renames: dict[str, LinkMove] = {}
    others: list[LinkMove] = []
    for move in moves:
        first = renames.get(move.former.name)
        if first is not None and first.later.name != move.later.name:
            others.append(move)  # two ends part: the second one gets a copy
        elif first is None and any(each.later.name == move.later.name for each in renames.values()):
            others.append(move)  # two links become one: theirs are joined
        elif first is None:
            renames[move.former.name] = move
    writer = _Writer(dialect)
    yield from _steps("rename a table of links", renames, writer)
    for move in others:
        origin = renames.get(move.former.name)
        own = move.former.own
        if origin is not None:
            is_turned = origin.former.own != origin.later.own
            now = AppliedLink(name=origin.later.name, own=_other(own) if is_turned else own)
            sql = [*move.creation, writer.copy(now, move.later)]
            yield _step(move, f"copy links to a table of their own ({move.later.name})", sql)
        else:
            sql = [writer.copy(move.former, move.later), f"DROP TABLE {dialect.quote(move.former.name)}"]
            yield _step(move, "join the links of two fields", sql)


def _steps(summary: str, renames: dict[str, LinkMove], writer: _Writer) -> Iterator[Step]:
    names = {former: move.later.name for former, move in renames.items()}
    at = dict(zip(names, names, strict=True))
    for before, after in in_order(names, lambda number: f"_moved_links_{number}"):
        origin = next(first for first, now in at.items() if now == before)
        at[origin] = after
        yield _step(renames[origin], summary, writer.rename(before, after))
    for move in renames.values():
        if move.former.own != move.later.own:
            yield _step(move, "turn a table of links", writer.turn(move.later.name))


def _step(move: LinkMove, summary: str, sql: Sequence[str]) -> Step:
    return Step(Phase.RENAME, move.table, summary, tuple((text, ()) for text in sql))


def _other(end: str) -> str:
    return _ENDS[1 - _ENDS.index(end)]


class _Writer:
    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._quote = dialect.quote

    def rename(self, before: str, after: str) -> list[str]:
        former, later = (self._quote(own_name("ix", name)) for name in (before, after))
        sql = [f"ALTER TABLE {self._quote(before)} RENAME TO {self._quote(after)}"]
        if self._dialect is SQLITE:  # which cannot rename an index
            columns = f'"{_ENDS[1]}", "{_ENDS[0]}"'
            return [*sql, f"DROP INDEX {former}", f"CREATE INDEX {later} ON {self._quote(after)} ({columns})"]
        return [*sql, f"ALTER INDEX {former} RENAME TO {later}"]

    def turn(self, name: str) -> list[str]:
        """Swap the columns. Their two indexes serve both directions."""
        table = f"ALTER TABLE {self._quote(name)} RENAME COLUMN"
        source, target = _ENDS
        return [
            f'{table} "{source}" TO "_turned"',
            f'{table} "{target}" TO "{source}"',
            f'{table} "_turned" TO "{target}"',
        ]

    def copy(self, origin: AppliedLink, later: AppliedLink) -> str:
        columns = (later.own, _other(later.own))
        values = (origin.own, _other(origin.own))
        into = f"{self._quote(later.name)} ({', '.join(map(self._quote, columns))})"
        # Without the WHERE SQLite takes ON for that of a join.
        return (
            f"INSERT INTO {into} SELECT {', '.join(map(self._quote, values))} FROM {self._quote(origin.name)} "
            "WHERE TRUE ON CONFLICT DO NOTHING"
        )
