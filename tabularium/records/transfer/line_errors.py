"""What is wrong with the lines of a file: the first failures word by word, of the others their number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from tabularium.errors import FieldError

MAX_LISTED: Final = 200


@dataclass(frozen=True, slots=True, order=True)
class LineError:
    """One failure. `line` is that on which the row begins; `field` is empty where it concerns the row as a whole."""

    line: int
    field: str
    message: str

    @classmethod
    def of(cls, error: FieldError) -> Self:
        """Turn the failure of a candidate, whose path is the number of its line."""
        line, _, name = error.field.partition(".")
        return cls(int(line), name, error.message)

    def __str__(self) -> str:
        return f"line {self.line}: {self.field}: {self.message}" if self.field else f"line {self.line}: {self.message}"


class LineErrors:
    """Collects failures while the file is read to its end."""

    def __init__(self) -> None:
        self.listed: list[LineError] = []
        self.total = 0

    def add(self, errors: Iterable[LineError]) -> None:
        """Add the failures of some rows, which come after all rows that were added before."""
        for error in sorted(errors):
            self.total += 1
            if len(self.listed) < MAX_LISTED:
                self.listed.append(error)


class ImportRefused(Exception):
    """Nothing was stored. `errors` are the first failures in the order of their lines; `total` counts all of them."""

    def __init__(self, errors: Iterable[LineError], total: int) -> None:
        self.errors = tuple(errors)
        self.total = total
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """Return a line of text for each failure that is listed, and one that counts the others."""
        lines = [str(error) for error in self.errors]
        if self.total > len(self.errors):
            lines.append(f"and {self.total - len(self.errors):,} more")
        return lines
