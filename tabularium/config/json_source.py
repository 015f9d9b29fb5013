"""JSON text to nodes. The standard library's reader tells no places, and YAML's refuses tabs, which JSON allows."""

from __future__ import annotations

import json
import re

from tabularium.config.nodes import BrokenNode, Entry, Fault, ListNode, MapNode, Node, Scalar, ScalarNode
from tabularium.config.source import (
    MAX_DEPTH,
    OVERHEAD,
    Source,
    Unreadable,
    match_number,
    read_number,
    text_fault,
    text_node,
)

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SPACE = re.compile(r"[ \t\n\r]*")
_WORD = re.compile(r"true|false|null")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


def parse_json(source: Source) -> Node:
    """Read a JSON file. Raises `Unreadable` where the text is no JSON."""
    reader = _Reader(source)
    node = reader.value(1)
    reader.end()
    return node


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = source.text
        self._index = 0

    def end(self) -> None:
        self._skip()
        if self._index < len(self._text):
            raise self._failure("nothing may follow the value")

    def value(self, depth: int) -> Node:
        self._skip()
        if depth > MAX_DEPTH:
            raise self._failure(f"more than {MAX_DEPTH} levels of nesting")
        sign = self._text[self._index : self._index + 1]
        if sign == "{":
            return self._object(depth)
        if sign == "[":
            return self._array(depth)
        return self._scalar(sign)

    def _scalar(self, sign: str) -> Node:
        start = self._index
        position = self._source.position_at(start)
        if sign == '"':
            return text_node(position, self._string())
        word = _WORD.match(self._text, start)
        number = match_number(self._text, start)
        found = word or number
        if found is None:
            raise self._failure("a value is expected")
        self._index = found.end()
        try:
            value = _WORDS[word[0]] if word else read_number(found)
        except ValueError as failure:
            return BrokenNode(position, str(failure))
        return ScalarNode(position, found.end() - start, value)

    def _array(self, depth: int) -> Node:
        start = self._index
        items: list[Node] = []
        self._index += 1
        if not self._take("]"):
            items.append(self.value(depth + 1))
            while not self._take("]"):
                self._expect(",", "',' or ']' is expected")
                items.append(self.value(depth + 1))
        return ListNode(self._source.position_at(start), sum(item.size for item in items) + OVERHEAD, tuple(items))

    def _object(self, depth: int) -> Node:
        start = self._index
        entries: dict[str, Entry] = {}
        faults: list[Fault] = []
        self._index += 1
        if not self._take("}"):
            self._entry(depth, entries, faults)
            while not self._take("}"):
                self._expect(",", "',' or '}' is expected")
                self._entry(depth, entries, faults)
        size = sum(len(key) + entry.node.size for key, entry in entries.items()) + OVERHEAD
        return MapNode(self._source.position_at(start), size, entries, tuple(faults))

    def _entry(self, depth: int, entries: dict[str, Entry], faults: list[Fault]) -> None:
        self._skip()
        position = self._source.position_at(self._index)
        if self._text[self._index : self._index + 1] != '"':
            raise self._failure("a key in quotes is expected")
        key = self._string()
        self._expect(":", "':' is expected")
        node = self.value(depth + 1)
        message = text_fault(key) or ("this key is repeated" if key in entries else None)
        if message:
            faults.append(Fault(position, key, message))
        else:
            entries[key] = Entry(position, node)

    def _string(self) -> str:
        found = _STRING.match(self._text, self._index)
        if not found:
            raise self._failure("a text without an end")
        try:
            text = json.loads(found[0])
        except json.JSONDecodeError as failure:
            place = self._source.position_at(self._index + failure.pos)
            raise Unreadable(place, "not valid JSON: a control character or an unknown escape in a text") from None
        self._index = found.end()
        return str(text)

    def _skip(self) -> None:
        space = _SPACE.match(self._text, self._index)
        self._index = space.end() if space else self._index

    def _take(self, sign: str) -> bool:
        self._skip()
        found = self._text.startswith(sign, self._index)
        self._index += found
        return found

    def _expect(self, sign: str, message: str) -> None:
        if not self._take(sign):
            raise self._failure(message)

    def _failure(self, message: str) -> Unreadable:
        return Unreadable(self._source.position_at(self._index), f"not valid JSON: {message}")
