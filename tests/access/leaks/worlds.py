"""Worlds: what the tables hold. Two of them differ in nothing that one caller may read.

People stand in rows as words (`me`, `other`), so that a world says nothing of one database: `storing` knows who is meant.
Rows that the caller may see have even numbers in their keys, the others odd ones, which mixes them in every order by key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from hypothesis import strategies as st

ANONYMOUS: Final = "anonymous"
CALLERS: Final = (ANONYMOUS, "viewer", "member", "member", "high", "both", "key")
READERS: Final = ("high", "both", "key")
"""Those who may read what is closed to others by its field or table."""

SEEN: Final[Mapping[str, tuple[Any, ...]]] = {
    "tasks": (2, 4, 6, 8),
    "projects": ("p2", "p4"),
    "teams": ("t2",),
    "tags": tuple(f"00000000-0000-7000-8000-00000000000{number}" for number in (2, 4)),
    "vault": ("v2", "v4"),
    "diary": ("d2",),
}
HIDDEN: Final[Mapping[str, tuple[Any, ...]]] = {
    "tasks": (1, 3, 5, 7),
    "projects": ("p1", "p3"),
    "teams": ("t1", "t3"),
    "tags": tuple(f"00000000-0000-7000-8000-00000000000{number}" for number in (1, 3)),
    "vault": ("v1", "v3"),
    "diary": ("d1", "d3"),
}
ABSENT: Final[Mapping[str, Any]] = {
    "tasks": 9,
    "projects": "p9",
    "teams": "t9",
    "tags": "00000000-0000-7000-8000-000000000009",
    "vault": "v9",
    "diary": "d9",
}
KEYS: Final = {table: (*SEEN[table], *HIDDEN[table]) for table in SEEN}
LINKS: Final[Mapping[str, tuple[str, str]]] = {"linked": ("tasks", "tasks"), "tags": ("tasks", "tags")}
"""The tables of links, by the field that writes them: which table's rows they join to which."""

Row = dict[str, Any]
Rows = dict[Any, Row]
Pairs = frozenset[tuple[Any, Any]]

TITLES: Final = ("apple", "Apple pie", "berry", "", "cherry")
DELETED: Final = (None, None, None, "2026-01-02T00:00:00.000Z", "2026-01-03T00:00:00.000Z")


@dataclass(frozen=True)
class World:
    """The rows of every table by key, and the links of every table of links."""

    rows: Mapping[str, Rows]
    links: Mapping[str, Pairs]


@dataclass(frozen=True)
class Twins:
    """Two worlds, and the caller for whom they are one."""

    caller: str
    first: World
    second: World


def some(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from((None, *values))


TITLE: Final = some(*TITLES)
CLOSED: Final = st.fixed_dictionaries({"salary": some(1, 7, 20), "note": some("apple", "dragon")})
"""What only some may read of a task."""
CONTENT: Final[Mapping[str, Mapping[str, st.SearchStrategy[Any]]]] = {
    "tasks": {
        "title": TITLE,
        "hours": some(-3, 0, 1, 4, 9),
        "price": some("0.50", "9.00", "10.00"),
        "due": some("2026-02-27", "2026-03-01", "2026-03-08"),
        "state": some("open", "open", "done", "locked"),
        "marks": some(["a"], ["b", "a"], []),
        "project": some(*KEYS["projects"]),
        "parent": some(*KEYS["tasks"]),
        "next": some(*KEYS["tasks"]),
        "safe": some(*SEEN["vault"]),
    },
    "projects": {"name": TITLE, "team": some(*KEYS["teams"])},
    "teams": {"name": TITLE},
    "tags": {"label": TITLE},
    "vault": {"name": TITLE},
    "diary": {"entry": TITLE, "author": some("me", "other"), "editor": some("me", "other"), "remover": some("me")},
}
TARGETS: Final[Mapping[str, Mapping[str, str]]] = {
    "tasks": {"project": "projects", "parent": "tasks", "next": "tasks", "safe": "vault"},
    "projects": {"team": "teams"},
}

# Why a row is one that the caller may see; each rule holds for one of these reasons at least. The last is for everybody.
REASONS: Final[Mapping[str, tuple[Row, ...]]] = {
    "tasks": (
        {"owner": "me"},
        {"watchers": ["me", "other"]},
        {"contact": "me"},
        {"audience": "mine"},
        {"public": True},
    ),
    "projects": ({"level": "secret", "lead": "me"}, {"level": "open"}, {"level": None}),
    "teams": ({"members": ["me"], "tier": "inner"}, {"tier": "paid"}, {"tier": "free"}),
    "tags": ({"kind": "mine"}, {"kind": None}),
    "vault": ({},),
    "diary": ({"reader": "me"},),
}
FOR_ALL: Final[Mapping[str, int]] = {"tasks": 1, "projects": 2, "teams": 2, "tags": 1, "vault": 1, "diary": 0}
"""How many of the reasons, from the end, hold for callers who are not signed in."""
NO_REASON: Final[Mapping[str, Mapping[str, st.SearchStrategy[Any]]]] = {
    "tasks": {
        "owner": some("other"),
        "watchers": st.sampled_from(([], ["other"], ["other", "third"])),
        "contact": some("other"),
        "audience": some("nobody", ""),
        "public": some(False),
    },
    "projects": {"level": st.just("secret"), "lead": some("other")},
    "teams": {"tier": some("inner"), "members": st.sampled_from(([], ["other"]))},
    "tags": {"kind": st.sampled_from(("nobody", "other", ""))},
    "vault": {},
    "diary": {"reader": some("other")},
}


@st.composite
def twins(draw: st.DrawFn) -> Twins:
    """Draw what a caller may read, and twice what they may not."""
    caller = draw(st.sampled_from(CALLERS))
    seen = {table: draw(_seen_rows(table, caller)) for table in SEEN}
    links = {name: draw(_pairs(SEEN[own], SEEN[other])) for name, (own, other) in LINKS.items()}
    closed = draw(_closed()) if caller in READERS else None
    vault = draw(_vault()) if caller in READERS else None
    first, second = (_world(draw, caller, seen, links, closed, vault) for _ in range(2))
    return Twins(caller, first, second)


def _world(
    draw: st.DrawFn,
    caller: str,
    seen: Mapping[str, Rows],
    links: Mapping[str, Pairs],
    closed: Mapping[Any, Row] | None,
    vault: Rows | None,
) -> World:
    rows = {table: seen[table] | draw(_hidden_rows(table, caller)) for table in SEEN}
    rows["vault"] = draw(_vault()) | draw(_hidden_rows("vault", caller)) if vault is None else vault
    fields = draw(_closed()) if closed is None else closed
    rows["tasks"] = {key: {**row, **fields[key]} for key, row in rows["tasks"].items()}
    _complete(draw, rows)
    found = {name: links[name] | draw(_hidden_pairs(*ends)) for name, ends in LINKS.items()}
    return World(rows, {name: _present(found[name], rows, *LINKS[name]) for name in found})


def _complete(draw: st.DrawFn, rows: dict[str, Rows]) -> None:
    """Add the rows that links of what the caller sees lead to, and cut those of other rows that lead nowhere."""
    for table, fields in TARGETS.items():
        for key in [each for each in rows[table] if each in SEEN[table]]:
            for field, target in fields.items():
                wanted = rows[table][key][field]
                if wanted is not None and wanted in HIDDEN[target] and wanted not in rows[target]:
                    rows[target][wanted] = draw(_row(target))
    for table, fields in TARGETS.items():
        for key, row in rows[table].items():
            gone = {field: None for field, target in fields.items() if row[field] not in rows[target]}
            rows[table][key] = {**row, **gone}


def _present(pairs: Pairs, rows: Mapping[str, Rows], own: str, other: str) -> Pairs:
    return frozenset(pair for pair in pairs if pair[0] in rows[own] and pair[1] in rows[other])


@cache
def _row(table: str) -> st.SearchStrategy[Row]:
    """Draw a row that nobody has a reason to see."""
    return st.fixed_dictionaries({**CONTENT[table], **NO_REASON[table], "deleted_at": st.sampled_from(DELETED)})


@cache
def _vault() -> st.SearchStrategy[Rows]:
    return _rows(SEEN["vault"], _row("vault"), least=len(SEEN["vault"]))


def _rows(keys: tuple[Any, ...], row: st.SearchStrategy[Row], least: int = 0) -> st.SearchStrategy[Rows]:
    if not keys:
        return st.just({})
    return st.dictionaries(st.sampled_from(keys), row, min_size=least, max_size=len(keys))


@cache
def _seen_rows(table: str, caller: str) -> st.SearchStrategy[Rows]:
    reasons = REASONS[table]
    if caller == ANONYMOUS:
        reasons = reasons[len(reasons) - FOR_ALL[table] :]
    if not reasons or table == "vault":
        return st.just({})
    chosen = st.tuples(_row(table), st.sampled_from(reasons)).map(lambda parts: parts[0] | parts[1])
    if caller == ANONYMOUS:  # The trash is closed to them.
        chosen = chosen.map(lambda row: {**row, "deleted_at": None})
    return _rows(SEEN[table], chosen, least=1)


@cache
def _hidden_rows(table: str, caller: str) -> st.SearchStrategy[Rows]:
    row = _row(table)
    if caller == ANONYMOUS and FOR_ALL[table]:
        trashed = row.map(lambda each: {**each, **REASONS[table][-1], "deleted_at": DELETED[-1]})
        row = row | trashed
    return _rows(HIDDEN[table], row)


@cache
def _closed() -> st.SearchStrategy[Mapping[Any, Row]]:
    return st.fixed_dictionaries(dict.fromkeys(KEYS["tasks"], CLOSED))


@cache
def _pairs(own: tuple[Any, ...], other: tuple[Any, ...]) -> st.SearchStrategy[Pairs]:
    return st.frozensets(st.tuples(st.sampled_from(own), st.sampled_from(other)), max_size=5)


@cache
def _hidden_pairs(own: str, other: str) -> st.SearchStrategy[Pairs]:
    """Draw links that a hidden row has, at either end or at both."""
    return st.frozensets(
        st.one_of(
            st.tuples(st.sampled_from(HIDDEN[own]), st.sampled_from(KEYS[other])),
            st.tuples(st.sampled_from(KEYS[own]), st.sampled_from(HIDDEN[other])),
        ),
        max_size=6,
    )
