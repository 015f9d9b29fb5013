"""Write `tabularium/db/case_table.py`: the small and the capital letter of each character, one character to one.

    python -m tools.case_table

The rule: the case mapping of Unicode where it is one character, else the character itself, so that `ß` stays `ß` among
capital letters. As with the folding table, the result depends on the Unicode version of the Python that runs this, so
it is committed: what a formula yields today it must yield tomorrow.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.fold_table import Run, runs

TARGET = Path(__file__).resolve().parent.parent / "tabularium" / "db" / "case_table.py"

HEADER = '''"""Small and capital letters, written by `python -m tools.case_table` from Unicode {version}. Do not edit.

A row `(first, last, step, distance)` says that each `step`-th code point from `first` to `last` becomes the one that is
`distance` further on.
"""

from __future__ import annotations

from typing import Final

Ranges = tuple[tuple[int, int, int, int], ...]
'''


def pairs(change: Callable[[str], str]) -> Iterator[tuple[int, int]]:
    """Yield each code point that `change` turns into one other character, in order, with that one."""
    for point in range(sys.maxunicode + 1):
        changed = change(chr(point))
        if len(changed) == 1 and changed != chr(point):
            yield point, ord(changed)


def _rows(change: Callable[[str], str]) -> list[Run]:
    return runs(pairs(change))


def table_text() -> str:
    """Return the text of the module."""
    text = HEADER.format(version=unicodedata.unidata_version)
    for name, change in (("LOWER_RANGES", str.lower), ("UPPER_RANGES", str.upper)):
        rows = (f"    (0x{first:04X}, 0x{last:04X}, {step}, {away}),\n" for first, last, step, away in _rows(change))
        text += f"\n{name}: Final[Ranges] = (\n{''.join(rows)})\n"
    return text


def main() -> None:
    TARGET.write_text(table_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
