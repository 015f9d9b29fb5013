from __future__ import annotations

import sys
from pathlib import Path

import pytest

from server.specification import InvalidContract
from tests.support.server import Serve, document

GOOD = (
    "async def operate() -> dict:\n    return {}\n\n\nasync def _private() -> None: ...\n\n\ndef plain() -> None: ...\n"
)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An importable package for handlers, called like its folder."""
    folder = tmp_path / f"handlers_of_{tmp_path.name.replace('-', '_')}"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def serve_package(serve: Serve, package: Path) -> None:
    for name in [each for each in sys.modules if each.startswith(package.name)]:
        del sys.modules[name]
    serve(document({"/a": {"get": {}}}), handlers=package.name)


def test_the_handler_of_an_operation_is_found_by_tag_and_operation_id(serve: Serve, package: Path) -> None:
    (package / "things.py").write_text(GOOD)
    serve_package(serve, package)


def test_a_missing_module_is_told_by_the_handlers_that_it_should_have(serve: Serve, package: Path) -> None:
    with pytest.raises(InvalidContract, match=rf"{package.name}\.things\.operate is missing, for GET /a"):
        serve_package(serve, package)


def test_a_surplus_handler_is_found_in_any_module_of_the_package(serve: Serve, package: Path) -> None:
    (package / "things.py").write_text(GOOD + "\n\nasync def left_over() -> None: ...\n")
    (package / "others.py").write_text("async def operate() -> None: ...\n")
    with pytest.raises(InvalidContract) as caught:
        serve_package(serve, package)
    assert "things.left_over is no operation" in str(caught.value)
    assert "others.operate is no operation" in str(caught.value)


def test_a_module_that_fails_to_import_says_why_itself(serve: Serve, package: Path) -> None:
    (package / "things.py").write_text("import a_module_that_is_not_there\n")
    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_not_there"):
        serve_package(serve, package)


def test_a_handler_must_name_its_arguments(serve: Serve, package: Path) -> None:
    (package / "things.py").write_text("async def operate(**everything: object) -> None: ...\n")
    with pytest.raises(InvalidContract, match=r"must name its arguments"):
        serve_package(serve, package)
