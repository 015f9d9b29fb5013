"""Records with all that goes, or comes back, together with them: found along references, and held in one order.

Rows are locked children first, by table and key, whoever asks for what. To know them all they are looked for without
locks at first, and once more when they are held: what has come to them meanwhile is held too. From then on nothing can
come to them, since a new child needs the lock of its parent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Final, Literal

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.records.trash.keys import Key, Keys, Node, among, bound, in_parts
from tabularium.records.trash.references import Reference, in_lock_order, references_of
from tabularium.records.trash.rows import Act, Stored, hold_rows
from tabularium.schema.model import DELETED_COLUMN, DELETION_COLUMN, KEY_COLUMN, Table

Scope = Literal["live", "all", "together"]
"""Which children count: those that are not in the trash, all, or those that were put there by the same delete."""

_SCOPES: Final[Mapping[Scope, str]] = {
    "live": f'_c."{DELETED_COLUMN}" IS NULL',
    "all": "TRUE",
    "together": f'_c."{DELETED_COLUMN}" IS NOT NULL AND _c."{DELETION_COLUMN}" = _p."{DELETION_COLUMN}"',
}


@dataclass(slots=True)
class Family:
    """The roots and, over all levels, their children by cascade: `members`. `parents` leads from a child upwards.

    `emptied` are the children that stay and lose links, with the references of these.
    """

    members: Keys = field(default_factory=dict)
    parents: defaultdict[Node, set[Node]] = field(default_factory=lambda: defaultdict(set))
    emptied: defaultdict[Node, set[Reference]] = field(default_factory=lambda: defaultdict(set))

    def has(self, node: Node) -> bool:
        """Say whether a record is a member."""
        return node[1] in self.members.get(node[0], ())

    def upwards(self, nodes: Iterable[Node]) -> set[Node]:
        """Return nodes with all from which a cascade leads to them."""
        reached = set(nodes)
        fresh = set(reached)
        while fresh:
            fresh = {parent for node in fresh for parent in self.parents.get(node, ())} - reached
            reached |= fresh
        return reached

    def all_members(self) -> Iterator[Node]:
        """Yield the members one by one."""
        yield from ((table, key) for table, keys in self.members.items() for key in keys)


async def find_family(act: Act, roots: Mapping[Table, Collection[Key]], scope: Scope) -> Family:
    """Return the roots with all that goes with them, without holding anything. Costs statements by level and link."""
    family, references = Family(), references_of(act.schema)
    fresh: Keys = {table: set(keys) for table, keys in roots.items() if keys}
    while fresh:
        for table, keys in fresh.items():
            family.members.setdefault(table, set()).update(keys)
        found: Keys = {}
        for reference in references:
            if reference.rule == "cascade" and reference.parent in fresh:
                for child, parent in await _children(act, reference, fresh[reference.parent], scope):
                    family.parents[reference.child, child].add((reference.parent, parent))
                    found.setdefault(reference.child, set()).add(child)
        known = family.members
        fresh = {table: new for table, keys in found.items() if (new := keys - known.get(table, set()))}
    if scope != "together":
        await _find_emptied(act, family, scope)
    return family


async def _find_emptied(act: Act, family: Family, scope: Scope) -> None:
    for reference in references_of(act.schema):
        if reference.rule == "set-null" and reference.parent in family.members:
            for child, _ in await _children(act, reference, family.members[reference.parent], scope):
                node = (reference.child, child)
                if not family.has(node):
                    family.emptied[node].add(reference)


async def hold_family(
    act: Act, roots: Mapping[Table, Collection[Key]], scope: Scope, held: dict[Node, Stored]
) -> Family:
    """Return the family of the roots, all of it in `held`, to which rows are added that are not there yet."""
    while True:
        family = await find_family(act, roots, scope)
        others = await hold_missing(act, family, held)
        if not others or act.dialect is SQLITE:  # which has one writer, so that nothing can have come meanwhile
            return family


async def hold_missing(act: Act, family: Family, held: dict[Node, Stored]) -> bool:
    """Hold what is not in `held` yet and add it there. Return whether there was anything."""
    missing = [node for node in (*family.all_members(), *family.emptied) if node not in held]
    for table, nodes in groupby(in_lock_order(act.schema, missing), key=itemgetter(0)):
        rows = await hold_rows(act, table, [key for _, key in nodes])
        held.update({(table, key): stored for key, stored in rows.items()})
    return bool(missing)


async def find_restrictions(act: Act, family: Family, scope: Scope) -> dict[Node, set[Reference]]:
    """Return the members that children which stay hold back, each with the references of these."""
    held: defaultdict[Node, set[Reference]] = defaultdict(set)
    for reference in references_of(act.schema):
        if reference.rule != "restrict" or reference.parent not in family.members:
            continue
        going = bound(family.members.get(reference.child, ()), act.dialect)
        sql = _restricted(reference, scope, act.dialect)
        for some in in_parts(family.members[reference.parent]):
            rows = await act.session.fetch_all(sql, [bound(some, act.dialect), going], heavy=True)
            for row in rows:
                held[reference.parent, row[0]].add(reference)
    return held


async def _children(act: Act, reference: Reference, keys: Collection[Key], scope: Scope) -> list[tuple[Key, Key]]:
    """Return the keys of children, each with that of its parent."""
    sql = _joined(reference, scope, act.dialect)
    found: list[tuple[Key, Key]] = []
    for some in in_parts(keys):
        rows = await act.session.fetch_all(sql, [bound(some, act.dialect)], heavy=True)
        found += [(row[0], row[1]) for row in rows]
    return found


@lru_cache(maxsize=4096)
def _joined(reference: Reference, scope: Scope, dialect: Dialect) -> str:
    quote = dialect.quote
    key = quote(KEY_COLUMN)
    return (
        f"SELECT _c.{key}, _p.{key} FROM {quote(reference.parent.database_name)} AS _p "
        f"JOIN {quote(reference.child.database_name)} AS _c ON {link_condition(reference, dialect)} "
        f"WHERE {among(f'_p.{key}', reference.parent, dialect)} AND {_SCOPES[scope]}"
    )


@lru_cache(maxsize=4096)
def _restricted(reference: Reference, scope: Scope, dialect: Dialect) -> str:
    quote = dialect.quote
    key = quote(KEY_COLUMN)
    going = among(f"_c.{key}", reference.child, dialect, 2)
    child = (
        f"SELECT 1 FROM {quote(reference.child.database_name)} AS _c "
        f"WHERE {link_condition(reference, dialect)} AND {_SCOPES[scope]} AND NOT ({going})"
    )
    return (
        f"SELECT _p.{key} FROM {quote(reference.parent.database_name)} AS _p "
        f"WHERE {among(f'_p.{key}', reference.parent, dialect)}{_not_replaced(reference, dialect)} AND EXISTS ({child})"
    )


def _not_replaced(reference: Reference, dialect: Dialect) -> str:
    """Return what is added for references by values: those of a record in the trash may be another's by now."""
    if reference.is_by_key:
        return ""
    quote = dialect.quote
    same = " AND ".join(f"_o.{quote(column)} = _p.{quote(column)}" for column in reference.referenced)
    other = f"SELECT 1 FROM {quote(reference.parent.database_name)} AS _o WHERE _o.{quote(DELETED_COLUMN)} IS NULL"
    return f" AND (_p.{quote(DELETED_COLUMN)} IS NULL OR NOT EXISTS ({other} AND {same}))"


def link_condition(reference: Reference, dialect: Dialect) -> str:
    """Return the condition that the child `_c` points at the parent `_p`."""
    pairs = zip(reference.columns, reference.referenced, strict=True)
    return " AND ".join(f"_c.{dialect.quote(own)} = _p.{dialect.quote(other)}" for own, other in pairs)
