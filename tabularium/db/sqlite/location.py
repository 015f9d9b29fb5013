"""Where the SQLite file is: from the URL to a path that only its owner can read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from tabularium.db.options import UnsuitableDatabase

# SQLite's locks and its shared memory do not work over these: two machines would damage the file.
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "fuse.glusterfs", "fuse.sshfs"}
)

_HEADER = b"SQLite format 3\0"
_OCTAL = re.compile(r"\\([0-7]{3})")


def path_of_url(url: str) -> Path:
    """Read `sqlite:PATH`, `sqlite:///PATH`, the same with `file:`, or a plain path. Only `file:` is percent-decoded."""
    scheme, colon, rest = url.partition(":")
    if not colon or scheme not in ("sqlite", "file"):
        rest = url
    elif rest.startswith("//"):
        authority, _, path = rest[2:].partition("/")
        if authority not in ("", "localhost"):
            raise UnsuitableDatabase(f"write a database URL with a path as {scheme}:PATH, without // before it")
        rest = "/" + path.lstrip("/")
    if scheme == "file":
        rest = unquote(rest)
    if rest in ("", "/", ":memory:"):
        raise UnsuitableDatabase("the database URL names no file; a database in memory is not supported")
    if "?" in rest or "\0" in rest:
        raise UnsuitableDatabase("a database URL of SQLite takes no parameters (no ? in it)")
    return Path(rest)


def prepare_file(path: Path) -> Path:
    """Create the file if it is missing, readable by the owner only, and return its real path.

    SQLite gives its log and its shared memory the rights of the file. A folder that already exists is left as it is.
    Raises `UnsuitableDatabase` for a file that is no database, and leaves that as it is, too.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    real = path.resolve()
    refuse_network_file_system(real)
    with os.fdopen(os.open(real, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "rb") as file:
        if file.read(len(_HEADER)) not in (b"", _HEADER):
            raise UnsuitableDatabase(f"the file {path} is not a database")
    if real.stat().st_uid == os.geteuid():
        real.chmod(0o600)
    return real


def refuse_network_file_system(path: Path, mounts: Iterable[str] | None = None) -> None:
    """Raise `UnsuitableDatabase` if `path` lies on a recognised one. Where the system does not tell, it is let pass."""
    kind = _file_system(path, _read_mounts() if mounts is None else mounts)
    if kind in NETWORK_FILE_SYSTEMS:
        raise UnsuitableDatabase(
            f"the SQLite file would lie on a network file system ({kind}), where it can be damaged; "
            "put DATA_DIR on a local disk, or use PostgreSQL"
        )


def _read_mounts() -> list[str]:
    try:
        return Path("/proc/mounts").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []


def _file_system(path: Path, mounts: Iterable[str]) -> str | None:
    """Return the type of the file system of the longest mount point above `path`; of equal ones the last covers."""
    best, found = -1, None
    for line in mounts:
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        point = Path(_OCTAL.sub(lambda match: chr(int(match[1], 8)), parts[1]))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, found = len(point.parts), parts[2]
    return found
