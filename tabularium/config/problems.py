"""What is wrong, or only worth a word, in the application file: each with its place, collected and told all at once."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

MAX_LISTED: Final = 200

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_-]*", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file. `order` numbers the files as they were read, the named one first; lines start at 1."""

    order: int
    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One remark about the file. `path` leads to the value (`tables[0].name`); empty for the file as a whole."""

    position: Position
    path: str
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = f"{self.position} {self.path}" if self.path else str(self.position)
        return f"{place}: {self.message}"

    def as_json(self) -> dict[str, str | int]:
        return {
            "severity": self.severity,
            "file": self.position.file,
            "line": self.position.line,
            "column": self.position.column,
            "path": self.path,
            "message": self.message,
        }


class Problems:
    """Collects problems while a file is read, so that reading goes on after the first."""

    def __init__(self) -> None:
        # One fault of an anchored or twice included value is one problem, under the first of its paths.
        self._found: dict[tuple[Position, str], Problem] = {}

    def error(self, position: Position, path: str, message: str) -> None:
        self._found.setdefault((position, message), Problem(position, path, message))

    def warn(self, position: Position, path: str, message: str) -> None:
        self._found.setdefault((position, message), Problem(position, path, message, "warning"))

    def errors(self) -> tuple[Problem, ...]:
        return self._ordered("error")

    def warnings(self) -> tuple[Problem, ...]:
        return self._ordered("warning")

    def _ordered(self, severity: str) -> tuple[Problem, ...]:
        chosen = [problem for problem in self._found.values() if problem.severity == severity]
        return tuple(sorted(chosen, key=lambda problem: (problem.position, problem.path, problem.message)))


class ConfigurationError(Exception):
    """The application file cannot be served. `problems` holds every error, `warnings` every warning, in file order."""

    def __init__(self, problems: Sequence[Problem], warnings: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        self.warnings = tuple(warnings)
        super().__init__("\n".join(listing(self.problems)))


def listing(problems: Sequence[Problem]) -> list[str]:
    """Return a line for each problem: the first 200, then one that counts the rest."""
    lines = [str(problem) for problem in problems[:MAX_LISTED]]
    if len(problems) > MAX_LISTED:
        lines.append(f"and {len(problems) - MAX_LISTED} more")
    return lines


def key_path(path: str, key: str) -> str:
    """Return the path of a key below `path`; a key that is no plain name is written in quotes."""
    if not _PLAIN_KEY.fullmatch(key):
        return f"{path}[{quoted(key)}]"
    return f"{path}.{key}" if path else key


def item_path(path: str, index: int) -> str:
    """Return the path of a list item below `path`."""
    return f"{path}[{index}]"


def quoted(text: str) -> str:
    """Write a word of the file into a message: in quotes, control characters escaped, cut to 80 characters."""
    return json.dumps(text if len(text) <= 80 else f"{text[:79]}…", ensure_ascii=False)


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean "name"?` for the nearest known word, or nothing where none is near."""
    by_folded = {name.casefold(): name for name in sorted(known, reverse=True)}
    nearest = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean {quoted(by_folded[nearest[0]])}?" if nearest else ""


def alternatives(words: Sequence[str]) -> str:
    """Join words as a choice: `a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
