from __future__ import annotations

from pathlib import Path

import pytest

from server.cli.init import TEMPLATES
from tabularium.application import load_schema
from tests.cli.conftest import Command


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_a_working_application_with_ids(command: Command, folder: Path, template: str) -> None:
    result = command("init", "new/shop", "--template", template)
    assert result.exit_code == 0
    assert "tabularium serve new/shop/app.yaml" in result.output
    loaded = load_schema(folder / "new/shop/app.yaml")
    assert loaded.schema.name == template
    assert loaded.warnings == ()
    assert all(table.id for table in loaded.schema.tables)
    assert all(field.id for table in loaded.schema.tables for field in table.fields)
    assert command("migrate", "apply", "new/shop/app.yaml").exit_code == 0


def test_a_file_that_is_there_is_never_overwritten(command: Command, folder: Path) -> None:
    before = (folder / "app.yaml").read_bytes()
    result = command("init")
    assert (result.exit_code, result.stderr) == (1, "app.yaml is there already, and is not overwritten.\n")
    assert (folder / "app.yaml").read_bytes() == before


def test_a_folder_that_cannot_be_made_is_told(command: Command) -> None:
    result = command("init", "app.yaml/inside")
    assert result.exit_code == 1
    assert "app.yaml/inside/app.yaml cannot be written" in result.stderr
