"""The access matrix as text: sections of lines, each section with the callers that are its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NO_TARGET = "-"
HEADING = """\
# Who gets what from each operation: one line for an operation and what it is done to, one column for a caller.
# `UPDATE_GOLDEN=1 pytest tests/access/test_matrix.py` writes it anew; read the difference as you would read code.
#
# A cell is the status. What stands after it, the heading of its section tells. With `operation?parameter` the parameter
# is true, and asks for another action. The callers are in tests/access/matrix/callers.py.
"""
HEADINGS = {
    "tables": """\
# What of a table the answer shows: the initials of fields (title, secret, fixed), or `+` for the table itself where no
# table is asked for. For a field (`table.field`) the request names this one field, to read or to write it; `rw` is what
# the caller is told of it. For `table:actions` it is what the caller is told of the table: read, create, update, delete,
# comMent, reStore, Permanent delete. By `match:table.field` an upsert finds its records by this field. The tables are in
# tests/access/matrix/application.py.
""",
    "others": """\
# `error` is a redirect that tells of a failure.
""",
    "rows": """\
# What is done to rows under rules. `member` owns `own`, `final` (which nobody may change) and `kept` (which nobody may
# delete); `foreign` owns `shared`, which everybody may read, and `foreign`. A `+` where the answer shows the row. By
# `one:row` and `many:row` a record that all may write is linked to the row, or one that is so linked is displayed.
# `own>foreign` gives a row away, `own+row` names two in one request, `match:row` is an upsert that would find the row, and
# `trash:row` is a row that is in the trash already. For `count` there follows how many rows are counted, for `actions`
# what the caller is told, as above. The tables are in tests/access/matrix/rows.py.
""",
}
_BEGINNING = "\n## "


@dataclass(frozen=True)
class Row:
    """A line: an operation, its target (nothing, a table, a field of one, a row, …), and a cell for each caller."""

    operation: str
    target: str
    cells: Mapping[str, str]

    @property
    def has_success(self) -> bool:
        """Whether it shows a caller whom the operation serves."""
        return any(cell[0] in "23" and not cell.endswith("error") for cell in self.cells.values())


def as_text(section: str, rows: list[Row]) -> str:
    """Return a section of the golden file."""
    lines = [
        ("operation", "target", *rows[0].cells),
        *((row.operation, row.target, *row.cells.values()) for row in rows),
    ]
    first, second = (max(len(line[column]) for line in lines) for column in (0, 1))
    width = max(len(cell) for line in lines for cell in line[2:])
    return f"{_BEGINNING}{section}\n{HEADINGS[section]}" + "".join(
        f"{name:<{first}}  {target:<{second}}  {'  '.join(f'{cell:<{width}}' for cell in cells)}".rstrip() + "\n"
        for name, target, *cells in lines
    )


def sections_of(text: str) -> dict[str, str]:
    """Return the sections of the golden file by their names."""
    return {each.partition("\n")[0]: f"{_BEGINNING}{each}" for each in text.split(_BEGINNING)[1:]}


def whole_text(sections: Mapping[str, str]) -> str:
    """Return the golden file, as far as its sections are known."""
    return HEADING + "".join(sections[name] for name in HEADINGS if name in sections)


def read_section(text: str) -> list[Row]:
    """Return the rows of a section."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    if not lines:
        return []
    names = lines[0].split()[2:]
    starts = [lines[0].index(f" {name}") + 1 for name in names]
    cuts = list(zip(starts, [*starts[1:], None], strict=True))
    rows = []
    for line in lines[1:]:
        name, target = line[: starts[0]].split()
        rows.append(Row(name, target, {n: line[a:b].strip() for n, (a, b) in zip(names, cuts, strict=True)}))
    return rows
