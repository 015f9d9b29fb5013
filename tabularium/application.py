"""From an application file to the schema that is served, with the query language that its filters are written in."""

from __future__ import annotations

from pathlib import Path

from tabularium.query.configured import plan_configured
from tabularium.query.row_rules import RowRules
from tabularium.schema.build import LoadedSchema, build_schema

__all__ = ["LoadedSchema", "load_schema"]


def load_schema(path: Path) -> LoadedSchema:
    """Read an application file. Raises `ConfigurationError` with every problem of every file that takes part."""
    return build_schema(path, plan_configured, RowRules())
