"""Runs commands in process, in a folder and an environment of the test's own."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli import main
from tabularium.settings import LATER

Command = Callable[..., Result]

APPLICATION = """\
name: shop
tables:
  - id: 1
    name: products
    fields:
      - { id: 1, name: name, type: single-line-text, required: true }
      - { id: 2, name: price, type: decimal, min: 0 }
      - { id: 3, name: sku, type: single-line-text, unique: true }
"""

_READ = (
    "PORT",
    "HOST",
    "BASE_URL",
    "DATA_DIR",
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "LOG_LEVEL",
    "LOG_FORMAT",
    "WORKERS",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder with the application file, from which commands are run."""
    handlers, level = logging.getLogger().handlers, logging.getLogger().level
    for name in (*_READ, *LATER):
        monkeypatch.delenv(name, raising=False)
    # Commands that a test starts as processes find the program from any folder.
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.yaml").write_text(APPLICATION, encoding="utf-8")
    yield tmp_path
    logging.getLogger().handlers = handlers
    logging.getLogger().setLevel(level)


@pytest.fixture
def command(folder: Path) -> Command:
    """Run `tabularium` with these arguments; keywords are environment variables."""

    def run(*arguments: str | Path, **environment: str) -> Result:
        assert Path.cwd() == folder
        return CliRunner().invoke(main, [os.fspath(each) for each in arguments], env=environment)

    return run
