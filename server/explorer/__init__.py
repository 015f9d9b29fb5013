"""The interactive explorer: Scalar's API reference, served from this package. The page asks no other server.

`page.html` and `bootstrap.js` are ours; `assets/` is written by `tools/explorer_assets.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from server.assets import Asset, own_asset, packed_assets

ASSETS_PATH: Final = "/docs/assets/"
"""Where the server offers the assets by name."""

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The policy that the page needs. Scalar writes its styles into the page at run time: 'unsafe-inline' for styles."""


@dataclass(frozen=True, slots=True)
class Explorer:
    """The page and, by name, its assets. A name holds the hash of the content, so an asset never changes."""

    html: bytes
    assets: Mapping[str, Asset]


def load_explorer() -> Explorer:
    """Read the explorer from the package. Takes some 20 ms, once at start."""
    folder = files(__name__)
    assets = dict([*packed_assets(folder.joinpath("assets")), own_asset(folder.joinpath("bootstrap.js"))])
    page = folder.joinpath("page.html").read_text(encoding="utf-8")
    for name in assets:
        # The page names each script without its hash: `%scalar%` becomes the path of `scalar-<version>-<hash>.js`.
        page = page.replace(f"%{name.partition('-')[0]}%", ASSETS_PATH + name)
    return Explorer(page.encode(), MappingProxyType(assets))
