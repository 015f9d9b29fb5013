"""From operations to handler functions: `handlers.<tag>.<operationId>`, each with exactly the arguments it can have."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, Final

from connexion.operations import AbstractOperation
from connexion.resolver import Resolution, Resolver

from server.specification import METHODS

Handler = Callable[..., Any]

QUERY: Final = "query"
TABLE: Final = "table"
"""The argument of a handler that takes all parameters of its query string together, as a mapping."""

INJECTED: Final = frozenset({"context", TABLE, "services", "body", "identity", "request_id", "address", QUERY})
"""Arguments that do not come from single parameters. A parameter of such a name would be ambiguous."""


class HandlerResolver(Resolver):  # type: ignore[misc]  # Connexion has no types
    """Finds the handler of each operation and keeps what does not fit, so that all of it is reported together."""

    def __init__(self, document: Mapping[str, Any], modules: str | Mapping[str, ModuleType]) -> None:
        """`modules` is a package whose modules have the names of tags, or the modules themselves by tag."""
        super().__init__()
        self._modules = modules
        self._tags = dict(_tags(document))
        self._found: dict[str, Sequence[ModuleType]] = {}
        self.problems: list[str] = []

    def resolve(self, operation: AbstractOperation) -> Resolution:
        """Return the handler. A missing one is noted, and a stand-in keeps the walk through the contract going."""
        operation_id = operation.operation_id
        tag = self._tags.get(operation_id)
        if not operation_id or tag is None:
            self.problems.append(
                f"{operation.method.upper()} {operation.path}: an operation needs an operationId and a tag"
            )
            return Resolution(_missing, operation_id or "")
        handler = next(
            (each for module in self._modules_of(tag) if (each := getattr(module, operation_id, None))), None
        )
        if not inspect.iscoroutinefunction(handler):
            state = "is missing" if handler is None else "is not an `async def`"
            self.problems.append(
                f"{self._name(tag)}.{operation_id} {state}, for {operation.method.upper()} {operation.path}"
            )
            return Resolution(_missing, operation_id)
        return Resolution(handler, operation_id)

    def find_surplus(self) -> None:
        """Note every public coroutine function in the modules of handlers that no operation has."""
        for tag in {*self._tags.values(), *self._other_modules()}:
            for module in self._modules_of(tag):
                self._find_surplus_in(module, tag)

    def _find_surplus_in(self, module: ModuleType, tag: str) -> None:
        for name, value in vars(module).items():
            is_own = inspect.iscoroutinefunction(value) and value.__module__ == module.__name__
            if is_own and not name.startswith("_") and self._tags.get(name) != tag:
                self.problems.append(
                    f"{module.__name__}.{name} is no operation of the contract: remove it or make it private"
                )

    def _other_modules(self) -> Iterable[str]:
        if not isinstance(self._modules, str):
            return self._modules
        return [each.name for each in pkgutil.iter_modules(importlib.import_module(self._modules).__path__)]

    def _modules_of(self, tag: str) -> Sequence[ModuleType]:
        """Return the module of a tag, or those of its package where it is a large one."""
        if tag not in self._found:
            module = self._import(tag) if isinstance(self._modules, str) else self._modules.get(tag)
            self._found[tag] = () if module is None else (module, *_modules_in(module))
        return self._found[tag]

    def _import(self, tag: str) -> ModuleType | None:
        name = self._name(tag)
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:  # the module is there, and something that it imports is not
                raise
            return None

    def _name(self, tag: str) -> str:
        package = self._modules if isinstance(self._modules, str) else "handlers"
        return f"{package}.{tag.replace('-', '_')}"


def check_arguments(where: str, handler: Handler, expected: frozenset[str], optional: frozenset[str]) -> list[str]:
    """Return how a handler's arguments differ from those that its operation gives: each of `expected` must be taken."""
    if handler is _missing:
        return []
    parameters = inspect.signature(handler).parameters.values()
    named = {each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)}
    problems = [f"{where} must take the argument `{name}`" for name in sorted(expected - named)]
    surplus = sorted(named - expected - optional)
    problems += [f"{where} takes `{name}`, which its operation does not have" for name in surplus]
    if len(named) != len(parameters):
        problems.append(f"{where} must name its arguments, without `*` or `**`")
    return problems


def arguments_of(handler: Handler) -> frozenset[str]:
    """Return the names of a handler's arguments."""
    return frozenset(inspect.signature(handler).parameters)


async def _missing() -> None:
    """Stand in for a handler that is missing. The server does not start with it."""


def _modules_in(package: ModuleType) -> Iterable[ModuleType]:
    for each in pkgutil.iter_modules(getattr(package, "__path__", ())):
        yield importlib.import_module(f"{package.__name__}.{each.name}")


def _tags(document: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for item in document.get("paths", {}).values():
        for method in METHODS & item.keys():
            operation = item[method]
            if operation.get("operationId") and operation.get("tags"):
                yield operation["operationId"], operation["tags"][0]
