from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools.locks import LOCKS, ROOT, Lock, problems, read_pins, read_project

PINNED = """\
alembic==1.20.1 \\
    --hash=sha256:8349
    # via tabularium (pyproject.toml)
uvloop==0.23.0 ; sys_platform != 'win32' \\
    --hash=sha256:0123
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the files that the check reads."""
    for name in ("pyproject.toml", *(lock.file for lock in LOCKS)):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_committed_lock_files_are_fresh() -> None:
    assert list(problems()) == []


def test_pins_are_read_with_their_markers() -> None:
    found = [(pin.name, pin.version, pin.marker) for pin in read_pins(PINNED)]
    assert found == [("alembic", "1.20.1", None), ("uvloop", "0.23.0", "sys_platform != 'win32'")]


def test_a_changed_requirement_makes_the_lock_file_stale(tree: Path) -> None:
    edit(tree / "pyproject.toml", '"orjson>=3.11"', '"orjson>=3.12"')
    found = list(problems(tree))
    assert found[0] == "requirements.lock was not made from the requirements that pyproject.toml has now."
    assert not any("requirements-build.lock" in problem for problem in found)


def test_a_requirement_that_no_pin_meets_is_named(tree: Path) -> None:
    edit(tree / "pyproject.toml", '"orjson>=3.11"', '"orjson>=99"')
    assert "requirements.lock: nothing in it meets orjson>=99." in list(problems(tree))


def test_a_line_without_hash_is_refused(tree: Path) -> None:
    with (tree / "requirements.lock").open("a", encoding="utf-8") as lock:
        lock.write("left-pad==1.0\n")
    assert "requirements.lock: 'left-pad==1.0' is no exact version with hashes." in list(problems(tree))


def test_two_lock_files_that_differ_on_a_version_are_refused(tree: Path) -> None:
    orjson = next(pin for pin in read_pins((tree / LOCKS[0].file).read_text(encoding="utf-8")) if pin.name == "orjson")
    edit(tree / LOCKS[1].file, f"\norjson=={orjson.version} ", "\norjson==99.0 ")
    assert f"{LOCKS[1].file} has orjson 99.0, another lock file {orjson.version}." in list(problems(tree))


def test_no_lock_file_names_a_package_host(tree: Path) -> None:
    edit(tree / "requirements.lock", "\n", "\n--index-url https://packages.example/simple\n")
    assert "requirements.lock: '://' is no exact version with hashes." in list(problems(tree))


def test_the_fingerprint_does_not_depend_on_the_order_of_the_requirements() -> None:
    project = read_project()
    turned = {**project, "project": {**project["project"], "dependencies": project["project"]["dependencies"][::-1]}}
    lock = Lock("requirements.lock")
    assert lock.fingerprint(project) == lock.fingerprint(turned)
