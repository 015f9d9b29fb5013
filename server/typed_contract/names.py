"""Names of components, operations and tags that are made from the names of tables, and are nobody else's."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

_BETWEEN_WORDS: Final = re.compile(r"[^A-Za-z0-9]+")


def pascal_case(name: str) -> str:
    """Turn the name of a table into the beginning of a class's name: `order items` → `OrderItems`."""
    return "".join(word[0].upper() + word[1:] for word in _BETWEEN_WORDS.split(name) if word)


def snake_case(name: str) -> str:
    """Turn the name of a table into a part of a function's name: `Order items` → `order_items`."""
    return "_".join(word.lower() for word in _BETWEEN_WORDS.split(name) if word)


class TakenNames:
    """Names that are taken already. Letter case makes no difference: clients make files of them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._taken = {name.lower() for name in names}

    def take(self, name: str) -> str:
        """Return the name, with digits behind it where it is taken, and take it."""
        return self.take_prefix(name, ("",))

    def take_prefix(self, prefix: str, endings: Collection[str]) -> str:
        """Return the prefix and take its names, one for each ending. Digits follow it where such a name is taken."""
        found, number = prefix, 1
        while any(f"{found}{ending}".lower() in self._taken for ending in endings):
            number += 1
            found = f"{prefix}{number}"
        self._taken |= {f"{found}{ending}".lower() for ending in endings}
        return found
