from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Command

CONTRACT = (Path(__file__).parents[2] / "generated" / "openapi.json").read_bytes()


def test_the_contract_is_printed_byte_for_byte(command: Command) -> None:
    result = command("openapi")
    assert (result.exit_code, result.stdout_bytes) == (0, CONTRACT)


def test_the_contract_of_the_tables_knows_their_fields(command: Command) -> None:
    result = command("openapi", "--expand", "tables")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert "/api/tables/products/records" in document["paths"]
    assert '"price"' in json.dumps(document["components"]["schemas"])


def test_the_contract_is_written_to_a_file(command: Command, folder: Path) -> None:
    (folder / "contract.json").write_text("former")
    result = command("openapi", "app.yaml", "--output", "contract.json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert (folder / "contract.json").read_bytes() == CONTRACT
    assert sorted(each.name for each in folder.iterdir()) == ["app.yaml", "contract.json"]


def test_a_file_that_cannot_be_written_is_told(command: Command) -> None:
    result = command("openapi", "--output", "nowhere/contract.json")
    assert (result.exit_code, result.stderr) == (
        1,
        "nowhere/contract.json cannot be written: No such file or directory.\n",
    )


def test_a_broken_application_has_no_contract(command: Command, folder: Path) -> None:
    (folder / "app.yaml").write_text("nam: shop\n")
    result = command("openapi")
    assert (result.exit_code, result.stdout) == (1, "")
    assert 'did you mean "name"?' in result.stderr
