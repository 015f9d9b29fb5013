"""Vendor uPlot, which draws the time series of the dashboard, into `server/dashboard/assets`.

`npm pack uplot@<version>` fetches the package; `python -m tools.dashboard_assets <file.tgz>` checks it against the
integrity value below and writes the assets with their licence. To move to another version: change `VERSION` and
`INTEGRITY` (the registry shows it as `dist.integrity`), run both commands, and look at `/docs/analytics` in a browser.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from tools import npm_package
from tools.npm_package import NpmPackage

VERSION: Final = "1.6.32"
INTEGRITY: Final = "sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw=="
ASSETS: Final = Path(__file__).parent.parent / "server" / "dashboard" / "assets"

_MEMBERS = {".js": "package/dist/uPlot.iife.min.js", ".css": "package/dist/uPlot.min.css"}
_LICENCE = "package/LICENSE"
_USAGE = "python -m tools.dashboard_assets uplot-<version>.tgz"


def vendor(archive: Path, target: Path = ASSETS) -> list[Path]:
    """Write script and style sheet of a packed npm package, gzipped, under names that hold their hashes."""
    NpmPackage("uplot", VERSION, INTEGRITY).check(archive.read_bytes())
    (target / "LICENSE").write_bytes(npm_package.read_member(archive, _LICENCE))
    return [
        npm_package.write_packed(npm_package.read_member(archive, member), target, f"uplot-{VERSION}", suffix)
        for suffix, member in _MEMBERS.items()
    ]


def main(arguments: list[str]) -> int:
    code, told = npm_package.run(arguments, _USAGE, vendor)
    (sys.stderr if code else sys.stdout).write(told)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
