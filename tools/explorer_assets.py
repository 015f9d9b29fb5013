"""Vendor Scalar's API reference into `server/explorer/assets`.

`npm pack @scalar/api-reference@<version>` fetches the package; `python -m tools.explorer_assets <file.tgz>` checks it
against the integrity value below and writes the assets. To move to another version: change `VERSION` and `INTEGRITY`
(the registry shows it as `dist.integrity`), run both commands, and look at `/docs` in a browser with the network off.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import sys
import tarfile
from pathlib import Path
from typing import Final

VERSION: Final = "1.72.1"
INTEGRITY: Final = "sha512-XpEJ0rfc/cXbCrR+iC4kK0o/WwX2dTtGQbT049OlPKAHD6IMIFdTeGz2r+M27P2EDWKyUITRm/NzlP8z2pw/Ow=="
ASSETS: Final = Path(__file__).parent.parent / "server" / "explorer" / "assets"

_MEMBER = "package/dist/browser/standalone.js"
_SOURCE_MAP = b"//# sourceMappingURL="


def vendor(archive: Path, target: Path = ASSETS) -> Path:
    """Write the script of a packed npm package, gzipped, under a name that holds its hash. Returns the written file."""
    check_integrity(archive.read_bytes())
    script = _read_script(archive)
    digest = hashlib.sha256(script).hexdigest()[:16]
    for former in target.glob("scalar-*.js.gz"):
        former.unlink()
    written = target / f"scalar-{VERSION}-{digest}.js.gz"
    # Without a time stamp the same package gives the same bytes.
    written.write_bytes(gzip.compress(script, compresslevel=9, mtime=0))
    return written


def check_integrity(packed: bytes) -> None:
    """Compare a packed package with `INTEGRITY`. Raises `ValueError` when it is another one."""
    algorithm, expected = INTEGRITY.split("-", 1)
    found = base64.b64encode(hashlib.new(algorithm, packed).digest()).decode()
    if found != expected:
        raise ValueError(f"This is not @scalar/api-reference {VERSION}: its integrity is {algorithm}-{found}.")


def _read_script(archive: Path) -> bytes:
    with tarfile.open(archive) as members:
        member = members.extractfile(_MEMBER)
        if member is None:
            raise ValueError(f"The package has no file {_MEMBER}.")
        script = member.read()
    # The map stays behind: it is four times the script, and a browser would ask the server for it.
    return script[: script.rindex(_SOURCE_MAP)].rstrip() + b"\n"


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("Usage: python -m tools.explorer_assets scalar-api-reference-<version>.tgz\n")
        return 2
    try:
        written = vendor(Path(arguments[0]))
    except (OSError, KeyError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"Wrote {written.name}, {written.stat().st_size} bytes.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
