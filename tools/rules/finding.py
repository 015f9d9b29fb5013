"""What a rule reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tools.contract import Contract, Place


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule: where it is, what is wrong, and what to do about it."""

    place: Place
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"openapi/{self.place.file}: {self.place.where}: {self.problem}. {self.remedy}."


Rule = Callable[[Contract], Iterable[Finding]]
