"""Which table and field of the file is which one of the database: by id, else by name; and ids for those without."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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


def match(configured: Sequence[C], applied: Sequence[A], title: Callable[[str], str], last: int = 0) -> Matching[C, A]:
    """Match the file with the database.

    `title` names one of them in a message: `title("email")` is `the field "email"`. An id that stands in the file for
    the first time is adopted, if the database had given a number of its own before: for what has the same name, or else
    for what had that number and is called otherwise now.
    """
    by_id = {each.id: each for each in applied}
    by_name = {each.name: each for each in sorted(applied, key=lambda each: not each.kept)}
    numbers = _free_numbers(
        [str(last), *(each.id for each in applied)] + [each.id for each in configured if each.id is not None]
    )
    known: dict[str, A] = {}
    matched: set[str] = set()
    finders: Sequence[Callable[[C], A | None]] = (
        lambda each: _with_given_id(each, by_id),
        lambda each: _with_name(each, by_name),
        lambda each: by_id.get(each.id or ""),
    )
    for find, each in itertools.product(finders, configured):
        found = None if each.name in known else find(each)
        if found is not None and found.id not in matched:
            known[each.name] = found
            matched.add(found.id)
    pairs = [_pair(each, known.get(each.name), numbers) for each in configured]
    refusals = [refusal for pair in pairs if (refusal := _refusal(pair, title)) is not None]
    removed = tuple(each for each in applied if each.id not in matched)
    return Matching(tuple(pairs), removed, (*refusals, *_duplicates(pairs, removed, title)))


def _with_given_id(configured: _Configured, by_id: Mapping[str, A]) -> A | None:
    found = by_id.get(configured.id or "")
    return None if found is None or found.numbered else found


def _with_name(configured: _Configured, by_name: Mapping[str, A]) -> A | None:
    """Return what has the name, but not what was removed and had another id: that is something else."""
    found = by_name.get(configured.name)
    is_another = found is not None and found.kept and not found.numbered and configured.id not in (None, found.id)
    return None if is_another else found


def _pair(configured: C, applied: A | None, numbers: Iterator[str]) -> Pair[C, A]:
    if configured.id is not None:
        return Pair(configured, applied, configured.id, numbered=False)
    if applied is not None:
        return Pair(configured, applied, applied.id, applied.numbered)
    return Pair(configured, None, next(numbers), numbered=True)


def _refusal(pair: Pair[C, A], title: Callable[[str], str]) -> str | None:
    configured, applied = pair.configured, pair.applied
    if applied is None or configured.id in (None, applied.id) or applied.numbered:
        return None
    return (
        f"{title(configured.name)} has the id {configured.id} in the file and {applied.id} in the database: "
        "ids never change; write the former id, or choose another name"
    )


def likely_renames(matching: Matching[C, A], alike: Callable[[C, A], bool]) -> Iterator[tuple[C, A]]:
    """Yield what was added and what was removed, where each is the only one that is `alike` the other."""
    added = [pair.configured for pair in matching.pairs if pair.applied is None]
    gone = [each for each in matching.removed if not each.kept]
    for new in added:
        former = [each for each in gone if alike(new, each)]
        if len(former) == 1 and sum(alike(other, former[0]) for other in added) == 1:
            yield new, former[0]


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
    return map(str, itertools.count(highest(taken) + 1))


def highest(ids: Iterable[str]) -> int:
    """Return the highest number among ids."""
    return max((int(each) for each in ids if each.isascii() and each.isdigit()), default=0)
