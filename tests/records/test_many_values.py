"""Many records are read field by field, and come to what they would if each was read by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabularium.access import policy
from tabularium.access.identity import Identity
from tabularium.context import Context
from tabularium.db.database import Session
from tabularium.records.many_values import read_many
from tabularium.records.values import Candidate
from tabularium.records.write import prepare, prepare_many
from tests.support.auth import Site, site

AUTH: dict[str, Any] = {"strategies": [{"type": "emailAndPassword"}], "roles": [{"name": "editor", "level": 50}]}
FIELDS: list[dict[str, Any]] = [
    {"name": "title", "type": "single-line-text", "required": True, "default": "untitled"},
    {"name": "code", "type": "single-line-text", "required": True, "minLength": 2, "maxLength": 4},
    {"name": "count", "type": "integer", "min": 0},
    {"name": "price", "type": "decimal", "precision": 2},
    {"name": "state", "type": "single-select", "options": ["new", "old"]},
    {"name": "tags", "type": "multi-select", "options": ["a", "b"], "default": ["a"]},
    {"name": "done", "type": "checkbox"},
    {"name": "at", "type": "datetime", "default": "NOW"},
    {"name": "mail", "type": "email"},
    {"name": "page", "type": "url"},
    {"name": "number", "type": "autonumber"},
    {"name": "owner", "type": "user", "default": "CURRENT_USER"},
    {"name": "maker", "type": "created-by"},
    {"name": "secret", "type": "single-line-text"},
    {"name": "fixed", "type": "single-line-text"},
    {"name": "extra", "type": "json"},
]
GUARDED = {
    "read": "authenticated",
    "create": "authenticated",
    "fields": [{"field": "secret", "read": ["editor"]}, {"field": "fixed", "write": ["editor"]}],
}
TABLES: list[dict[str, Any]] = [
    {"name": name, "primaryKey": {"type": key}, "fields": FIELDS, "permissions": GUARDED}
    for name, key in (("numbered", "auto-increment"), ("random", "uuid"), ("named", "text"))
]

PLAIN: dict[str, list[Any]] = {
    "code": ["ab", "abcd"],
    "title": ["a", "\u00e9"],
    "count": [0, 7, Decimal("5.0"), None],
    "price": ["1.50", "-0.00", 3, Decimal("2.5"), None],
    "state": ["new", "old", None],
    "tags": [["a"], ["b", "a"], [], None],
    "done": [True, False, None],
    "at": ["2026-03-01T09:00:00.000Z", "2026-03-01T09:00:00+02:00", None],
    "mail": ["a@x.example", " B@x.example ", None],
    "page": ["https://x.example", None],
    "owner": [None],
    "extra": [{"from": 1}, [1], "x", 0, None],
}
FAULTY: dict[str, list[Any]] = {
    "code": ["", "\u3164\u3164", "abcde", 5, None],
    "title": ["", " ", "\u115f", "a\nb", None],
    "count": [-1, True, "1", Decimal("1.5")],
    "price": ["1.505", True, ""],
    "state": ["other", ["new"]],
    "tags": [["c"], "a", [["a"]]],
    "done": [1, "true"],
    "at": ["yesterday", "2026-02-30T00:00:00.000Z"],
    "mail": ["nobody"],
    "page": ["ftp://x"],
    "number": [1],
    "maker": ["u"],
    "secret": ["s"],
    "fixed": ["f"],
    "unknown": [1],
    "createdAt": ["2026-03-01T09:00:00Z"],
    "id": ["k1", "a b", 5, None],
}


def drawn(draw: st.DrawFn, values: dict[str, list[Any]], names: Iterable[str]) -> dict[str, Any]:
    return {name: draw(st.sampled_from(values[name])) for name in names}


@st.composite
def entries(draw: st.DrawFn, *, wild: bool) -> list[dict[str, Any]]:
    """Draw entries: most with the same fields and without a fault, which they all have unless `wild`."""
    made = []
    for _ in range(draw(st.integers(4 - 3 * wild, 12))):
        some = st.lists(st.sampled_from(list(PLAIN)), unique=True)
        names = draw(some) if wild and not draw(st.integers(0, 5)) else list(PLAIN)
        one = st.lists(st.sampled_from(list(FAULTY)), max_size=2, unique=True)
        faults = draw(one) if wild and not draw(st.integers(0, 5)) else []
        made.append(drawn(draw, PLAIN, names) | drawn(draw, FAULTY, faults))
    return made


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("many")
    with site(folder, f"sqlite:{folder / 'tabularium.db'}", AUTH, tables=TABLES) as opened:
        yield opened


def in_context(crm: Site, work: Callable[[Context], Any]) -> Any:
    person = Identity("u_1", frozenset({"member"}), name="Ada", email="ada@example.com", impersonated_by=None)

    async def inside(session: Session) -> Any:
        return work(Context(person, crm.opened["migrated"].schema, session, crm.clock))

    return crm.client.run(crm.opened["database"].read(inside))


def told(candidate: Candidate) -> str:
    values = {name: candidate.values[name] for name in sorted(candidate.values)}
    return repr((candidate.path, values, candidate.errors, sorted(candidate.sent), candidate.forbidden))


def path(place: int) -> str:
    return f"records.{place}.fields"


def both(crm: Site, name: str, sent: list[dict[str, Any]]) -> tuple[list[Candidate], list[Candidate]]:
    """Return what becomes of records that are read together, and of the same, read one by one."""

    def work(context: Context) -> tuple[list[Candidate], list[Candidate]]:
        table = context.schema.table(name)
        single = [prepare(context, table, each, path(place)) for place, each in enumerate(sent)]
        return prepare_many(context, table, sent, path), single

    many, single = in_context(crm, work)
    return many, single


every_table = pytest.mark.parametrize("name", [each["name"] for each in TABLES])
USUAL = {name: some[0] for name, some in PLAIN.items()}
FAULTS = [(name, value) for name, some in FAULTY.items() for value in some]


@every_table
@given(sent=entries(wild=True))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_many_records_come_to_what_each_of_them_would(crm: Site, name: str, sent: list[dict[str, Any]]) -> None:
    many, single = both(crm, name, sent)
    assert list(map(told, many)) == list(map(told, single))
    keys = [each.key for each in many]
    if name == "random":
        assert all(isinstance(key, str) for key in keys)
        assert len(set(keys)) == len(keys)
    else:
        assert keys == [each.key for each in single]


@every_table
@pytest.mark.parametrize("faulty", [1, 5])
def test_every_fault_is_found_among_many(crm: Site, name: str, faulty: int) -> None:
    for field, value in FAULTS:
        sent = [USUAL | {field: value}] * faulty + [USUAL] * (6 - faulty)
        many, single = both(crm, name, sent)
        assert list(map(told, many)) == list(map(told, single)), (field, value)
        assert single[0].errors or single[0].forbidden or (name, field) == ("named", "id")


@every_table
def test_what_is_left_out_is_filled_or_missed_among_many(crm: Site, name: str) -> None:
    for field in PLAIN:
        sent = [{each: value for each, value in USUAL.items() if each != field}] * 5
        many, single = both(crm, name, sent)
        assert list(map(told, many)) == list(map(told, single)), field
        assert bool(single[0].errors) == (field == "code" or name == "named")


@given(sent=entries(wild=False))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_records_without_a_fault_are_all_read_field_by_field(crm: Site, sent: list[dict[str, Any]]) -> None:
    def work(context: Context) -> dict[int, Candidate]:
        table = context.schema.table("numbered")
        return read_many(table, sent, path, (policy.access(context.identity, table), context.now, "u_1"))

    assert list(in_context(crm, work)) == list(range(len(sent)))
