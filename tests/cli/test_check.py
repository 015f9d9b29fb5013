from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import APPLICATION, Command


def test_a_good_file_ends_with_0_and_touches_no_database(command: Command, folder: Path) -> None:
    result = command("check")
    assert (result.exit_code, result.output) == (0, "app.yaml: no errors, no warnings\n")
    assert [each.name for each in folder.iterdir()] == ["app.yaml"]


def test_all_errors_and_warnings_are_told_with_their_places(command: Command, folder: Path) -> None:
    (folder / "app.yaml").write_text(APPLICATION.replace("required", "requird") + "theme: dark\nauth: {}\n")
    result = command("check", "app.yaml")
    assert result.exit_code == 1
    unknown, missing, warning, summary = result.output.splitlines()
    assert unknown == 'app.yaml:6:54 tables[0].fields[0].requird: unknown key; did you mean "required"?'
    assert missing == "app.yaml:10:7 auth.strategies: is required"
    assert warning.startswith("warning: app.yaml:9:1 theme: ")
    assert summary == "app.yaml: 2 errors, 1 warning"


def test_json_holds_every_problem_as_data(command: Command, folder: Path) -> None:
    (folder / "bad.yaml").write_text("name: shop\ntheme: dark\ntabels: []\n")
    result = command("check", "--json", "bad.yaml")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["valid"]) == (1, False)
    assert [(each["line"], each["path"], each["severity"]) for each in report["errors"]] == [(3, "tabels", "error")]
    assert [(each["line"], each["path"], each["severity"]) for each in report["warnings"]] == [(2, "theme", "warning")]
    good = command("check", "--json")
    assert (good.exit_code, json.loads(good.stdout)) == (0, {"valid": True, "errors": [], "warnings": []})


def test_a_file_that_is_not_there_is_an_error(command: Command) -> None:
    result = command("check", "nowhere.yaml")
    assert result.exit_code == 1
    assert "nowhere.yaml:1:1: does not exist" in result.output
