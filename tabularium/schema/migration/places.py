"""Where rows are while a migration is planned: questions are asked before anything has its new name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tabularium.db.dialect import Dialect

Names = Mapping[str, str]
"""By the name of now: the later one."""


@dataclass(frozen=True, slots=True)
class Places:
    """By the name that a table will have: where it is now, and the columns (name of now → later)."""

    tables: Mapping[str, tuple[str, Names]] = field(default_factory=dict)

    def source(self, name: str, dialect: Dialect) -> str:
        """Write what stands after FROM, before an alias, to read the rows of a table under its later names."""
        quote = dialect.quote
        place, columns = self.tables.get(name, (name, {}))
        if all(before == after for before, after in columns.items()):
            return quote(place)
        listed = ", ".join(f"{quote(before)} AS {quote(after)}" for before, after in columns.items())
        return f"(SELECT {listed} FROM {quote(place)})"


def in_order(names: Names, temporary: Callable[[int], str]) -> Iterator[tuple[str, str]]:
    """Yield renames that can be done one after the other: those that swap go by way of temporary names."""
    changed = {before: after for before, after in names.items() if before != after}
    if not set(changed.values()) & set(changed):
        yield from changed.items()
        return
    for number, before in enumerate(changed):
        yield before, temporary(number)
    for number, after in enumerate(changed.values()):
        yield temporary(number), after
