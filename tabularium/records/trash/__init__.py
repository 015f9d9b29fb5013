"""The trash: deleting records with what goes with them, for good too, and restoring them.

`delete` and `restore` are for one record and raise what forbids it; `delete_many` and `restore_many` take many of one
table and tell what forbids it by their places. All of them return every change of every record that was touched.
"""

from __future__ import annotations

from tabularium.records.trash.deleting import delete, delete_for_good, delete_many
from tabularium.records.trash.outcome import Change, Failure, Outcome
from tabularium.records.trash.restoring import restore, restore_many
from tabularium.records.trash.telling import changes_or_refusals

__all__ = [
    "Change",
    "Failure",
    "Outcome",
    "changes_or_refusals",
    "delete",
    "delete_for_good",
    "delete_many",
    "restore",
    "restore_many",
]
