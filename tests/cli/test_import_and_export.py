from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import APPLICATION, Command

CSV = 'name,price,sku\nCup,4.50,c-1\n"Plate, large",,\n"",0.00,""\n'


@pytest.fixture
def csv(folder: Path) -> Path:
    path = folder / "products.csv"
    path.write_text(CSV.replace('"",0.00', "Fork,0.00"), encoding="utf-8")
    return path


def test_what_was_imported_is_exported(command: Command, csv: Path, folder: Path, database_url: str) -> None:
    imported = command("import", "app.yaml", "products", csv, DATABASE_URL=database_url)
    assert (imported.exit_code, imported.stdout) == (0, "Imported 3 records into products.\n")
    assert imported.stderr == "database: products: create the table\n"  # no bar where there is no terminal
    printed = command("export", "app.yaml", "products", DATABASE_URL=database_url)
    assert (printed.exit_code, printed.stdout_bytes, printed.stderr) == (0, csv.read_bytes(), "")
    written = command("export", "app.yaml", "1", "--output", "out.csv", DATABASE_URL=database_url)
    assert (written.exit_code, written.stdout) == (0, "")
    assert written.stderr == "Exported 3 records of 1 to out.csv.\n"
    assert (folder / "out.csv").read_bytes() == csv.read_bytes()


def test_a_file_with_errors_is_listed_by_line_and_stores_nothing(command: Command, folder: Path) -> None:
    (folder / "bad.csv").write_text("name,price,sku\nCup,-1,x\nPlate,1,x\n,2,y\nFork,2,x\n")
    result = command("import", "app.yaml", "products", "bad.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[1:] == [
        "line 2: price: Must be at least 0.",
        "line 4: name: A value is required here.",
        "line 5: sku: This value is taken already.",
        "Nothing was stored: 3 errors.",
    ]
    assert command("export", "app.yaml", "products").stdout == "name,price,sku\n"


def test_a_dry_run_checks_and_stores_nothing(command: Command, csv: Path) -> None:
    command("migrate", "apply")
    result = command("import", "app.yaml", "products", csv, "--dry-run")
    assert (result.exit_code, result.output) == (0, "3 records can be imported into products. Nothing was stored.\n")
    assert command("export", "app.yaml", "products").stdout == "name,price,sku\n"
    csv.write_text("name,price,sku\nCup,x,\n")
    assert command("import", "app.yaml", "products", csv, "--dry-run").exit_code == 1


@pytest.mark.parametrize(
    "arguments", [["export", "app.yaml", "products"], ["import", "app.yaml", "products", "products.csv", "--dry-run"]]
)
def test_what_stores_nothing_makes_no_database_either(
    command: Command, csv: Path, folder: Path, arguments: list[str]
) -> None:
    result = command(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("The database is not as the file says. See: tabularium migrate plan ")
    assert sorted(each.name for each in folder.iterdir()) == ["app.yaml", "products.csv"]


@pytest.mark.parametrize("name", ["import", "export"])
def test_a_table_that_the_file_has_not_is_wrong_usage(command: Command, csv: Path, name: str) -> None:
    result = command(name, "app.yaml", "product", *([csv] if name == "import" else []))
    assert result.exit_code == 2
    assert 'the file has no table "product"; did you mean "products"?' in result.stderr


def test_an_export_that_fails_leaves_the_former_file(command: Command, csv: Path, folder: Path) -> None:
    command("import", "app.yaml", "products", csv)
    before = csv.read_bytes()
    (folder / "app.yaml").write_text(APPLICATION + "    primaryKey: { type: uuid }\n")
    assert command("export", "app.yaml", "products", "--output", csv).exit_code == 1
    assert csv.read_bytes() == before
    assert sorted(each.name for each in folder.iterdir()) == ["app.yaml", "data", "products.csv"]


def test_an_import_that_needs_a_decision_first_stores_nothing(command: Command, csv: Path, folder: Path) -> None:
    command("migrate", "apply")
    (folder / "app.yaml").write_text(APPLICATION + "    primaryKey: { type: uuid }\n")
    result = command("import", "app.yaml", "products", csv)
    assert result.exit_code == 1
    assert "Refused:" in result.stderr


def test_a_table_without_anything_to_write_has_no_export(command: Command, folder: Path) -> None:
    fields = "fields: [{ name: made, type: created-at }]"
    (folder / "app.yaml").write_text(f"name: shop\ntables:\n  - name: stamps\n    {fields}\n")
    command("migrate", "apply")
    result = command("export", "app.yaml", "stamps")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing to export" in result.stderr
