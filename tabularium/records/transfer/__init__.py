"""Records of one table as CSV, in and out. What was exported can be imported, and gives the same values."""

from __future__ import annotations

from tabularium.records.transfer.exporting import export_csv, exported_names
from tabularium.records.transfer.importing import import_csv
from tabularium.records.transfer.line_errors import ImportRefused, LineError

__all__ = ["ImportRefused", "LineError", "export_csv", "exported_names", "import_csv"]
