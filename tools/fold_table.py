"""Write `tabularium/db/fold_table.py`: which character folds to which, one character to one.

    python -m tools.fold_table

The rule: the full case folding of Unicode where it is one character, else the simple lower case where that is one
character, else the character itself. The result depends on the Unicode version of the Python that runs this, so the
table is committed and is not made anew with every Python: rows that are folded today must stay found tomorrow.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "tabularium" / "db" / "fold_table.py"

HEADER = '''"""The folding table, written by `python -m tools.fold_table` from Unicode {version}. Do not edit.

A row `(first, last, step, distance)` says that each `step`-th code point from `first` to `last` folds to the one that
is `distance` further on.
"""

from __future__ import annotations

from typing import Final

FOLD_RANGES: Final[tuple[tuple[int, int, int, int], ...]] = (
'''

Run = tuple[int, int, int, int]


def fold_character(character: str) -> str:
    """Return the one character that stands for this one and its other case."""
    return next(form for form in (character.casefold(), character.lower(), character) if len(form) == 1)


def folding_pairs() -> Iterator[tuple[int, int]]:
    """Yield each code point that folds, in order, with the one it folds to."""
    for point in range(sys.maxunicode + 1):
        folded = ord(fold_character(chr(point)))
        if folded != point:
            yield point, folded


def runs(pairs: Iterator[tuple[int, int]]) -> list[Run]:
    """Join neighbours of one distance: letters that follow each other, or upper and lower case in turn (step 2)."""
    found: list[Run] = []
    for point, folded in pairs:
        distance = folded - point
        if found and found[-1][3] == distance and _continues(found[-1], point):
            first, last, _, _ = found[-1]
            found[-1] = (first, point, point - last, distance)
        else:
            found.append((point, point, 1, distance))
    return found


def _continues(run: Run, point: int) -> bool:
    first, last, step, _ = run
    return point - last in (1, 2) if first == last else point - last == step


def table_text() -> str:
    """Return the text of the module."""
    rows = [
        f"    (0x{first:04X}, 0x{last:04X}, {step}, {away}),\n" for first, last, step, away in runs(folding_pairs())
    ]
    return HEADER.format(version=unicodedata.unidata_version) + "".join(rows) + ")\n"


def main() -> None:
    TARGET.write_text(table_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
