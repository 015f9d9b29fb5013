from __future__ import annotations

import pytest

from tools import dashboard_assets, explorer_assets, licences
from tools.licences import TARGET, Row, installed_licence, is_allowed, make_rows, problems, read_rows
from tools.locks import ROOT


def test_every_locked_package_has_an_allowed_licence() -> None:
    assert list(problems()) == []


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("GPL-2.0-only OR MIT", True),
        ("MIT AND GPL-2.0-only", False),
        ("unknown", False),
    ],
)
def test_an_expression_is_allowed_when_allowed_licences_meet_it(expression: str, allowed: bool) -> None:
    assert is_allowed(expression) is allowed


def test_the_licence_of_an_installed_package_is_read_from_its_metadata() -> None:
    assert installed_licence("pytest") == "MIT"
    assert installed_licence("no-such-package-here") is None


def test_the_list_can_be_read_back() -> None:
    row = Row("orjson", "3.13.0", "MPL-2.0 AND (Apache-2.0 OR MIT)", "run")
    assert read_rows(f"| package | version | licence | for |\n|---|---|---|---|\n{row}\n") == {
        ("orjson", "3.13.0"): row
    }


def test_the_committed_list_is_what_would_be_made_here_for_the_installed_packages() -> None:
    listed = read_rows((ROOT / TARGET).read_text(encoding="utf-8"))
    assert {(row.name, row.version): row.use for row in make_rows()} == {key: row.use for key, row in listed.items()}


def test_a_licence_that_is_not_allowed_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "ALLOWED", licences.ALLOWED - {"Unlicense"})
    assert [problem.split(":")[1] for problem in problems()] == [
        " its licence 'Unlicense' is not among the allowed ones."
    ]


def test_the_files_of_others_are_listed_with_their_integrity() -> None:
    text = (ROOT / TARGET).read_text(encoding="utf-8")
    for assets in (explorer_assets, dashboard_assets):
        assert assets.VERSION in text
        assert assets.INTEGRITY in text
        assert "MIT License" in (assets.ASSETS / "LICENSE").read_text(encoding="utf-8")
