"""`python -m tools.generate` and its check."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import generate
from tools.generate import main, operation_table, stale, write

FILES = {"openapi.json": b"{}\n", "operations.txt": b"one\n"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the real generation, which takes seconds, to `tests/contract/test_generated.py`."""
    monkeypatch.setattr(generate, "generate", lambda source: FILES)


def test_what_was_written_is_fresh(tmp_path: Path) -> None:
    target = tmp_path / "generated"
    assert main(["--target", str(target)]) == 0
    assert main(["--check", "--target", str(target)]) == 0
    assert {path.name: path.read_bytes() for path in target.iterdir()} == FILES


def test_the_check_writes_nothing(tmp_path: Path) -> None:
    assert main(["--check", "--target", str(tmp_path / "generated")]) == 1
    assert not (tmp_path / "generated").exists()


def test_the_check_names_stale_files_and_the_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(FILES, tmp_path)
    (tmp_path / "openapi.json").write_bytes(b"edited")
    assert main(["--check", "--target", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert str(tmp_path / "openapi.json") in told
    assert "operations.txt" not in told
    assert "make generate" in told


def test_missing_and_surplus_files_are_stale(tmp_path: Path) -> None:
    write({"openapi.json": FILES["openapi.json"], "former.py": b""}, tmp_path)
    assert stale(FILES, tmp_path) == ["former.py", "operations.txt"]


def test_a_contract_that_cannot_be_joined_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()
    assert main(["--source", str(tmp_path), "--target", str(tmp_path / "generated")]) == 1
    assert "openapi.yaml" in capsys.readouterr().err


def test_the_table_of_operations_has_one_aligned_line_an_operation() -> None:
    document = {
        "paths": {
            "/b": {"post": {"operationId": "create_b", "tags": ["letters"], "x-access": "table"}},
            "/a/{x}": {"get": {"operationId": "get_a", "tags": ["a"], "x-access": "public"}},
        }
    }
    assert operation_table(document) == (
        "letters  create_b  POST  /b      table\n"
        "a        get_a     GET   /a/{x}  public\n"
    )  # fmt: skip
