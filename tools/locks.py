"""The lock files: what is installed, with exact versions and hashes.

`python -m tools.locks` writes them from `pyproject.toml` (`make lock`); `--upgrade` takes the newest
versions that fit.
`--check` compares without network access, as `make check` does.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parent.parent
REMEDY: Final = "Run `make lock` and commit the lock files."

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))? \\$", re.MULTILINE)
_ANY_REQUIREMENT = re.compile(r"^[A-Za-z0-9].*$", re.MULTILINE)
_OPTIONS = (
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--quiet",
)


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock file: the project's own dependencies, a dependency group, or both."""

    file: str
    group: str | None = None
    with_project: bool = True

    def requirements(self, project: Mapping[str, Any]) -> list[str]:
        """Return the requirements of `pyproject.toml` that this file pins."""
        own: list[str] = project["project"]["dependencies"] if self.with_project else []
        return own + (project["dependency-groups"][self.group] if self.group else [])

    def fingerprint(self, project: Mapping[str, Any]) -> str:
        """Return a hash of everything that the file is made from. The order of the requirements does not count."""
        source = [project["project"]["requires-python"], sorted(self.requirements(project))]
        return hashlib.sha256(json.dumps(source).encode()).hexdigest()[:16]

    def header(self, project: Mapping[str, Any]) -> str:
        return f"# Made by `make lock` from pyproject.toml, whose requirements are {self.fingerprint(project)}.\n"

    def command(self) -> list[str]:
        """Return the command that pins the versions. It keeps those in the file where they still fit."""
        command = ["uv", "pip", "compile", *_OPTIONS, "--output-file", self.file]
        command += ["pyproject.toml"] if self.with_project else []
        command += ["--group", self.group] if self.group else []
        # What is tested is what runs: the files agree on every package that several of them name.
        earlier = LOCKS[: LOCKS.index(self)]
        return command + [part for lock in earlier for part in ("--constraint", lock.file)]


LOCKS: Final = (
    Lock("requirements.lock"),
    Lock("requirements-dev.lock", group="dev"),
    Lock("requirements-build.lock", group="build", with_project=False),
)


@dataclass(frozen=True, slots=True)
class Pin:
    """A package at its version, with the environments that need it (`None`: all)."""

    name: str
    version: str
    marker: str | None


def read_project(root: Path = ROOT) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def read_pins(text: str) -> list[Pin]:
    """Return the packages of a lock file, in its order."""
    return [Pin(canonicalize_name(found["name"]), found["version"], found["marker"]) for found in _PIN.finditer(text)]


def write(root: Path = ROOT, *, upgrade: bool = False) -> None:
    """Make every lock file anew. Raises `CalledProcessError` when the requirements cannot be met together."""
    project = read_project(root)
    for lock in LOCKS:
        subprocess.run([*lock.command(), *(["--upgrade"] if upgrade else [])], cwd=root, check=True)
        path = root / lock.file
        path.write_text(lock.header(project) + path.read_text(encoding="utf-8"), encoding="utf-8")


def problems(root: Path = ROOT) -> Iterator[str]:
    """Yield what is wrong with the lock files, each with the name of the file."""
    project = read_project(root)
    common: dict[str, str] = {}
    for lock in LOCKS:
        path = root / lock.file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if not text.startswith(lock.header(project)):
            yield f"{lock.file} was not made from the requirements that pyproject.toml has now."
        pins = read_pins(text)
        yield from (f"{lock.file}: {line!r} is no exact version with hashes." for line in _loose_lines(text))
        yield from (f"{lock.file}: {problem}" for problem in _unmet(lock.requirements(project), pins))
        for pin in pins:
            if common.setdefault(pin.name, pin.version) != pin.version and not pin.marker:
                yield f"{lock.file} has {pin.name} {pin.version}, another lock file {common[pin.name]}."


def _loose_lines(text: str) -> Iterator[str]:
    exact = {found.group() for found in _PIN.finditer(text)}
    for found in _ANY_REQUIREMENT.finditer(text):
        if found.group() not in exact:
            yield found.group()
    for found in _PIN.finditer(text):
        if not text.startswith("\n    --hash=sha256:", found.end()):
            yield found.group()
    if "://" in text:
        yield "://"


def _unmet(requirements: list[str], pins: list[Pin]) -> Iterator[str]:
    versions: dict[str, list[str]] = {}
    for pin in pins:
        versions.setdefault(pin.name, []).append(pin.version)
    for each in map(Requirement, requirements):
        found = versions.get(canonicalize_name(each.name), [])
        if not any(each.specifier.contains(version, prereleases=True) for version in found):
            yield f"nothing in it meets {each}."


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"], ["--upgrade"]):
        sys.stderr.write("Usage: python -m tools.locks [--check | --upgrade]\n")
        return 2
    if arguments != ["--check"]:
        write(upgrade=arguments == ["--upgrade"])
        return 0
    found = list(problems())
    sys.stderr.writelines(f"{problem}\n" for problem in found)
    if found:
        sys.stderr.write(f"{REMEDY}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
