"""Broken application files and what is said of them, kept in `tests/golden/config-errors.txt` for a reviewer to read.

A case is `=== title`, its files (`--- name`, the first is the application file), then `>>> messages`.
`UPDATE_GOLDEN=1 pytest tests/config/test_golden_errors.py` writes the messages anew.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tabularium.application import load_schema
from tabularium.config.problems import ConfigurationError, listing

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "config-errors.txt"


@dataclass(frozen=True)
class Case:
    title: str
    files: dict[str, str]
    messages: str


def read_case(text: str) -> Case:
    title, *parts = re.split(r"^--- ", text, flags=re.MULTILINE)
    *contents, last = parts
    content, _, messages = last.partition(">>> messages\n")
    files = dict(part.split("\n", 1) for part in (*contents, content))
    return Case(title.strip(), files, messages.rstrip("\n") + "\n")


def cases() -> list[Case]:
    return [read_case(text) for text in re.split(r"^=== ", GOLDEN.read_text("utf-8"), flags=re.MULTILINE)[1:]]


def messages_of(case: Case, folder: Path) -> str:
    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    try:
        loaded = load_schema(folder / next(iter(case.files)))
    except ConfigurationError as failure:
        lines = [*listing(failure.problems), *(f"warning: {warning}" for warning in failure.warnings)]
    else:
        lines = [*(f"warning: {warning}" for warning in loaded.warnings), "served"]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.title)
def test_the_messages_are_what_the_golden_file_shows(case: Case, tmp_path: Path) -> None:
    found = messages_of(case, tmp_path)
    if os.environ.get("UPDATE_GOLDEN"):
        text = GOLDEN.read_text("utf-8")
        start = text.index(f"=== {case.title}\n")
        mark = text.index(">>> messages\n", start) + len(">>> messages\n")
        end = text.find("\n=== ", mark)
        rest = text[end:] if end >= 0 else ""
        GOLDEN.write_text(text[:mark] + found + rest, "utf-8")
    else:
        assert found == case.messages, "If the new messages are right, run the test with UPDATE_GOLDEN=1."
