"""Files that pages of ours name: read from the package once, under names that hold the hash of their content."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Final

_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_HASH_LENGTH: Final = 16
_PACKED: Final = ".gz"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that a page names. `gzip` is the same file packed, where that is smaller."""

    body: bytes
    gzip: bytes | None
    content_type: str


def packed_assets(folder: Traversable) -> Iterator[tuple[str, Asset]]:
    """Read what tools have written into a folder: packed, and with the hash in its name already."""
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        if each.name.endswith(_PACKED):
            name, packed = each.name.removesuffix(_PACKED), each.read_bytes()
            yield name, Asset(gzip.decompress(packed), packed, _type_of(name))


def own_asset(file: Traversable, *, is_packed: bool = False) -> tuple[str, Asset]:
    """Read a file of ours, and give it the name that it is served under."""
    body = file.read_bytes()
    stem, _, suffix = file.name.rpartition(".")
    name = f"{stem}-{hashlib.sha256(body).hexdigest()[:_HASH_LENGTH]}.{suffix}"
    return name, Asset(body, gzip.compress(body, mtime=0) if is_packed else None, _type_of(name))


def _type_of(name: str) -> str:
    return _TYPES[name[name.rindex(".") :]]
