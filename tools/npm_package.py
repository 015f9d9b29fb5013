"""Files of a package of the npm registry, as `npm pack` fetches it, on their way into our package."""

from __future__ import annotations

import base64
import gzip
import hashlib
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """A package in the version that we ship. The registry shows `integrity` as `dist.integrity`."""

    name: str
    version: str
    integrity: str

    def check(self, packed: bytes) -> None:
        """Compare a packed package with its integrity. Raises `ValueError` when it is another one."""
        algorithm, expected = self.integrity.split("-", 1)
        found = base64.b64encode(hashlib.new(algorithm, packed).digest()).decode()
        if found != expected:
            raise ValueError(f"This is not {self.name} {self.version}: its integrity is {algorithm}-{found}.")


def read_member(archive: Path, name: str) -> bytes:
    """Return a file of a packed package. Raises `KeyError` where it has none of that name."""
    with tarfile.open(archive) as members:
        member = members.extractfile(name)
        if member is None:
            raise ValueError(f"The package has no file {name}.")
        return member.read()


def write_packed(content: bytes, target: Path, stem: str, suffix: str) -> Path:
    """Write a file, gzipped, under a name that holds the hash of its content, in the place of other versions."""
    for former in target.glob(f"{stem.partition('-')[0]}-*{suffix}.gz"):
        former.unlink()
    digest = hashlib.sha256(content).hexdigest()[:16]
    written = target / f"{stem}-{digest}{suffix}.gz"
    # Without a time stamp the same package gives the same bytes.
    written.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))
    return written


def run(arguments: list[str], usage: str, vendor: Callable[[Path], list[Path]]) -> tuple[int, str]:
    """Vendor the one archive that a command names. Returns the exit code and what to say."""
    if len(arguments) != 1:
        return 2, f"Usage: {usage}\n"
    try:
        written = vendor(Path(arguments[0]))
    except (OSError, KeyError, ValueError) as error:
        return 1, f"{error}\n"
    return 0, "".join(f"Wrote {each.name}, {each.stat().st_size} bytes.\n" for each in written)
