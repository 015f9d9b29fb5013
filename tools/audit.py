"""Ask pip-audit whether a locked package has a known vulnerability: `python -m tools.audit`.

Advisories cannot be known without the network. Where their service does not answer, that is said and the check passes;
`AUDIT=require` makes it fail instead, as a release should.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from tools.locks import LOCKS, ROOT

_COMMAND = ("pip-audit", "--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off")
_SECONDS: Final = 300
_NOT_AUDITED: Final = (
    "NOT AUDITED: the advisory service does not answer here, so known vulnerabilities were not looked up."
)


def audit(requirements: Path) -> list[dict[str, Any]] | None:
    """Return what pip-audit says of each package, or `None` when its service did not answer."""
    command = [*_COMMAND, "--requirement", str(requirements)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
        dependencies: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return dependencies


def is_answering() -> bool:
    """Ask for one package first: a mirror without advisories answers "not found" for each of them."""
    text = (ROOT / LOCKS[0].file).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / "probe.txt"
        probe.write_text(_first_requirement(text), encoding="utf-8")
        answer = audit(probe)
    return bool(answer) and all("skip_reason" not in each for each in answer or ())


def _first_requirement(text: str) -> str:
    lines: list[str] = []
    for line in text.splitlines():
        if lines and not line.startswith(" "):
            break
        if not line.startswith("#"):
            lines.append(line)
    return "\n".join(lines) + "\n"


def findings(dependencies: list[dict[str, Any]]) -> list[str]:
    """Return one line for each known vulnerability, and one for each package that could not be looked up."""
    lines: list[str] = []
    for each in dependencies:
        for found in each.get("vulns", ()):
            mended = ", ".join(found["fix_versions"]) or "no version"
            lines.append(f"{each['name']} {each['version']}: {found['id']}, mended in {mended}")
        if "skip_reason" in each:
            lines.append(f"{each['name']}: {each['skip_reason']}")
    return lines


def main() -> int:
    if not is_answering():
        sys.stdout.write(f"{_NOT_AUDITED}\n")
        return 1 if os.environ.get("AUDIT") == "require" else 0
    found: list[str] = []
    for lock in LOCKS:
        answer = audit(ROOT / lock.file)
        found += findings(answer) if answer is not None else [f"{lock.file}: pip-audit gave no answer."]
    sys.stdout.writelines(f"{line}\n" for line in found)
    sys.stdout.write("No known vulnerabilities.\n" if not found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
