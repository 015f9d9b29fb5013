"""Random graphs of records under every rule: both databases do what a plain model does.

Three tables, one for each kind of key, are linked to each other and to themselves under each rule.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabularium.context import Context
from tabularium.db.database import Session
from tabularium.records import trash
from tabularium.schema.model import Table
from tests.records.trash.model import Item, Model, Node, Rule
from tests.support.effort import examples
from tests.support.transfer import Store

KINDS = {"numbers": "auto-increment", "words": "text", "marks": "uuid"}
RULES: tuple[Rule, ...] = ("restrict", "cascade", "set-null")


def link_name(rule: str, target: str) -> str:
    """Return the name of the link with this rule to this table; every table has it."""
    return f"{rule.replace('-', '_')}_{target}"


LINKS = tuple(
    (table, link_name(rule, target), target, rule)
    for table, target in itertools.product(KINDS, KINDS)
    for rule in RULES
)
MOST = 2
"""So many records has a table at most."""


def key_of(node: Node) -> int | str:
    """Return the key under which a record is stored."""
    kind = KINDS[node[0]]
    if kind == "auto-increment":
        return node[1]
    return f"w{node[1]}" if kind == "text" else f"00000000-0000-4000-8000-{node[1]:012}"


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    tables = [
        {
            "name": name,
            "primaryKey": {"type": kind},
            "fields": [
                {"name": link, "type": "relationship", "relatedTable": target, "onDelete": rule}
                for table, link, target, rule in LINKS
                if table == name
            ],
        }
        for name, kind in KINDS.items()
    ]
    path = tmp_path / "app.json"
    path.write_text(json.dumps({"name": "graphs", "tables": tables}))
    opened = Store(path, database_url)
    try:
        yield opened
    finally:
        opened.close()


@st.composite
def graphs(draw: st.DrawFn) -> Model:
    """Return live records with few links among them, half of which cascade."""
    nodes = [(table, key) for table in KINDS for key in range(1, draw(st.integers(1, MOST)) + 1)]
    model = Model(
        LINKS, {node: Item({name: None for table, name, _, _ in LINKS if table == node[0]}) for node in nodes}
    )
    for _ in range(draw(st.integers(0, 8))):
        (table, key), target = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        rule = draw(st.sampled_from([*RULES, "cascade"]))
        model.items[table, key].links[link_name(rule, target[0])] = target[1]
    return model


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["delete", "delete", "restore", "restore", "permanent", "apart"]),
        st.sampled_from(list(KINDS)),
        st.lists(st.integers(1, MOST), min_size=1, max_size=2, unique=True),
    ),
    min_size=3,
    max_size=10,
)


Step = tuple[str, str, list[int]]


def one_by_one(model: Model, todo: Sequence[Step]) -> Iterator[Step]:
    """Yield steps; `apart` deletes some child before its parent, and then restores the parent."""
    for action, table, keys in todo:
        if action != "apart":
            yield action, table, keys
            continue
        nodes = sorted(model.items)
        pairs = [(child, node) for node in nodes for child, _ in model.pointing(node, "cascade") if child != node]
        for child, parent in pairs[keys[0] - 1 : keys[0]]:
            yield from (("delete", child[0], [child[1]]), ("delete", parent[0], [parent[1]]))
            yield "restore", parent[0], [parent[1]]


async def fill(session: Session, model: Model) -> None:
    """Put the records of a model into empty tables."""
    quote, places = session.dialect.quote, session.dialect.placeholder
    for table in KINDS:
        names = [name for each, name, _, _ in LINKS if each == table]
        await session.execute(f"UPDATE {quote(table)} SET {', '.join(f'{quote(name)} = NULL' for name in names)}")
    for table in KINDS:
        await session.execute(f"DELETE FROM {quote(table)}")
    instant = "2026-03-01T09:00:00.000Z"
    for node in model.items:
        overriding = " OVERRIDING SYSTEM VALUE" if session.dialect.name == "postgresql" else ""
        marks = ", ".join(places(number) for number in range(1, 5))
        sql = f"INSERT INTO {quote(node[0])} (id, _revision, created_at, updated_at){overriding} VALUES ({marks})"
        await session.execute(sql, [key_of(node), 1, instant, instant])
    for node, item in model.items.items():
        for table, name, target, _ in LINKS:
            if table == node[0] and item.links[name] is not None:
                sql = f"UPDATE {quote(table)} SET {quote(name)} = {places(1)} WHERE id = {places(2)}"
                await session.execute(sql, [key_of((target, item.links[name])), key_of(node)])


async def stored(session: Session) -> dict[Node, tuple[int, bool, dict[str, Any]]]:
    """Return revision, whether it is in the trash, and links of every record."""
    found: dict[Node, tuple[int, bool, dict[str, Any]]] = {}
    for table in KINDS:
        names = [name for each, name, _, _ in LINKS if each == table]
        columns = ", ".join(session.dialect.quote(name) for name in names)
        rows = await session.fetch_all(
            f'SELECT id, _revision, deleted_at IS NOT NULL, _deletion IS NOT NULL, {columns} FROM "{table}"'
        )
        by_key = {key_of((table, key)): (table, key) for key in range(1, MOST + 1)}
        for key, revision, is_deleted, has_deletion, *links in rows:
            assert bool(is_deleted) == bool(has_deletion)
            found[by_key[key]] = (revision, bool(is_deleted), dict(zip(names, links, strict=True)))
    return found


def expected(model: Model) -> dict[Node, tuple[int, bool, dict[str, Any]]]:
    """Return the same of a model."""
    targets = {(table, name): target for table, name, target, _ in LINKS}
    return {
        node: (
            item.revision,
            item.deletion is not None,
            {name: None if key is None else key_of((targets[node[0], name], key)) for name, key in item.links.items()},
        )
        for node, item in model.items.items()
    }


def told(outcome: trash.Outcome, keys: Sequence[int]) -> Any:
    """Return an outcome in the form of the model's."""
    if outcome.missing:
        return {keys[place] for place in outcome.missing}
    found: dict[int, set[str]] = {}
    for each in outcome.failures:
        found.setdefault(keys[each.index], set()).add(each.field or each.code)
    return found or None


Do = Callable[[Context, Table, list[int | str | None]], Any]
DOING: dict[str, Do] = {
    "delete": lambda context, table, keys: trash.delete_many(context, table, keys, permanent=False),
    "permanent": lambda context, table, keys: trash.delete_many(context, table, keys, permanent=True),
    "restore": trash.restore_many,
}


ACTIONS = {(False, False): "update", (True, True): "update", (False, True): "delete", (True, False): "restore"}
"""What has happened to a record that was, and now is, in the trash or not."""


def check_changes(outcome: trash.Outcome, before: dict[Node, Any], after: dict[Node, Any]) -> None:
    """Hold the changes that are told to those that have happened: each record once, with its revision and links."""
    told_of = {(each.table.name, each.key): each for each in outcome.changes}
    different = {node for node in before if before[node] != after.get(node)}
    assert len(told_of) == len(outcome.changes)
    assert {(node[0], key_of(node)) for node in different} == told_of.keys()
    for node in different:
        change, (revision, was_deleted, links) = told_of[node[0], key_of(node)], before[node]
        assert change.revision == revision + 1
        if node not in after:
            assert change.action == "permanent_delete"
            continue
        lost = {name: str(key) for name, key in links.items() if after[node][2][name] != key}
        assert (dict(change.before), dict(change.after)) == (lost, dict.fromkeys(lost))
        assert change.action == ACTIONS[was_deleted, after[node][1]]


def test_deletes_and_restores_do_what_the_model_does(store: Store) -> None:
    def do(action: str, table: str, keys: list[int]) -> trash.Outcome:
        nodes = [key_of((table, key)) for key in keys]
        outcome: trash.Outcome = store.write(lambda context: DOING[action](context, store.table(table), nodes))
        return outcome

    @settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(graphs(), STEPS)
    def check(model: Model, todo: list[Step]) -> None:
        store.arrange(lambda context: fill(context.session, model))
        for action, table, keys in one_by_one(model, todo):
            before = expected(model)
            answer = model.restore(table, keys) if action == "restore" else model.delete(table, keys, action)
            outcome = do(action, table, keys)
            assert told(outcome, keys) == answer
            assert store.read(lambda context: stored(context.session)) == expected(model)
            if answer is None:
                check_changes(outcome, before, expected(model))

    check()
