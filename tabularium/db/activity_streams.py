"""Which parts of the activity log a list reads: each part lies in one index, in the order of the list.

A list of several parts (of all categories, of a table under each of its names) merges them as it reads, so that no page
is ever sorted, and none reads much more than it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy

from tabularium.db.activity_actions import CATEGORIES, Category, categories_of
from tabularium.db.activity_tables import (
    ACCOUNTS,
    BY_ACCOUNT,
    BY_ACTION,
    BY_CATEGORY,
    BY_RECORD,
    BY_TABLE,
    BY_USER,
    BY_USER_AND_TABLE,
    SYSTEM,
)

Pair = tuple[str, str]
"""A name and an id that a table had at the same time, as entries have them."""

_SETS: Final[dict[str, tuple[Category, ...]]] = {ACCOUNTS: ("auth", "admin"), SYSTEM: ("system",)}
"""The categories of the entries that are about no table of the application, by what stands in its place."""
_USUAL: Final = frozenset({"create", "update", "delete"})
"""Of these a table or a user has many: one looks for them there, and for other actions among all that bear the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is asked for; `None` where everything will do."""

    categories: tuple[Category, ...] = CATEGORIES
    action: str | None = None
    table_name: str | None = None
    table_id: str | None = None
    user_id: str | None = None
    record_id: str | None = None
    """Only with a table."""

    @property
    def is_of_table(self) -> bool:
        """Whether only entries about records of a table are asked for."""
        return self.table_id is not None or (self.table_name is not None and self.table_name not in _SETS)

    @property
    def seeks_pairs(self) -> bool:
        """Whether it must be known which names a table had, or which tables had a name."""
        if not self.is_of_table or "records" not in self.wanted:
            return False
        if self.record_id is not None:
            return self.table_id is None
        is_by_action = self.action is not None and self.action not in _USUAL and self.user_id is None
        return not is_by_action and (self.table_name is None or self.table_id is None)

    @property
    def wanted(self) -> tuple[Category, ...]:
        """The categories in which there may be anything."""
        found = self.categories
        if self.action is not None:
            found = tuple(each for each in categories_of(self.action) if each in found)
        if self.is_of_table:
            return tuple(each for each in found if each == "records")
        if self.table_name is not None:
            return tuple(each for each in found if each in _SETS[self.table_name])
        return found


@dataclass(frozen=True, slots=True)
class Stream:
    """A part of the log: what its index begins with, and what has to be looked at in each entry besides."""

    index: sqlalchemy.Index
    equal: tuple[Pair, ...]
    """Columns with their values."""
    also: tuple[Pair, ...] = ()

    @property
    def shape(self) -> tuple[str, tuple[str, ...], bool]:
        """What the text of its statement depends on."""
        return (str(self.index.name), tuple(name for name, _ in (*self.equal, *self.also)), self.index is BY_ACCOUNT)

    @property
    def bound(self) -> tuple[str, ...]:
        return tuple(value for _, value in (*self.equal, *self.also))


def streams_of(filters: Filters, pairs: Sequence[Pair] = ()) -> list[Stream]:
    """Return the parts of the log that hold what is asked for; none where nothing can be there.

    `pairs` are those of the table that is asked for, where `seeks_pairs` says so.
    """
    wanted = filters.wanted
    if not wanted:
        return []
    if filters.is_of_table:
        if not filters.seeks_pairs and filters.table_name is not None and filters.table_id is not None:
            pairs = [(filters.table_name, filters.table_id)]
        return _of_record(filters, pairs) if filters.record_id is not None else _of_table(filters, pairs)
    if filters.record_id is not None:
        also = _given(filters, "action", "user_id")
        # Unless one category is asked for, those of what stands in the table's place are all that there are.
        one = (("category", wanted[0]),) if filters.categories != CATEGORIES else ()
        return [Stream(BY_ACCOUNT, _given(filters, "record_id", "table_name"), (*also, *one))]
    return [_of_category(filters, category) for category in wanted]


def _given(filters: Filters, *names: str) -> tuple[Pair, ...]:
    return tuple((name, value) for name in names if (value := getattr(filters, name)) is not None)


def _of_category(filters: Filters, category: Category) -> Stream:
    # What stands in the place of a table goes with the category, and need not be looked at.
    own = ("category", category)
    is_by_user = filters.user_id is not None and (category != "records" or filters.action in {None, *_USUAL})
    if is_by_user:
        return Stream(BY_USER, (*_given(filters, "user_id"), own), _given(filters, "action"))
    also = _given(filters, "user_id")
    if filters.action is not None:
        return Stream(BY_ACTION, (own, *_given(filters, "action")), also)
    return Stream(BY_CATEGORY, (own,), also)


def _of_table(filters: Filters, pairs: Sequence[Pair]) -> list[Stream]:
    action = _given(filters, "action")
    if action and filters.action not in _USUAL and filters.user_id is None:
        also = _given(filters, "table_name", "table_id")
        return [Stream(BY_ACTION, (("category", "records"), *action), also)]
    index = BY_TABLE if filters.user_id is None else BY_USER_AND_TABLE
    user = _given(filters, "user_id")
    return [Stream(index, (*user, ("table_name", name), ("table_id", key)), action) for name, key in pairs]


def _of_record(filters: Filters, pairs: Sequence[Pair]) -> list[Stream]:
    keys = sorted({key for _, key in pairs}) if filters.table_id is None else [filters.table_id]
    record, also = _given(filters, "record_id"), _given(filters, "table_name", "action", "user_id")
    return [Stream(BY_RECORD, (("table_id", key), *record), also) for key in keys]
