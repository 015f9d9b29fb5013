"""Which table and field of the file is which one of the database: by id, else by name; and ids for those without."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class _Configured(Protocol):
    @property
    def id(self) -> str | None: ...
    @property
    def name(self) -> str: ...


class _Applied(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def numbered(self) -> bool: ...
    @property
    def name(self) -> str: ...
    @property
    def kept(self) -> bool: ...


C = TypeVar("C", bound=_Configured)
A = TypeVar("A", bound=_Applied)


@dataclass(frozen=True, slots=True)
class Pair(Generic[C, A]):
    """Something of the file and what it is in the database: `None` if it is new."""

    configured: C
    applied: A | None
    id: str
    numbered: bool


@dataclass(frozen=True, slots=True)
class Matching(Generic[C, A]):
    """The pairs in the order of the file, what only the database has, and what cannot be done."""

    pairs: tuple[Pair[C, A], ...]
    removed: tuple[A, ...]
    refusals: tuple[str, ...]


def match(configured: Sequence[C], applied: Sequence[A], title: Callable[[str], str]) -> Matching[C, A]:
    """Match the file with the database.

    `title` names one of them in a message: `title("email")` is `the field "email"`. An id that stands in the file for
    the first time is adopted, if the database had given a number of its own before.
    """
    by_id = {each.id: each for each in applied if not each.numbered}
    by_name = {each.name: each for each in applied}
    numbers = _free_numbers([each.id for each in applied] + [each.id for each in configured if each.id is not None])
    pairs: list[Pair[C, A]] = []
    refusals: list[str] = []
    for each in configured:
        known = by_id.get(each.id) if each.id is not None else None
        known = known or by_name.get(each.name)
        refusal = None if known is None else _refusal(each, known, title)
        if refusal is not None:
            refusals.append(refusal)
        pairs.append(_pair(each, known, numbers))
    matched = {pair.applied.id for pair in pairs if pair.applied is not None}
    removed = tuple(each for each in applied if each.id not in matched)
    return Matching(tuple(pairs), removed, (*refusals, *_duplicates(pairs, removed, title)))


def _pair(configured: C, applied: A | None, numbers: Iterator[str]) -> Pair[C, A]:
    if configured.id is not None:
        return Pair(configured, applied, configured.id, numbered=False)
    if applied is not None:
        return Pair(configured, applied, applied.id, applied.numbered)
    return Pair(configured, None, next(numbers), numbered=True)


def _refusal(configured: _Configured, applied: _Applied, title: Callable[[str], str]) -> str | None:
    if configured.name != applied.name:
        return (
            f'{title(applied.name)} (id {applied.id}) is called "{configured.name}" in the file: '
            "this version cannot rename; give it its former name"
        )
    if configured.id is not None and not applied.numbered and configured.id != applied.id:
        return (
            f"{title(configured.name)} has the id {configured.id} in the file and {applied.id} in the database"
            f"{' (it was removed from the file earlier)' if applied.kept else ''}: "
            "ids never change; write the former id, or choose another name"
        )
    return None


def _duplicates(pairs: Sequence[Pair[C, A]], removed: Sequence[A], title: Callable[[str], str]) -> Iterator[str]:
    """Find an id of the file that is already the number of something without one."""
    numbered = {pair.id: pair.configured.name for pair in pairs if pair.numbered}
    numbered |= {each.id: each.name for each in removed}
    for pair in pairs:
        if not pair.numbered and pair.id in numbered:
            yield (
                f"{title(pair.configured.name)} has the id {pair.id} in the file, which in the database is that of "
                f"{title(numbered[pair.id])}: ids are never reused; write another id"
            )


def _free_numbers(taken: Iterable[str]) -> Iterator[str]:
    """Yield numbers above every one that is, or ever was, an id."""
    last = max((int(each) for each in taken if each.isascii() and each.isdigit()), default=0)
    return map(str, itertools.count(last + 1))
