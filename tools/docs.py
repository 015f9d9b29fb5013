"""Check what the documentation points at: links between files, headings, `make` targets, paths of this tree.

`python -m tools.docs` exits 1 and names file and line of each pointer that leads nowhere. Links to other servers are
not followed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
TOP_FOLDERS: Final = frozenset(
    ["benchmarks", "docs", "examples", "generated", "handlers", "openapi", "server", "tabularium", "tests", "tools"]
)

_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"`(?P<text>[^`\n]+)`")
_HEADING = re.compile(r"^#+ +(?P<text>.+?) *$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_MAKE = re.compile(r"\bmake (?P<target>[a-z][a-z-]*)")
_TARGET = re.compile(r"^(?P<name>[a-z][a-z-]*):", re.MULTILINE)
_MADE_AT_RUN_TIME = re.compile(r"[*<>{}]|/data(/|$)")


def documents(root: Path = ROOT) -> list[Path]:
    """Return the Markdown files of the project."""
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])


def problems(document: Path, root: Path = ROOT) -> Iterator[str]:
    """Yield what is wrong with one document, each with its line."""
    text = document.read_text(encoding="utf-8")
    targets = {found["name"] for found in _TARGET.finditer((root / "Makefile").read_text(encoding="utf-8"))}
    for number, line in enumerate(text.splitlines(), start=1):
        place = f"{document.relative_to(root)}:{number}"
        for link in _LINK.finditer(line):
            yield from (f"{place}: {problem}" for problem in _link_problem(document, link["target"]))
        for code in _CODE.finditer(line):
            yield from (f"{place}: {problem}" for problem in _code_problem(code["text"], targets, root))


def _link_problem(document: Path, target: str) -> Iterator[str]:
    if "://" in target or target.startswith("mailto:"):
        return
    path, _, fragment = target.partition("#")
    linked = document.parent / path if path else document
    if not linked.exists():
        yield f"the link {target} leads nowhere"
    elif fragment and linked.suffix == ".md" and fragment not in anchors(linked.read_text(encoding="utf-8")):
        yield f"the link {target} names no heading of that file"


def _code_problem(text: str, targets: set[str], root: Path) -> Iterator[str]:
    for found in _MAKE.finditer(text):
        if found["target"] not in targets:
            yield f"there is no `make {found['target']}`"
    path = text.rstrip("/")
    is_path = "/" in text and " " not in text and path.split("/", 1)[0] in TOP_FOLDERS
    if is_path and not _MADE_AT_RUN_TIME.search(text) and not (root / path).exists():
        yield f"there is no {text}"


def anchors(text: str) -> set[str]:
    """Return the anchors that a Markdown page gets for its headings: lower case, words joined by hyphens."""
    headings = (found["text"] for found in _HEADING.finditer(_FENCE.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def main() -> int:
    found = [problem for document in documents() for problem in problems(document)]
    sys.stderr.writelines(f"{problem}\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
