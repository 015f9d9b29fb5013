"""From a path to its operations: a trie of segments, with whole paths that have no parameter in one dictionary."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote_to_bytes

from tabularium.errors import BadRequest

T = TypeVar("T")

_PARAMETER = re.compile(r"\{([^{}]+)\}")


def parameter_names(template: str) -> list[str]:
    """Return the names of the parameters of a path such as `/a/{b}`, from left to right."""
    return _PARAMETER.findall(template)


@dataclass(slots=True)
class Route(Generic[T]):
    """A path of the contract. `methods` maps methods as they are sent to what serves them."""

    template: str
    names: tuple[str, ...]
    """Of the parameters, from left to right."""
    methods: dict[str, T] = field(default_factory=dict)

    @property
    def allow(self) -> str:
        """The value of the header `Allow`."""
        methods = {*self.methods, "OPTIONS"}
        if "GET" in methods:
            methods.add("HEAD")
        return ", ".join(sorted(methods))


@dataclass(slots=True)
class _Node(Generic[T]):
    literals: dict[str, _Node[T]] = field(default_factory=dict)
    parameter: _Node[T] | None = None
    route: Route[T] | None = None


class Routes(Generic[T]):
    """All paths. A literal segment goes before a parameter in the same place, whatever the order of the contract."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()
        self._literal: dict[str, Route[T]] = {}

    def add(self, method: str, template: str, target: T) -> Route[T]:
        """Register a method of a path such as `/a/{b}`. Raises `ValueError` where a parameter is part of a segment."""
        node = self._root
        names = []
        for segment in template.split("/"):
            parameter = _PARAMETER.fullmatch(segment)
            if parameter:
                names.append(parameter[1])
                node.parameter = node.parameter or _Node()
                node = node.parameter
            elif "{" in segment:
                raise ValueError(f"{template}: a parameter must be a whole segment of the path")
            else:
                node = node.literals.setdefault(segment, _Node())
        if node.route is None:
            node.route = Route(template, tuple(names))
        elif node.route.names != tuple(names):
            raise ValueError(f"{template}: this is the same path as {node.route.template}")
        if method in node.route.methods:
            raise ValueError(f"{template}: {method} is there twice")
        node.route.methods[method] = target
        if not names:
            self._literal[template] = node.route
        return node.route

    def find(self, raw_path: bytes) -> tuple[Route[T], list[str]] | None:
        """Return the route of a path as it was sent, and the decoded values of its parameters.

        Raises `BadRequest` where the path is not UTF-8.
        """
        try:
            path = raw_path.decode()
            segments = path.split("/")
            if "%" in path:
                # After the split, so that an encoded slash is part of its segment.
                segments = [unquote_to_bytes(each).decode() for each in segments]
        except UnicodeDecodeError:
            raise BadRequest("The path is not UTF-8.") from None
        route = self._literal.get(path)
        if route is not None:
            return route, []
        values: list[str] = []
        found = _walk(self._root, segments, 0, values)
        return None if found is None else (found, values)


def _walk(node: _Node[T], segments: list[str], position: int, values: list[str]) -> Route[T] | None:
    for index in range(position, len(segments)):
        segment = segments[index]
        literal = node.literals.get(segment)
        parameter = node.parameter if segment else None  # an empty segment is nobody's value
        if literal is not None and parameter is not None:
            collected = len(values)
            found = _walk(literal, segments, index + 1, values)
            if found is not None:
                return found
            del values[collected:]
            literal = None
        if literal is not None:
            node = literal
        elif parameter is not None:
            values.append(segment)
            node = parameter
        else:
            return None
    return node.route
