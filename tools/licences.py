"""The licences of everything that is installed: `docs/dependencies.md`.

`python -m tools.licences` writes the list from the lock files and the installed packages; `--check` compares, and
refuses a licence that is not permissive.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.markers import Marker

from tools import dashboard_assets, explorer_assets
from tools.locks import LOCKS, ROOT, Pin, read_pins

TARGET: Final = "docs/dependencies.md"
REMEDY: Final = "Run `make lock` and commit docs/dependencies.md."

ALLOWED: Final = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MIT-0",
        "MPL-2.0",
        "PSF-2.0",
        "Unlicense",
        "Zlib",
        "any-OSI",
    }
)
"""SPDX names, and two that are none: `BSD` of older packages, and apsw's `any-OSI` (any that the OSI approves)."""

_NAMES = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "CC0": "CC0-1.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}

_OF_OTHER_SYSTEMS = {
    "async-timeout": "Apache-2.0",
    "colorama": "BSD-3-Clause",
    "httpx2-jsfetch": "BSD-3-Clause",
    "tzdata": "Apache-2.0",
}
"""Packages that the lock files name for other systems or versions of Python, whose metadata cannot be read here."""
_SAID_ELSEWHERE = {
    "crawler-user-agents": "MIT",
}
"""Licences of packages that state them in their README alone."""

_HEADER = """\
# Dependencies and their licences

Made by `make lock` from the lock files; do not edit. `run`: part of every installation. `dev`: only for development
and tests. `build`: only to build the package.

| package | version | licence | for |
|---|---|---|---|
"""
_VENDORED: Final = f"""
## Files of others in the package

Pages in the browser need these; `tools/` says how to move to another version. Their licences lie beside them.

| package of npm | version | licence | folder | integrity of the package |
|---|---|---|---|---|
| @scalar/api-reference | {explorer_assets.VERSION} | MIT | `server/explorer/assets` | `{explorer_assets.INTEGRITY}` |
| uplot | {dashboard_assets.VERSION} | MIT | `server/dashboard/assets` | `{dashboard_assets.INTEGRITY}` |
"""
_ROW = re.compile(r"^\| (?P<name>\S+) \| (?P<version>\d\S*) \| (?P<licence>[^|]+) \| (?P<use>\w+) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    name: str
    version: str
    licence: str
    use: str

    def __str__(self) -> str:
        return f"| {self.name} | {self.version} | {self.licence} | {self.use} |"


def is_allowed(licence: str) -> bool:
    """Say whether an expression such as `MPL-2.0 AND (Apache-2.0 OR MIT)` can be met with allowed licences alone."""
    return all(
        any(choice.strip() in ALLOWED for choice in part.strip("() ").split(" OR ")) for part in licence.split(" AND ")
    )


def installed_licence(name: str) -> str | None:
    """Return the licence that an installed package states, as an SPDX expression; `None` if it is not installed."""
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    classifiers = metadata.get_all("Classifier") or []
    stated = [value.rpartition(" :: ")[2] for value in classifiers if value.startswith("License ::")]
    if name in _SAID_ELSEWHERE:
        return _SAID_ELSEWHERE[name]
    if not stated and "License" in metadata:
        stated = [metadata["License"].partition("\n")[0]]
    return " OR ".join(_NAMES.get(each, each) for each in stated) or "not stated"


def read_rows(text: str) -> dict[tuple[str, str], Row]:
    """Return the rows of the list by name and version."""
    rows = (Row(**found.groupdict()) for found in _ROW.finditer(text))
    return {(row.name, row.version): row for row in rows}


def _locked(root: Path) -> dict[tuple[str, str], Pin]:
    pins = (pin for lock in LOCKS for pin in read_pins((root / lock.file).read_text(encoding="utf-8")))
    return {(pin.name, pin.version): pin for pin in pins}


def make_rows(root: Path = ROOT) -> list[Row]:
    """Return the whole list: each package once, under the first lock file that names it."""
    rows: dict[tuple[str, str], Row] = {}
    for lock in LOCKS:
        for pin in read_pins((root / lock.file).read_text(encoding="utf-8")):
            licence = _OF_OTHER_SYSTEMS.get(pin.name) or installed_licence(pin.name) or "unknown"
            rows.setdefault((pin.name, pin.version), Row(pin.name, pin.version, licence, lock.group or "run"))
    return [rows[key] for key in sorted(rows)]


def problems(root: Path = ROOT) -> Iterator[str]:
    """Yield what is wrong: packages that are not in the list, licences that are not allowed or are not those stated."""
    path = root / TARGET
    listed = read_rows(path.read_text(encoding="utf-8")) if path.exists() else {}
    locked = _locked(root)
    if not path.exists() or not path.read_text(encoding="utf-8").endswith(_VENDORED):
        yield f"{TARGET} does not have the files of others that are in the package."
    for key in sorted(listed.keys() - locked.keys()):
        yield f"{TARGET} has {' '.join(key)}, which no lock file has."
    for key, pin in sorted(locked.items()):
        row = listed.get(key)
        if row is None:
            yield f"{TARGET} does not have {' '.join(key)}."
        elif not is_allowed(row.licence):
            yield f"{' '.join(key)}: its licence {row.licence!r} is not among the allowed ones."
        elif _differs(pin, row):
            yield f"{' '.join(key)} does not state the licence {row.licence!r} of {TARGET}."


def _differs(pin: Pin, row: Row) -> bool:
    if pin.name in _OF_OTHER_SYSTEMS or (pin.marker and not Marker(pin.marker).evaluate()):
        return False
    stated = installed_licence(pin.name)
    return stated is not None and importlib.metadata.version(pin.name) == pin.version and stated != row.licence


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        sys.stderr.write("Usage: python -m tools.licences [--check]\n")
        return 2
    if not arguments:
        text = _HEADER + "".join(f"{row}\n" for row in make_rows()) + _VENDORED
        (ROOT / TARGET).write_text(text, encoding="utf-8")
        return 0
    found = list(problems())
    sys.stderr.writelines(f"{problem}\n" for problem in found)
    if found:
        sys.stderr.write(f"{REMEDY}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
