"""Copies parts of a contract, with other references and operations in the place of the generic ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Document = Mapping[str, Any]

TABLE_PARAMETER: Final = "tableId"

_MAPS_BY_NAME: Final = frozenset({"properties", "patternProperties", "$defs", "headers", "content", "responses"})
"""Keywords whose values map names of any kind, which are no keywords themselves, to parts of the contract."""


@dataclass(frozen=True)
class Rewriting:
    """What takes the place of what.

    `operations` maps the operationIds that links may lead to to their new ones; a link to another is left out. With
    `for_one_table` links lose the table's parameter where they lead to an operation that has become the table's own,
    and examples are left out, since they show the values of some other table.
    """

    references: Mapping[str, str]
    operations: Mapping[str, str]
    for_one_table: bool = False

    def apply(self, node: Any, *, are_names: bool = False) -> Any:
        """Return a copy of a part. `are_names` says that the keys at its top are names, not keywords."""
        if isinstance(node, list):
            return [self.apply(each) for each in node]
        if not isinstance(node, Mapping):
            return node
        if are_names:
            return {name: self.apply(value) for name, value in node.items()}
        return {key: self._keyword(key, value) for key, value in node.items() if not self._is_left_out(key)}

    def _is_left_out(self, key: str) -> bool:
        return self.for_one_table and key in ("example", "examples")

    def _keyword(self, key: str, value: Any) -> Any:
        if key == "$ref":
            return self.references.get(value, value)
        if key == "links":
            return {
                name: self._link(each) for name, each in value.items() if each.get("operationId") in self.operations
            }
        return self.apply(value, are_names=key in _MAPS_BY_NAME)

    def _link(self, link: Document) -> dict[str, Any]:
        former = link["operationId"]
        leads_to = self.operations[former]
        parameters = dict(link.get("parameters", {}))
        if self.for_one_table and leads_to != former:
            parameters.pop(TABLE_PARAMETER, None)
        return {**link, "operationId": leads_to, "parameters": parameters}


def references_in(node: Any) -> Iterator[str]:
    """Yield every reference in a part, in its order; one that stands there twice comes twice."""
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references_in(value)
    elif isinstance(node, list):
        for item in node:
            yield from references_in(item)


def component_reference(section: str, name: str) -> str:
    """Return the reference to a component."""
    return f"#/components/{section}/{name}"


def components_of(document: Document) -> dict[str, Any]:
    """Return the components by reference."""
    return {
        component_reference(section, name): content
        for section, entries in document.get("components", {}).items()
        for name, content in entries.items()
    }


def used_components(paths: Document, components: Document) -> set[str]:
    """Return the references of the components that the paths use, directly or through others."""
    used: set[str] = set()
    remaining = list(references_in(paths))
    while remaining:
        reference = remaining.pop()
        if reference not in used:
            used.add(reference)
            remaining += references_in(components.get(reference))
    return used


def users_of(references: set[str], components: Document) -> set[str]:
    """Return these components and all that refer to one of them, directly or through others."""
    found = set(references)
    is_growing = True
    while is_growing:
        more = {
            reference
            for reference, content in components.items()
            if reference not in found and not found.isdisjoint(references_in(content))
        }
        found |= more
        is_growing = bool(more)
    return found
