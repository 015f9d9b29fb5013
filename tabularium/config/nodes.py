"""The application file as a tree that still knows where each key and value stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tabularium.config.problems import Position, Problems, item_path, key_path

Scalar = str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A text, number, boolean or null. A number with a fraction or an exponent is a `Decimal`, to keep its digits."""

    position: Position
    size: int
    value: Scalar


@dataclass(frozen=True, slots=True)
class ListNode:
    position: Position
    size: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapNode:
    position: Position
    size: int
    entries: Mapping[str, Entry]
    faults: tuple[Fault, ...] = ()
    """Keys that were dropped (repeated ones), to be reported when the path is known."""


@dataclass(frozen=True, slots=True)
class BrokenNode:
    """What could not be read. Its message is reported once, when the path is known, and nothing more is said of it."""

    position: Position
    message: str | None = None
    size: int = 0


Node = ScalarNode | ListNode | MapNode | BrokenNode
"""`size` is the approximate number of bytes of the whole subtree, anchors and references expanded."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A key that cannot be used, and why."""

    position: Position
    key: str
    message: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with the place of the key itself, and its value."""

    position: Position
    node: Node


def plain(node: Node) -> Any:
    """Return the subtree as dicts, lists and scalars, without places."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    if isinstance(node, BrokenNode):
        return None
    return {key: plain(entry.node) for key, entry in node.entries.items()}


@dataclass(frozen=True, slots=True)
class Place:
    """A value of the file together with the path that leads to it and the collector of problems."""

    node: Node
    path: str
    problems: Problems

    def error(self, message: str) -> None:
        """Report an error at the value."""
        self.problems.error(self.node.position, self.path, message)

    def warn(self, message: str) -> None:
        """Report a warning at the value."""
        self.problems.warn(self.node.position, self.path, message)

    def error_at_key(self, key: str, message: str) -> None:
        """Report an error at a key of this mapping."""
        self.problems.error(self._key_position(key), key_path(self.path, key), message)

    def error_missing(self, key: str) -> None:
        """Report that this mapping lacks a key."""
        self.problems.error(self.node.position, key_path(self.path, key), "is required")

    def warn_at_key(self, key: str, message: str) -> None:
        """Report a warning at a key of this mapping."""
        self.problems.warn(self._key_position(key), key_path(self.path, key), message)

    def _key_position(self, key: str) -> Position:
        entry = self.entries.get(key)
        return entry.position if entry else self.node.position

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The keys of a mapping; none for anything else."""
        return self.node.entries if isinstance(self.node, MapNode) else {}

    @property
    def value(self) -> Scalar:
        """The scalar; null for anything else."""
        return self.node.value if isinstance(self.node, ScalarNode) else None

    def child(self, key: str) -> Place | None:
        """Return the value of a key, or `None` where the mapping has not that key."""
        entry = self.entries.get(key)
        return Place(entry.node, key_path(self.path, key), self.problems) if entry else None

    def at(self, key: str) -> Place:
        """Return the value of a key, or the mapping itself where the key is missing: a place to report at."""
        return self.child(key) or self

    def items(self) -> Iterator[Place]:
        """Go through the items of a list; none for anything else."""
        if isinstance(self.node, ListNode):
            for index, item in enumerate(self.node.items):
                yield Place(item, item_path(self.path, index), self.problems)

    def without(self, keys: frozenset[str] | set[str]) -> Place:
        """Return the same place of the mapping, some keys left out."""
        if not isinstance(self.node, MapNode):
            return self
        kept = {key: entry for key, entry in self.node.entries.items() if key not in keys}
        return replace(self, node=replace(self.node, entries=kept))
