"""The generated files are those of the contract, byte for byte, on every machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from generated import models
from tools.generate import HOME, TARGET, stale


@pytest.fixture(scope="module")
def generated_twice(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Generate in two processes that order sets and dictionaries by different hashes."""
    targets = [tmp_path_factory.mktemp(f"seed{seed}") for seed in ("1", "2")]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tools.generate", "--target", str(target)],
            cwd=HOME,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
        )
        for seed, target in enumerate(targets, start=1)
    ]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    return targets


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_two_runs_give_the_same_bytes(generated_twice: list[Path]) -> None:
    first, second = map(contents, generated_twice)
    assert set(first) == {"__init__.py", "models.py", "openapi.json", "operations.txt"}
    assert first == second


def test_the_committed_files_are_fresh(generated_twice: list[Path]) -> None:
    fresh = contents(generated_twice[0])
    assert stale(fresh, TARGET) == [], "Run `make generate` and commit the result."


def test_the_models_keep_absent_and_null_apart() -> None:
    absent = models.RecordUpdateFields.model_validate({"fields": {}})
    assert absent.model_dump() == {"fields": {}}
    with pytest.raises(ValueError, match="updatedAt"):
        models.RecordUpdateFields.model_validate({"fields": {}, "updatedAt": None})


@pytest.mark.parametrize("body", [{"fields": {"name": None}}, {"name": "Ada", "age": 7}])
def test_the_models_know_both_forms_of_a_body(body: dict[str, object]) -> None:
    assert models.RecordCreate.model_validate(body).model_dump() == body
    assert models.RecordUpdate.model_validate(body).model_dump() == body
