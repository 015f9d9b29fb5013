"""The folder of one run, through which the program and the hooks in the process of Schemathesis tell one another."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from tests.fuzz.seed import Ids

VARIABLE: Final = "TABULARIUM_FUZZ_FOLDER"
"""The environment variable that names the folder."""

_IDS: Final = "ids.json"
_TRASHED: Final = "trashed.json"
_TALLY: Final = "tally.json"


def write_ids(folder: Path, ids: Ids, trashed: Ids) -> None:
    """Tell the ids of the stored records, and of those in the trash."""
    (folder / _IDS).write_text(json.dumps(ids), encoding="utf-8")
    (folder / _TRASHED).write_text(json.dumps(trashed), encoding="utf-8")


def read_ids() -> Ids:
    """Return the ids of the stored records."""
    ids: Ids = json.loads((_folder() / _IDS).read_text(encoding="utf-8"))
    return ids


def read_trashed() -> Ids:
    """Return the ids of the records that were put into the trash."""
    ids: Ids = json.loads((_folder() / _TRASHED).read_text(encoding="utf-8"))
    return ids


def write_tally(phases: dict[str, Any]) -> None:
    """Tell what was done in each phase."""
    (_folder() / _TALLY).write_text(json.dumps(phases), encoding="utf-8")


def take_tally(folder: Path) -> dict[str, Any]:
    """Return what was done in each phase of the last run, and forget it; nothing where it did not get so far."""
    file = folder / _TALLY
    if not file.exists():
        return {}
    phases: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    file.unlink()
    return phases


def _folder() -> Path:
    return Path(os.environ[VARIABLE])
