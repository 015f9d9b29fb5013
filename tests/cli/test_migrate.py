from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import APPLICATION, Command


def test_a_plan_shows_the_sql_and_changes_nothing(command: Command, folder: Path) -> None:
    result = command("migrate", "plan")
    assert result.exit_code == 0
    assert "products: create the table" in result.output
    assert 'CREATE TABLE "products"' in result.output
    assert [each.name for each in folder.iterdir()] == ["app.yaml"]


def test_what_was_applied_need_not_be_applied_again(command: Command, folder: Path) -> None:
    first = command("migrate", "apply")
    assert (first.exit_code, first.stdout) == (0, "The database is as the file says.\n")
    assert first.stderr == "database: products: create the table\n"
    assert (folder / "data" / "tabularium.db").exists()
    assert command("migrate", "apply").stderr == ""
    assert command("migrate", "plan").output == "The database is as the file says: nothing to do.\n"


def test_a_change_that_needs_a_decision_is_refused_with_the_plan(command: Command, folder: Path) -> None:
    command("migrate", "apply")
    (folder / "app.yaml").write_text(APPLICATION + "    primaryKey: { type: uuid }\n")
    plan, apply = command("migrate", "plan"), command("migrate", "apply")
    assert plan.exit_code == apply.exit_code == 1
    assert "Refused:" in plan.stdout
    assert "primary key" in plan.stdout
    assert apply.stderr == plan.stdout
    (folder / "app.yaml").write_text(APPLICATION)
    assert command("migrate", "plan").exit_code == 0


def test_what_left_the_file_goes_only_where_that_is_allowed(command: Command, folder: Path) -> None:
    command("migrate", "apply")
    (folder / "app.yaml").write_text("name: shop\n")
    plan = command("migrate", "plan")
    assert "remove the table; its rows are kept" in plan.stdout
    assert "--allow-destructive drops them" in plan.stdout
    assert 'DROP TABLE "products"' not in plan.stdout
    assert 'DROP TABLE "products"' in command("migrate", "plan", "--allow-destructive").stdout
    assert command("migrate", "apply").exit_code == 0
    applied = command("migrate", "apply", "--allow-destructive")
    assert "products: drop the table with its rows" in applied.stderr
    assert command("migrate", "plan").output == "The database is as the file says: nothing to do.\n"


def test_a_bad_environment_and_a_bad_file_are_told_together(command: Command, folder: Path) -> None:
    (folder / "app.yaml").write_text("nam: shop\n")
    result = command("migrate", "plan", PORT="http", DATABASE_URL="mysql://user:password@host/name")
    assert result.exit_code == 1
    assert "app.yaml:1:1 nam: unknown key" in result.stderr
    assert "environment: PORT must be a whole number" in result.stderr
    assert "environment: DATABASE_URL must be" in result.stderr
    assert "password" not in result.stderr


def test_warnings_are_told_and_stop_nothing(command: Command, folder: Path) -> None:
    (folder / "app.yaml").write_text(APPLICATION + "theme: dark\n")
    result = command("migrate", "apply", METRICS="on")
    assert result.exit_code == 0
    assert "warning: app.yaml:9:1 theme: belongs to the wider platform" in result.stderr
    assert "warning: METRICS has no effect in this version" in result.stderr
