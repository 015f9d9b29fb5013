"""Finds the field types: every class with `names` in a module of this package. Nothing else names a type."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

import tabularium.schema.fields as package
from tabularium.schema.fields.base import FieldType


class DuplicateTypeName(Exception):
    """Two field types claim one name, which is a defect of the program."""


def defined_types() -> Iterator[type[FieldType]]:
    """Import every module of the package and yield the types defined in it, in the order of the modules' names."""
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        for _, member in inspect.getmembers(module, inspect.isclass):
            # Imported classes are registered by their own module, and shared base classes have no names.
            if member.__module__ != module.__name__ or not issubclass(member, FieldType):
                continue
            if "names" in vars(member) and member.is_configurable:
                yield member


def collect(types: Iterable[type[FieldType]]) -> Mapping[str, type[FieldType]]:
    """Return the types by name and alias. Raises `DuplicateTypeName` where two types share one."""
    by_name: dict[str, type[FieldType]] = {}
    for each in types:
        for name in each.names:
            former = by_name.setdefault(name, each)
            if former is not each:
                raise DuplicateTypeName(
                    f'The field type name "{name}" is claimed twice: by {_place(former)} and by {_place(each)}. '
                    "Give one of them another name."
                )
    return MappingProxyType(by_name)


def _place(kind: type[FieldType]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


FIELD_TYPES: Final[Mapping[str, type[FieldType]]] = collect(defined_types())
"""Every field type by its names, aliases included."""
