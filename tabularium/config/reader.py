"""The application file and the files that it refers to, as one tree of nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Final

from tabularium.config.json_source import parse_json
from tabularium.config.nodes import BrokenNode, Entry, ListNode, MapNode, Node, Place, ScalarNode
from tabularium.config.problems import Position, Problems, item_path, key_path, quoted
from tabularium.config.source import MAX_DEPTH, Budget, Source, Unreadable
from tabularium.config.yaml_source import parse_yaml

REFERENCE: Final = "$ref"
MAX_LEVELS: Final = 10
_INCLUSION_BYTES: Final = 1024
"""What a repeated reference counts against the 10 MiB beside the file's own size: following one takes time."""

_SUFFIXES: Final = (".yaml", ".yml", ".json")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:", re.ASCII)


@dataclass(frozen=True, slots=True)
class ApplicationFile:
    """What was read: the root mapping, and every file that took part, the named one first."""

    root: Place
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value of the whole tree stands: its path, and the chain of files that leads to it."""

    path: tuple[str | int, ...]
    chain: tuple[Path, ...]

    def below(self, part: str | int) -> _Place:
        return _Place((*self.path, part), self.chain)


def read_application(path: Path, problems: Problems) -> ApplicationFile | None:
    """Read a file with everything it refers to; `None` where nothing can be made of it. Errors go to `problems`."""
    reader = _Reader(path, problems)
    node = reader.read()
    if isinstance(node, BrokenNode):
        return None
    if not isinstance(node, MapNode):
        problems.error(node.position, "", "the file must hold a mapping, with at least a name")
        return None
    return ApplicationFile(Place(node, "", problems), reader.files)


class _Reader:
    def __init__(self, path: Path, problems: Problems) -> None:
        self._path = path
        self._problems = problems
        self._folder = path.parent
        self._budget = Budget()
        self._parsed: dict[Path, Node] = {}

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(self._parsed)

    def read(self) -> Node:
        start = Position(0, self._path.name, 1, 1)
        try:
            real = self._path.resolve(strict=True)
        except (OSError, RuntimeError) as failure:
            return self._refuse(start, (), _reason(failure))
        self._folder = real.parent
        if real.suffix.lower() not in _SUFFIXES:
            return self._refuse(start, (), "the name of the file must end in .yaml, .yml or .json")
        try:
            return self._file(real, _Place((), (real,)), start, None)
        except Unreadable as failure:
            return self._refuse(failure.position, (), failure.message)

    def _refuse(self, position: Position, path: tuple[str | int, ...], message: str) -> BrokenNode:
        self._problems.error(position, _render(path), message)
        return BrokenNode(position)

    def _label(self, real: Path) -> str:
        return real.relative_to(self._folder).as_posix() if real != self._path.resolve() else self._path.name

    def _file(self, real: Path, place: _Place, origin: Position, splice: int | None) -> Node:
        """Return the content of a file, its references followed.

        `splice` is the place in a list at which the items of the file go, should it hold a list.
        """
        parsed = self._parsed.get(real)
        if parsed is None:
            parsed = self._parsed[real] = self._parse(real, origin)
        else:
            self._budget.spend(parsed.size + _INCLUSION_BYTES, origin)
        if splice is not None and isinstance(parsed, ListNode):
            return self._list(parsed, _Place(place.path[:-1], place.chain), splice)
        return self._follow(parsed, place, splice)

    def _parse(self, real: Path, origin: Position) -> Node:
        order = len(self._parsed)
        label = self._label(real)
        try:
            content = real.read_bytes()
        except OSError as failure:
            return BrokenNode(origin, _reason(failure))
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as failure:
            before = content[: failure.start]
            column = len(before) - (before.rfind(b"\n") + 1)
            position = Position(order, label, before.count(b"\n") + 1, column + 1)
            return BrokenNode(position, "the file must be UTF-8 text")
        source = Source(order, label, text)
        try:
            return parse_json(source) if real.suffix.lower() == ".json" else parse_yaml(source, self._budget)
        except Unreadable as failure:
            return BrokenNode(failure.position, failure.message)

    def _follow(self, node: Node, place: _Place, splice: int | None = None) -> Node:
        if len(place.path) > MAX_DEPTH:  # anchors and references may nest deeper than each file does
            raise Unreadable(node.position, f"more than {MAX_DEPTH} levels of nesting")
        if isinstance(node, ListNode):
            return self._list(node, place)
        if isinstance(node, BrokenNode) and node.message:
            return self._refuse(node.position, place.path, node.message)
        if not isinstance(node, MapNode):
            return node
        for fault in node.faults:
            self._refuse(fault.position, place.below(fault.key).path, fault.message)
        if REFERENCE in node.entries:
            if len(node.entries) == 1:
                return self._include(node.entries[REFERENCE], place, splice)
            position = node.entries[REFERENCE].position
            return self._refuse(position, place.below(REFERENCE).path, '"$ref" must be the only key of its mapping')
        entries = {
            key: Entry(entry.position, self._follow(entry.node, place.below(key)))
            for key, entry in node.entries.items()
        }
        return MapNode(node.position, node.size, entries)

    def _list(self, node: ListNode, place: _Place, first: int = 0) -> ListNode:
        items: list[Node] = []
        for item in node.items:
            number = first + len(items)
            followed = self._follow(item, place.below(number), number)
            is_reference = isinstance(item, MapNode) and REFERENCE in item.entries
            if is_reference and isinstance(followed, ListNode):
                items.extend(followed.items)
            else:
                items.append(followed)
        return ListNode(node.position, node.size, tuple(items))

    def _include(self, entry: Entry, place: _Place, splice: int | None) -> Node:
        target = entry.node.value if isinstance(entry.node, ScalarNode) else None
        path = place.below(REFERENCE).path
        fault = _reference_fault(target)
        if fault or not isinstance(target, str):
            return self._refuse(entry.node.position, path, fault or "must be the path of a file")
        try:
            real = (place.chain[-1].parent / target).resolve()
            fault = self._target_fault(real, target, place)
        except (OSError, RuntimeError) as failure:
            return self._refuse(entry.node.position, path, f"{quoted(target)} {_reason(failure)}")
        if fault:
            return self._refuse(entry.node.position, path, fault)
        return self._file(real, _Place(place.path, (*place.chain, real)), entry.node.position, splice)

    def _target_fault(self, real: Path, target: str, place: _Place) -> str | None:
        if not real.is_relative_to(self._folder):
            return f"{quoted(target)} leads out of the application's folder"
        if real in place.chain:
            chain = " → ".join(self._label(file) for file in (*place.chain, real))
            return f"the references go in a circle: {chain}"
        if len(place.chain) > MAX_LEVELS:
            return f"more than {MAX_LEVELS} levels of references"
        if not real.is_file():
            return f"{quoted(target)} {'is no file' if real.exists() else 'does not exist'}"
        return None


def _reference_fault(target: object) -> str | None:
    if not isinstance(target, str) or not target.strip():
        return "must be the path of a file"
    if "#" in target:
        return "fragments (#) are not supported; name a whole file"
    if target.startswith(("/", "\\")) or PureWindowsPath(target).drive:
        return "must be relative to the file that names it, not absolute"
    if _SCHEME.match(target):
        return "must be the path of a file, not a URL"
    if Path(target).suffix.lower() not in _SUFFIXES:
        return "the name of the file must end in .yaml, .yml or .json"
    return None


def _reason(failure: Exception) -> str:
    if isinstance(failure, FileNotFoundError):
        return "does not exist"
    if isinstance(failure, OSError) and failure.strerror:
        return f"cannot be read: {failure.strerror.lower()}"
    return "cannot be read"


def _render(path: tuple[str | int, ...]) -> str:
    text = ""
    for part in path:
        text = item_path(text, part) if isinstance(part, int) else key_path(text, part)
    return text
