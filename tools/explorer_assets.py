"""Vendor Scalar's API reference into `server/explorer/assets`.

`npm pack @scalar/api-reference@<version>` fetches the package; `python -m tools.explorer_assets <file.tgz>` checks it
against the integrity value below and writes the assets. To move to another version: change `VERSION` and `INTEGRITY`
(the registry shows it as `dist.integrity`), run both commands, and look at `/docs` in a browser with the network off.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from tools import npm_package
from tools.npm_package import NpmPackage

VERSION: Final = "1.72.1"
INTEGRITY: Final = "sha512-XpEJ0rfc/cXbCrR+iC4kK0o/WwX2dTtGQbT049OlPKAHD6IMIFdTeGz2r+M27P2EDWKyUITRm/NzlP8z2pw/Ow=="
ASSETS: Final = Path(__file__).parent.parent / "server" / "explorer" / "assets"

_MEMBER = "package/dist/browser/standalone.js"
_SOURCE_MAP = b"//# sourceMappingURL="
_USAGE = "python -m tools.explorer_assets scalar-api-reference-<version>.tgz"


def vendor(archive: Path, target: Path = ASSETS) -> Path:
    """Write the script of a packed npm package, gzipped, under a name that holds its hash. Returns the written file."""
    NpmPackage("@scalar/api-reference", VERSION, INTEGRITY).check(archive.read_bytes())
    script = npm_package.read_member(archive, _MEMBER)
    # The map stays behind: it is four times the script, and a browser would ask the server for it.
    script = script[: script.rindex(_SOURCE_MAP)].rstrip() + b"\n"
    return npm_package.write_packed(script, target, f"scalar-{VERSION}", ".js")


def main(arguments: list[str]) -> int:
    code, told = npm_package.run(arguments, _USAGE, lambda archive: [vendor(archive)])
    (sys.stderr if code else sys.stdout).write(told)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
