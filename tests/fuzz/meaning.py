"""Gives requests a meaning: a stored record, and values, filters and sorts that fit the table.

The generic contract knows no tables, so that requests made from it alone would end as 404 or at the first unknown
field. Part of them stay as they are. The tables themselves come from schemathesis.toml.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, unquote

from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import CoveragePhaseData, ExamplesPhaseData, TestPhase

from server.dashboard import load_dashboard_assets
from server.explorer import load_explorer
from tabularium.query.operators import OPERATORS, operators_of, takes
from tabularium.schema.model import Table
from tests.fuzz.application import Case, is_generic, table_of
from tests.fuzz.bodies import (
    IDS,
    KEPT,
    deletes_kept,
    is_kept,
    meaningful_body,
    purposeful_body,
    record_ids,
    scalars,
)
from tests.fuzz.seed import RECORDS

_SYSTEM_FIELDS: Final = ("id", "created_at", "updated_at")
_OPERATORS: Final = tuple(OPERATORS)
_ASSETS: Final = sorted([*load_explorer().assets, *load_dashboard_assets().by_name])

_IF_MATCH: Final = "If-Match"
_IDEMPOTENCY_KEY: Final = "Idempotency-Key"
_numbers: Final = itertools.count(1)

_to_be_deleted: Final = {table: itertools.cycle(ids[KEPT:]) for table, ids in IDS.items()}


@st.composite
def meaningful(draw: st.DrawFn, case: Case) -> Case:
    """Put something meaningful into those parts of a random case that are meant to be valid."""
    if "asset" in case.path_parameters and _is_valid(case, ParameterLocation.PATH):
        _sometimes(draw, 0.7, lambda: _set(case, "asset", draw(st.sampled_from(_ASSETS))))
    table = table_of(case)
    if table is None:
        return case
    # Within a scenario the record is the one that a link leads to.
    if "recordId" in case.path_parameters and _is_valid(case, ParameterLocation.PATH) and not _is_in_scenario(case):
        probability = 1 if _removes_kept(case, table) else 0.7
        ids = record_ids(table.name, to_delete=case.method == "DELETE", to_restore=case.path.endswith("/restore"))
        _sometimes(draw, probability, lambda: _set(case, "recordId", draw(ids)))
    if case.headers and _is_valid(case, ParameterLocation.HEADER):
        _fill_headers(draw, case)
    if case.operation.query and _is_valid(case, ParameterLocation.QUERY):
        _fill_query(draw, case, table)
    if isinstance(case.body, dict) and _is_valid(case, ParameterLocation.BODY):
        case.body = meaningful_body(draw, case, table)
    return case


def _fill_headers(draw: st.DrawFn, case: Case) -> None:
    """Let most writes expect what is there, and most keys be new: random ones would have nearly all refused."""
    # What a scenario goes on with must be there: a stored answer may tell of a record that has gone meanwhile.
    if _IDEMPOTENCY_KEY in case.headers:
        probability = 1 if _is_in_scenario(case) else 0.7
        _sometimes(draw, probability, lambda: case.headers.update({_IDEMPOTENCY_KEY: _new_key(case)}))
    if _IF_MATCH in case.headers:
        record = unquote(str(case.path_parameters.get("recordId", "")))
        tags = ["*", *(f'"{record}-{revision}"' for revision in range(1, 4))]
        _sometimes(draw, 0.7, lambda: case.headers.update({_IF_MATCH: draw(st.sampled_from(tags))}))


def _new_key(case: Case) -> str:
    """Return a key that no case has had: both contracts are run on one server."""
    return f"{'generic' if is_generic(case) else 'typed'} {next(_numbers)}"


def _fill_query(draw: st.DrawFn, case: Case, table: Table) -> None:
    names = [*_SYSTEM_FIELDS, *table.by_name]
    known = {each.name for each in case.operation.query}
    query = case.query
    if "filter" in known:
        _sometimes(draw, 0.6, lambda: query.update(filter=draw(_filters(table))))
    if "offset" in known:
        _sometimes(draw, 0.9, lambda: untangle(query, draw(st.sampled_from(["page", "offset", "order"]))))
    if {"sort", "filter"} <= known and (is_generic(case) or "sort" in query):
        sortable = [name for name in names if is_generic(case) or _is_sortable(table, name)]
        terms = [name + direction for name in sortable for direction in ("", ":asc", ":DESC")]
        some_terms = st.lists(st.sampled_from(terms), min_size=1, max_size=3)
        _sometimes(draw, 0.6, lambda: query.update(sort=",".join(draw(some_terms))))
    if "fields" in known and is_generic(case):
        some_names = st.lists(st.sampled_from(names), min_size=1, max_size=5, unique=True)
        _sometimes(draw, 0.6, lambda: query.update(fields=draw(some_names)))


def _is_sortable(table: Table, name: str) -> bool:
    return name not in table.by_name or table.by_name[name].type.is_sortable


def purposeful(case: Case) -> Case:
    """Let a case of the fixed phases fail for nothing but what it is about: its other parts are to be right."""
    table = table_of(case)
    data = case.meta.phase.data if case.meta else None
    if table is None or not isinstance(data, CoveragePhaseData | ExamplesPhaseData):
        return case
    about = getattr(data, "parameter", None) or ""
    untangle(case.query, about)
    if case.headers and _IDEMPOTENCY_KEY in case.headers and about != _IDEMPOTENCY_KEY:
        case.headers[_IDEMPOTENCY_KEY] = _new_key(case)
    if case.headers and _IF_MATCH in case.headers and about != _IF_MATCH:
        case.headers[_IF_MATCH] = "*"
    if _removes_kept(case, table):
        _set(case, "recordId", next(_to_be_deleted[table.name]))
    if isinstance(case.body, dict):
        case.body = purposeful_body(case, table, _to_be_deleted[table.name])
    return case


def spoils(case: Case) -> bool:
    """Say whether a step of a scenario would delete a record that is to be kept."""
    table = table_of(case)
    return table is not None and _is_in_scenario(case) and (_removes_kept(case, table) or deletes_kept(case, table))


def _removes_kept(case: Case, table: Table) -> bool:
    named = unquote(str(case.path_parameters.get("recordId", "")))
    return case.method == "DELETE" and is_kept(table.name, named)


def _is_in_scenario(case: Case) -> bool:
    return case.meta is not None and case.meta.phase.name is TestPhase.STATEFUL


def untangle(query: dict[str, Any], kept: str) -> None:
    """Leave one of each set of parameters that exclude each other: the one to be kept, if it is of the set."""
    if "page" in query and "offset" in query:
        del query["offset" if kept == "page" else "page"]
    if "order" in query and kept == "order":
        query["sort"] = "id"
    elif "order" in query:
        del query["order"]


_IN_FILTERS: Final = scalars(allow_infinity=True)  # in a text Infinity is one more thing to refuse


def _filters(table: Table) -> st.SearchStrategy[str]:
    """Filters of the table in each of the three forms, mostly with values that its records have."""
    leaf = st.sampled_from([*_SYSTEM_FIELDS, *table.by_name]).flatmap(lambda name: _leaf(table, name))
    node = st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(lambda parts: {"and": parts}, st.lists(inner, max_size=3)),
            st.builds(lambda parts: {"or": parts}, st.lists(inner, max_size=3)),
            st.builds(lambda part: {"not": part}, inner),
        ),
        max_leaves=6,
    )
    # At most ten levels are allowed, and eleven are to be refused.
    deep = st.builds(_negated, node, st.integers(0, 11))
    return st.one_of(node.map(json.dumps), deep.map(json.dumps), leaf.map(_as_text))


def _leaf(table: Table, name: str) -> st.SearchStrategy[dict[str, Any]]:
    field = table.by_name.get(name)
    fitting = operators_of(field.type.groups) if field else _OPERATORS
    value = st.one_of(st.sampled_from(_values_of(table.name, name)), _IN_FILTERS)
    operator = st.one_of(st.sampled_from(fitting), st.sampled_from(fitting), st.sampled_from(_OPERATORS))
    return operator.flatmap(lambda chosen: _condition(name, chosen, value))


def _condition(name: str, operator: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    operand = {
        "nothing": st.none(),
        "pair": st.lists(value, min_size=2, max_size=2),
        "list": st.lists(value, max_size=4),
        "items": st.lists(value, max_size=4) | value,
        "days": st.integers(-1, 4000) | value,
    }.get(takes(operator) or "one", value)
    if takes(operator) == "nothing":
        return st.sampled_from([{"field": name, "operator": operator}, {name: {operator: True}}])
    return st.one_of(
        st.builds(lambda given: {"field": name, "operator": operator, "value": given}, operand),
        st.builds(lambda given: {name: {operator: given}}, operand),
        st.builds(lambda given: {name: given}, value),
    )


def _values_of(table: str, name: str) -> list[Any]:
    if name == "id":
        return [*IDS[table][:5], 1]
    found = [record[name] for record in RECORDS[table] if name in record]
    return found or ["2026-01-01", "2026-01-01T00:00:00.000Z", 0]


def _negated(node: dict[str, Any], levels: int) -> dict[str, Any]:
    for _ in range(levels):
        node = {"not": node}
    return node


def _as_text(leaf: dict[str, Any]) -> str:
    if "field" in leaf and "operator" in leaf:
        value = leaf.get("value", "")
        shown = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        return f"{leaf['field']}:{leaf['operator']}:{shown}"
    name, value = next(iter(leaf.items()))
    return f"{name}:{value}"


def _is_valid(case: Case, location: ParameterLocation) -> bool:
    """Say whether a part was drawn to be valid. One that a link has set whole was not drawn, and is kept."""
    component = case.meta.components.get(location) if case.meta else None
    return component is not None and component.mode.is_positive


def _set(case: Case, parameter: str, value: str) -> None:
    """Set a valid parameter of the path to another valid value."""
    meta = case.meta
    if meta is None:
        return
    mode, component = meta.generation.mode, meta.components.get(ParameterLocation.PATH)
    case.path_parameters[parameter] = quote(value, safe="")
    # Schemathesis now judges the path anew, as it is quoted: the space of a table's name would make it an invalid one.
    judged = case.meta
    if judged is not None and component is not None:
        judged.components[ParameterLocation.PATH] = component
        judged.generation.mode = mode


def _sometimes(draw: st.DrawFn, probability: float, act: Callable[[], object]) -> None:
    if draw(st.floats(0, 1, exclude_max=True)) < probability:
        act()
