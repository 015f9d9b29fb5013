"""YAML text to nodes, by JSON's types only: what JSON would not read as a number, boolean or null is text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from tabularium.config.nodes import BrokenNode, Entry, Fault, ListNode, MapNode, Node, ScalarNode
from tabularium.config.problems import Position, quoted
from tabularium.config.source import (
    MAX_DEPTH,
    OVERHEAD,
    Budget,
    Source,
    Unreadable,
    plain_scalar,
    text_fault,
    text_node,
)

# libyaml's parser is ten times as fast; a PyYAML built without it has only the other.
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse_yaml(source: Source, budget: Budget) -> Node:
    """Read a YAML file of one document. Raises `Unreadable` where the text is no YAML."""
    unprintable = _UNPRINTABLE.search(source.text)
    if unprintable:
        raise Unreadable(source.position_at(unprintable.start()), "control characters are not allowed in YAML")
    try:
        return _Document(source, budget).read()
    except yaml.MarkedYAMLError as failure:
        mark = failure.problem_mark or failure.context_mark
        position = source.position(mark.line, mark.column) if mark else source.position(0, 0)
        reason = ", ".join(part for part in (failure.context, failure.problem) if part)
        raise Unreadable(position, f"not valid YAML: {reason}") from None
    except yaml.YAMLError:
        raise Unreadable(source.position(0, 0), "not valid YAML") from None


class _Document:
    """Builds nodes from the parser's events, where anchors, tags and repeated keys can still be seen."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self._source = source
        self._budget = budget
        self._events: Iterator[Any] = yaml.parse(source.text, Loader=_PARSER)
        self._anchors: dict[str, Node | None] = {}

    def read(self) -> Node:
        next(self._events)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise Unreadable(self._source.position(0, 0), "the file is empty")
        node = self._node(next(self._events), 1)
        next(self._events)
        following = next(self._events)
        if not isinstance(following, yaml.StreamEndEvent):
            raise Unreadable(self._position(following), "one file holds one YAML document")
        return node

    def _position(self, event: Any) -> Position:
        return self._source.position(event.start_mark.line, event.start_mark.column)

    def _node(self, event: Any, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if depth > MAX_DEPTH:
            raise Unreadable(self._position(event), f"more than {MAX_DEPTH} levels of nesting")
        if event.anchor is not None:
            self._anchors[event.anchor] = None  # until it is complete, so that it cannot contain itself
        node = self._content(event, depth)
        if event.tag is not None:
            node = BrokenNode(self._position(event), "tags are not allowed")
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Any) -> Node:
        position = self._position(event)
        if event.anchor not in self._anchors:
            return BrokenNode(position, f"there is no anchor {quoted(event.anchor)} above")
        node = self._anchors[event.anchor]
        if node is None:
            return BrokenNode(position, f"the anchor {quoted(event.anchor)} contains itself")
        self._budget.spend(node.size, position)
        return node

    def _content(self, event: Any, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(event, depth)
        return self._mapping(event, depth)

    def _scalar(self, event: Any) -> Node:
        position = self._position(event)
        if not event.implicit[0]:  # in quotes, or a block
            return text_node(position, event.value)
        try:
            value = plain_scalar(event.value)
        except ValueError as failure:
            return BrokenNode(position, str(failure))
        if isinstance(value, str):
            return text_node(position, value)
        return ScalarNode(position, len(event.value) + OVERHEAD, value)

    def _list(self, event: Any, depth: int) -> Node:
        items: list[Node] = []
        for item in self._events:
            if isinstance(item, yaml.SequenceEndEvent):
                break
            items.append(self._node(item, depth + 1))
        return ListNode(self._position(event), sum(item.size for item in items) + OVERHEAD, tuple(items))

    def _mapping(self, event: Any, depth: int) -> Node:
        entries: dict[str, Entry] = {}
        faults: list[Fault] = []
        for key_event in self._events:
            if isinstance(key_event, yaml.MappingEndEvent):
                break
            position = self._position(key_event)
            key, message = self._key(key_event, depth)
            value = self._node(next(self._events), depth + 1)
            if message or key in entries:
                faults.append(Fault(position, key, message or "this key is repeated"))
            else:
                entries[key] = Entry(position, value)
        size = sum(len(key) + entry.node.size for key, entry in entries.items()) + OVERHEAD
        return MapNode(self._position(event), size, entries, tuple(faults))

    def _key(self, event: Any, depth: int) -> tuple[str, str | None]:
        """Return a key, and why it cannot be used."""
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, depth + 1)
            return "?", "a key must be a text"
        key = str(event.value)
        if event.anchor is not None:
            self._anchors[event.anchor] = text_node(self._position(event), key)
        if event.tag is not None:
            return key, "tags are not allowed"
        if key == "<<" and event.implicit[0]:
            return key, 'merge keys ("<<") are not part of YAML 1.2'
        return key, text_fault(key)
