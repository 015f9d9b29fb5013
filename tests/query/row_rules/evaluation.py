"""What a rule for rows means, as plainly as Python can say it; and rules drawn at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from tabularium.db.fold import fold
from tests.query.row_rules.ruled import CASES_BY_NAME, CREATED, LIVE, ROWS, USERS, Row

WORDS: Final = sorted(
    {
        each
        for case in CASES_BY_NAME.values()
        for _, answer in case.accepted
        for each in (answer if isinstance(answer, list) else [answer])
        if isinstance(each, str)
    }
)
PROPERTIES: Final = ("id", "email", "role")
_TEXTS: Final = tuple(
    name for name, case in CASES_BY_NAME.items() if "T" in case.type.groups or "A" in case.type.groups
)
_EMAILS: Final = 6 * tuple(name for name in _TEXTS if CASES_BY_NAME[name].type_name == "email")
CALLER_FIELDS: Final = (*(name for name in _TEXTS if CASES_BY_NAME[name].type_name != "phone-number"), "owner", "crew")
"""The fields that may be compared with what is the caller's own."""


@dataclass(frozen=True)
class Leaf:
    """One condition. `value` holds places, items, or words as rows do; `of_caller` names a property in their place."""

    field: str
    operator: str
    value: Any = None
    of_caller: str | None = None


@dataclass(frozen=True)
class Group:
    """Conditions of which all hold, or any."""

    logic: str
    members: tuple[Any, ...]


@dataclass(frozen=True)
class Asking:
    """The caller: users by their words, other values as they are."""

    id: str | None
    email: str | None
    role: tuple[str, ...]


# The evaluation -------------------------------------------------------------------------------------------------------


def passes(rule: Leaf | Group, row: Row, asking: Asking, ids: Mapping[str, str]) -> bool:
    """Say whether a row passes a rule for a caller. `ids` are those of the users."""
    if isinstance(rule, Group):
        results = [passes(member, row, asking, ids) for member in rule.members]
        return all(results) if rule.logic == "and" else any(results)
    held = _held(rule.field, row, ids)
    if rule.of_caller is None and rule.value is None:
        return bool(held) == (rule.operator == "neq")
    wanted = _of_caller(rule, asking, ids) if rule.of_caller else _literals(rule, ids)
    if not held or not wanted:
        return False
    return any(each in wanted for each in held) != (rule.operator == "neq")


def _held(name: str, row: Row, ids: Mapping[str, str]) -> list[Any]:
    """Return all values that a field holds: none, one, or several."""
    value = row[name]
    if name == "friends":
        return [key for key in value if key in LIVE]
    if name == "crew":
        return [ids[each] for each in value]
    if value is None:
        return []
    if name not in CASES_BY_NAME:
        return [ids[value]] if name == "owner" else [value]
    answer = CASES_BY_NAME[name].accepted[value][1]
    return list(answer) if isinstance(answer, list) else [_comparable(name, answer)]


def _comparable(name: str, answer: Any) -> Any:
    return fold(answer) if CASES_BY_NAME[name].type_name == "email" else answer


def _literals(rule: Leaf, ids: Mapping[str, str]) -> list[Any]:
    values = rule.value if rule.operator == "in" else [rule.value]
    if rule.field in ("owner", "crew"):
        return [ids[each] for each in values]
    if rule.field not in CASES_BY_NAME:
        return list(values)
    accepted = items_of(rule.field)
    return [_comparable(rule.field, accepted[place][1]) for place in values]


def _of_caller(rule: Leaf, asking: Asking, ids: Mapping[str, str]) -> list[Any]:
    own = getattr(asking, str(rule.of_caller))
    values = list(own) if rule.of_caller == "role" else [own] if own is not None else []
    values = [ids.get(each, each) for each in values]
    is_email = rule.field in CASES_BY_NAME and CASES_BY_NAME[rule.field].type_name == "email"
    return [fold(each) for each in values] if is_email else values


def items_of(name: str) -> Sequence[tuple[Any, Any]]:
    """Return what a literal can be, as it is written and as it is answered: a value of the field, or an item of it."""
    accepted = CASES_BY_NAME[name].accepted
    if not isinstance(accepted[0][1], list):
        return accepted
    return [pair for sent, answer in accepted for pair in zip(sent, answer, strict=True)]


# Rules at random ------------------------------------------------------------------------------------------------------


def _values(name: str) -> st.SearchStrategy[Any]:
    if name in ("owner", "crew"):
        return st.sampled_from(USERS)
    if name in ("boss", "friends", "id"):
        return st.sampled_from(sorted(ROWS))
    if name in ("created_at", "deleted_at"):
        return st.sampled_from((CREATED, "2026-03-01T09:00:00.000Z"))
    return st.integers(0, len(items_of(name)) - 1)


def _leaves(name: str) -> st.SearchStrategy[Leaf]:
    one = st.builds(Leaf, st.just(name), st.sampled_from(("eq", "neq")), _values(name))
    empty = st.builds(Leaf, st.just(name), st.sampled_from(("eq", "neq")))
    among = st.builds(Leaf, st.just(name), st.just("in"), st.lists(_values(name), min_size=1, max_size=4))
    made = [one, among, empty]
    if name in CALLER_FIELDS:
        operator, own = st.sampled_from(("eq", "neq", "in")), st.sampled_from(PROPERTIES)
        made += 2 * [st.builds(Leaf, st.just(name), operator, st.none(), own)]
    return st.one_of(made)


def rules(names: Sequence[str]) -> st.SearchStrategy[Leaf | Group]:
    """Draw a rule over some of the fields."""
    leaf = st.one_of([_leaves(name) for name in names if name not in CASES_BY_NAME or items_of(name)])
    # What depends on the caller, and on several values, goes wrong more easily than the many types do.
    leaf = st.one_of(leaf, _LEAVES_OF_CALLER, _LEAVES_OF_CALLER, _leaves("crew"))
    return st.recursive(
        leaf,
        lambda inner: st.builds(
            Group, st.sampled_from(("and", "or")), st.lists(inner, min_size=1, max_size=3).map(tuple)
        ),
        max_leaves=5,
    )


_LEAVES_OF_CALLER: Final = st.builds(
    Leaf,
    st.sampled_from((*CALLER_FIELDS, *2 * _EMAILS, *8 * ("owner", "crew"))),
    st.sampled_from(("eq", "neq", "in")),
    st.none(),
    st.sampled_from(PROPERTIES),
)
_ADDRESSES: Final = [answer.upper() for name in dict.fromkeys(_EMAILS) for _, answer in CASES_BY_NAME[name].accepted]
_WORD: Final = st.none() | st.sampled_from(WORDS) | st.sampled_from(USERS) | st.sampled_from(_ADDRESSES)
CALLERS: Final = st.builds(
    Asking, _WORD, _WORD, st.just(()) | st.lists(st.sampled_from((*WORDS, *USERS)), max_size=3, unique=True).map(tuple)
)
