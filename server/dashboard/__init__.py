"""Scripts and style sheets of the analytics page: ours, and uPlot, which draws the time series.

`dashboard.js` and `dashboard.css` are ours; `assets/` is written by `tools/dashboard_assets.py`. The page itself is
rendered in `tabularium/analytics/dashboard/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from server.assets import Asset, own_asset, packed_assets

ASSETS_PATH: Final = "/docs/analytics/assets/"
"""Where the server offers the assets by name."""


@dataclass(frozen=True, slots=True)
class DashboardAssets:
    """The assets by name, and the paths of those that the page names, in the order in which it needs them."""

    by_name: Mapping[str, Asset]
    scripts: Sequence[str]
    styles: Sequence[str]


@cache
def load_dashboard_assets() -> DashboardAssets:
    """Read the assets from the package."""
    folder = files(__name__)
    own = (own_asset(folder.joinpath(name), is_packed=True) for name in ("dashboard.js", "dashboard.css"))
    assets = dict([*packed_assets(folder.joinpath("assets")), *own])
    paths = [ASSETS_PATH + name for name in assets]
    scripts = tuple(path for path in paths if path.endswith(".js"))
    styles = tuple(path for path in paths if path.endswith(".css"))
    return DashboardAssets(MappingProxyType(assets), scripts, styles)
