"""All that requests do to the records of `proofs.yaml`, said once more in the plainest way, with every record's history.

What goes and comes back together is the business of `trash.model`; here are values, numbers, uniqueness and entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.records.trash.model import Item, Model, Rule

Node = tuple[str, Any]
Codes = dict[str, str]
Change = tuple[str, dict[str, Any] | None]
"""An action with the values before and after, as an entry of the history tells them."""

LINKS: tuple[tuple[str, str, str, Rule], ...] = (
    ("people", "boss", "people", "set-null"),
    ("people", "home", "places", "cascade"),
    ("people", "guard", "places", "restrict"),
    ("places", "inside", "places", "cascade"),
)
FIELDS: Mapping[str, tuple[str, ...]] = {
    "people": (
        *("name", "code", "age", "height", "active", "mood", "born", "number", "boss", "home", "guard", "tags"),
    ),
    "places": ("label", "inside"),
    "tags": ("label", "size"),
}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {"people": {"active": True, "mood": "good", "tags": []}}
UNIQUE: Mapping[str, str] = {"people": "code", "places": "label"}
PARENTS = {"boss": "people", "home": "places", "guard": "places", "inside": "places"}


@dataclass
class Refused:
    """What a request is refused with: the status, and a code for each place."""

    status: int
    codes: Codes = field(default_factory=dict)


class WholeModel:
    """Records with their values and histories. What raises nothing and returns `None` was done."""

    def __init__(self) -> None:
        self.graph = Model(LINKS)
        self.values: dict[Node, dict[str, Any]] = {}
        self.history: defaultdict[Node, list[Change]] = defaultdict(list)
        self.next_number = 1

    # What is there ----------------------------------------------------------------------------------------------------

    def is_live(self, node: Node) -> bool:
        return node in self.graph.items and self.graph.items[node].deletion is None

    def known(self, table: str, *, live: bool | None = None) -> list[Any]:
        """Return the ids of a table that were ever used, in order: all of them, or live ones, or those in the trash."""
        nodes = [node for node in self.history if node[0] == table]
        if live is not None:
            nodes = [node for node in nodes if node in self.graph.items and self.is_live(node) == live]
        return sorted((node[1] for node in nodes), key=lambda each: (len(each), each))

    def shown(self, node: Node) -> dict[str, Any]:
        """Return the fields of a record as answers have them: links to many lead to live records only."""
        found = {**self.values[node], **self.graph.items[node].links}
        if "tags" in found:
            found["tags"] = [each for each in found["tags"] if self.is_live(("tags", each))]
        return found

    # Values -----------------------------------------------------------------------------------------------------------

    def invalid(self, table: str, sent: Mapping[str, Any], path: str, *, is_new: bool) -> Codes:
        """Return what is wrong with values as they stand, and with links that are to be set."""
        codes = misfits(table, sent, path)
        if table == "people" and sent.get("name", None if is_new else "") is None:
            codes[f"{path}.name"] = "required"
        for name, target in PARENTS.items():
            if sent.get(name) is not None and not self.is_live((target, sent[name])):
                codes[f"{path}.{name}"] = "not_found"
        for place, each in enumerate(sent.get("tags") or ()):
            if not self.is_live(("tags", each)):
                codes[f"{path}.tags.{place}"] = "not_found"
        return codes

    def _taken(self, table: str, value: Any, but: Node | None = None) -> bool:
        name = UNIQUE.get(table)
        others = (node for node in self.values if node[0] == table and node != but and self.is_live(node))
        return name is not None and value is not None and any(self.values[node][name] == value for node in others)

    # Create and update ------------------------------------------------------------------------------------------------

    def create(self, table: str, rows: Sequence[Mapping[str, Any]], paths: Sequence[str]) -> Refused | None:
        """Judge new records; `add` stores each under the id that it got."""
        codes: Codes = {}
        for row, path in zip(rows, paths, strict=True):
            codes |= self.invalid(table, row, path, is_new=True)
        if codes:
            return Refused(400, codes)
        unique = UNIQUE.get(table)
        for row, path in zip(rows, paths, strict=True):
            others = [each for each in rows if each is not row]
            value = row.get(unique) if unique else None
            if self._taken(table, value) or (value is not None and any(each.get(unique) == value for each in others)):
                codes[f"{path}.{unique}"] = "not_unique"
            if table == "places":
                key = row["id"]
                if ("places", key) in self.graph.items or any(each["id"] == key for each in others):
                    codes[f"{path}.id"] = "not_unique"
        return Refused(409, codes) if codes else None

    def add(self, table: str, record_id: str, row: Mapping[str, Any]) -> None:
        """Store a new record."""
        node, links = (table, record_id), [name for each, name, _, _ in LINKS if each == table]
        whole = dict.fromkeys(FIELDS[table]) | dict(DEFAULTS.get(table, {}))
        whole |= {name: value for name, value in row.items() if name != "id"}
        if table == "people":
            whole["number"] = self.next_number
            self.next_number += 1
        self.graph.items[node] = Item({name: whole.pop(name) for name in links})  # type: ignore[index]  # keys are texts here
        self.values[node] = whole
        given = {name: value for name, value in self.shown(node).items() if value is not None and value != []}
        self.history[node].append(("create", {name: {"from": None, "to": value} for name, value in given.items()}))

    def update(
        self, table: str, entries: Sequence[tuple[str, Mapping[str, Any], bool]], paths: Sequence[str]
    ) -> tuple[Refused | None, list[bool]]:
        """Change records: ids, values, and whether the state that the caller has seen is an old one.

        Return also which of them have changed.
        """
        missing = [path for (key, _, _), path in zip(entries, paths, strict=True) if not self.is_live((table, key))]
        if missing:
            return Refused(404, {f"{each.removesuffix('fields')}id": "not_found" for each in missing}), []
        codes: Codes = {}
        for (_, sent, _), path in zip(entries, paths, strict=True):
            codes |= self.invalid(table, sent, path, is_new=False)
        if codes:
            return Refused(400, codes), []
        old = [path for (_, _, is_old), path in zip(entries, paths, strict=True) if is_old]
        if old:
            return Refused(409, {f"{each.removesuffix('fields')}updatedAt": "stale" for each in old}), []
        changed = []
        for (key, sent, _), path in zip(entries, paths, strict=True):
            unique = UNIQUE.get(table, "")
            if unique in sent and self._taken(table, sent[unique], (table, key)):
                codes[f"{path}.{unique}"] = "not_unique"
            else:
                changed.append(self.set_values((table, key), sent))
        return (Refused(409, codes) if codes else None), changed

    def set_values(self, node: Node, sent: Mapping[str, Any]) -> bool:
        """Set values of a record. Return whether any was another one."""
        before, item = self.shown(node), self.graph.items[node]  # type: ignore[index]
        changes = {name: {"from": before[name], "to": to} for name, to in sent.items() if before[name] != to}
        for name in changes:
            (item.links if name in item.links else self.values[node])[name] = sent[name]
        if changes:
            item.revision += 1
            self.history[node].append(("update", changes))
        return bool(changes)

    # Upsert -----------------------------------------------------------------------------------------------------------

    def upsert(self, rows: Sequence[Mapping[str, Any]]) -> tuple[Refused | None, list[Node | None]]:
        """Judge rows of people that are told apart by their codes. Return also which record each of them means."""
        paths = [f"records.{place}.fields" for place in range(len(rows))]
        codes: Codes = {}
        for place, (row, path) in enumerate(zip(rows, paths, strict=True)):
            if any(each["code"] == row["code"] for each in rows[:place]):
                codes[f"{path}.code"] = "duplicate"
        if codes:
            for row, path in zip(rows, paths, strict=True):
                codes |= misfits("people", row, path)
            return Refused(400, codes), []
        live = {self.values[node]["code"]: node for node in self.values if node[0] == "people" and self.is_live(node)}
        meant = [live.get(row["code"]) for row in rows]
        for row, path, node in zip(rows, paths, meant, strict=True):
            codes |= self.invalid("people", row, path, is_new=node is None)
        return (Refused(400, codes) if codes else None), meant

    # Trash ------------------------------------------------------------------------------------------------------------

    def delete(self, table: str, ids: Sequence[str], *, permanent: bool) -> Refused | None:
        before = deepcopy(self.graph)
        outcome = self.graph.delete(table, ids, "permanent" if permanent else "delete")  # type: ignore[arg-type]
        if outcome is None:
            self._tell(before)
            return None
        return self._refusal(outcome, ids, lambda place: "restricted")

    def restore(self, table: str, ids: Sequence[str]) -> Refused | None:
        before = deepcopy(self.graph)
        outcome: Any = self.graph.restore(table, ids)  # type: ignore[arg-type]
        if outcome is None or (isinstance(outcome, dict) and "not_deleted" not in set().union(*outcome.values())):
            found: dict[Any, set[str]] = outcome or {}
            for root, place in self._clashes(before, table, ids):
                found.setdefault(root, set()).add(place)
            outcome = found or None
        if outcome is None:
            self._tell(before)
            return None
        self.graph = before
        return self._refusal(
            outcome, ids, lambda place: "parent_deleted" if place.split(".")[-1] in PARENTS else "not_unique"
        )

    def _clashes(self, before: Model, table: str, ids: Sequence[str]) -> Iterator[tuple[Any, str]]:
        """Yield for each root the unique values with which records that come back would meet others."""
        roots: list[Any] = [(table, key) for key in ids]
        coming: set[Any] = before._with_children(roots, "together")
        for node in coming:
            name = UNIQUE.get(node[0])
            value = self.values[node][name] if name else None
            others = (each for each in self.values if each[0] == node[0] and each != node and value is not None)
            live = (each for each in others if each in coming or before.items[each].deletion is None)  # type: ignore[index]
            if value is None or not any(self.values[each][name or ""] == value for each in live):
                continue
            owners = (
                [node]
                if node in roots
                else [each for each in roots if node in before._with_children([each], "together")]
            )
            for root in owners:
                yield root[1], f"{name}" if node in roots else f"{node[0]}.{name}"

    def _refusal(self, outcome: Any, ids: Sequence[str], code: Any) -> Refused:
        if isinstance(outcome, set):
            return Refused(404, {f"ids.{ids.index(each)}": "not_found" for each in outcome})
        if any("not_deleted" in places for places in outcome.values()):
            return Refused(400, {f"ids.{ids.index(each)}": "not_deleted" for each in outcome})
        return Refused(
            409, {f"ids.{ids.index(key)}.{each}": code(each) for key, places in outcome.items() for each in places}
        )

    def _tell(self, before: Model) -> None:
        """Write the history of what has become of records since."""
        for node, former in before.items.items():
            now = self.graph.items.get(node)
            if now is None:
                self.history[node] = [(action, None) for action, _ in self.history[node]]
                self.history[node].append(("permanent_delete", None))
                del self.values[node]
                for values in self.values.values():
                    if node[0] == "tags" and node[1] in values.get("tags", ()):
                        values["tags"] = [each for each in values["tags"] if each != node[1]]
            elif (now.deletion is None) != (former.deletion is None):
                self.history[node].append(("restore" if now.deletion is None else "delete", None))
            elif now.revision != former.revision:
                lost = {name: key for name, key in former.links.items() if now.links[name] != key}
                self.history[node].append(("update", {name: {"from": key, "to": None} for name, key in lost.items()}))


def misfits(table: str, sent: Mapping[str, Any], path: str) -> Codes:
    """Return what is wrong with values whatever is stored."""
    codes: Codes = {}
    if table == "people" and len(sent.get("name") or "") > 8:
        codes[f"{path}.name"] = "too_long"
    if table == "people" and (sent.get("age") or 0) > 150:
        codes[f"{path}.age"] = "out_of_range"
    return codes
