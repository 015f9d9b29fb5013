"""Fuzz the real server: `python -m tests.fuzz`.

The server is started as a user would start it, once on each database, with the tables of app.yaml and the records of
seed.py. Schemathesis drives it by the contract, and by the one in which every table is written out; then come the
attacks that no HTTP client would send. At the end the log, the memory and the database are looked at.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.fuzz import accounts, aftermath, run_folder, seed
from tests.fuzz.torture import torture
from tests.provision.postgresql import NoServer, postgresql_server
from tests.provision.server import RunningServer, running_server

ROOT: Final = Path(__file__).parent.parent.parent
APPLICATION: Final = Path(__file__).with_name("app.yaml")
CONFIGURATION: Final = Path(__file__).with_name("schemathesis.toml")
DATABASES: Final = {"sqlite": ("sqlite",), "postgresql": ("postgresql",), "both": ("sqlite", "postgresql")}
CONTRACTS: Final = {"generic": "/docs/openapi.json", "typed": "/docs/openapi.json?expand=tables"}
EXAMPLES: Final = {"generic": 40, "typed": 15, "accounts": 4}
"""Random cases for each operation. The typed contract has operations for every table, the generic one for all at once."""
QUICK_EXAMPLES: Final = 3
AT_MOST_SECONDS: Final = 900
"""For one contract, and `--times` as long. Two idle processors need about a tenth of it."""
GROWTH_MEBIBYTES: Final = 150
"""What the server may hold more after a run than after the records were stored: caches that are full, and no leak."""


@dataclass
class Report:
    """What a run on one database has shown."""

    database: str
    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        """Note a line of the summary and show it at once."""
        self.lines.append(line)
        sys.stdout.write(f"[{self.database}] {line}\n")
        sys.stdout.flush()


@contextmanager
def database_url(name: str, folder: Path) -> Iterator[str]:
    """Yield the URL of an empty database."""
    if name == "sqlite":
        yield f"sqlite:{folder / 'fuzz.db'}"
    else:
        with postgresql_server() as server:
            yield server.create_database()


def fuzz(name: str, arguments: argparse.Namespace) -> Report:
    """Fuzz the server on one database."""
    report = Report(name)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tabularium-fuzz-") as temporary:
        folder = Path(temporary)
        with database_url(name, folder) as url:
            environment = {"DATABASE_URL": url, "DATA_DIR": str(folder), "LOG_LEVEL": "warning", "LOG_FORMAT": "json"}
            if not _is_administrated(arguments.paths):
                with running_server(APPLICATION, folder / "server.log", environment) as server:
                    _attack(report, server, folder, arguments)
                report.faults += [f"the database: {each}" for each in aftermath.database_faults(url)]
        _fuzz_accounts(report, name, folder, arguments)
    report.say(f"{len(report.faults)} faults in {time.monotonic() - began:.0f} s")
    return report


_ADMINISTRATED: Final = ("/api/activity", "/api/analytics", "/docs/analytics")
"""The paths of the tags that serve administrators alone."""
_OF_MANY: Final = r"/(batch|upsert|restore|history|trash|comments)(/|$)"
"""Operations that a usual run asks by the generic contract alone: one for each table would take longer than all else."""


def _is_administrated(paths: str | None) -> bool:
    """Say whether `--paths` means what administrators alone may do."""
    return paths is not None and any(re.search(paths, each) for each in _ADMINISTRATED)


def _examples(contract: str, arguments: argparse.Namespace) -> int:
    of_its_own: int = QUICK_EXAMPLES if arguments.quick else EXAMPLES[contract]
    return int(arguments.examples or of_its_own * arguments.times)


def _fuzz_accounts(report: Report, name: str, folder: Path, arguments: argparse.Namespace) -> None:
    """Fuzz the operations of accounts, and what administrators alone may do, on a server and a database of their own.

    With `--paths` only the latter, as far as they match.
    """
    if arguments.paths and not _is_administrated(arguments.paths):
        return
    place = folder / "accounts"
    place.mkdir()
    with database_url(name, place) as url:
        environment = {"DATABASE_URL": url, "DATA_DIR": str(place), "LOG_LEVEL": "warning", "LOG_FORMAT": "json"}
        environment |= accounts.ENVIRONMENT
        with running_server(accounts.APPLICATION, place / "server.log", environment) as server:
            for what, kind, more in _account_runs(server, is_narrow=bool(arguments.paths)):
                examples = _examples(kind, arguments)
                path, hooks = CONTRACTS["generic"], "tests.fuzz.account_hooks"
                _run_schemathesis(report, what, server.url, path, place, examples, arguments, hooks, more)
            if not aftermath.is_alive(server.process):
                report.faults.append("the server's process has ended")
            report.faults += [f"the server logged: {line}" for line in aftermath.log_errors(server.log)]
        report.faults += [f"the database: {each}" for each in aftermath.database_faults(url)]


def _account_runs(server: RunningServer, *, is_narrow: bool) -> Iterator[tuple[str, str, list[str]]]:
    """Yield what is asked, how much of it as a key of `EXAMPLES`, and the options; as nobody first, who spoils nothing."""
    if not is_narrow:
        yield "accounts, as nobody", "accounts", [*accounts.only_accounts(), *accounts.as_nobody()]
    caller = accounts.as_administrator(server.url)
    alone = [*accounts.only_administrated(), *caller, "--exclude-checks", "ignored_auth"]
    yield "what is for administrators", "generic", alone
    if not is_narrow:
        of_accounts = [*accounts.only_accounts(), *caller, *accounts.staying_signed_in()]
        yield "accounts, as an administrator", "accounts", of_accounts


def _attack(report: Report, server: RunningServer, folder: Path, arguments: argparse.Namespace) -> None:
    run_folder.write_ids(folder, seed.store(server.url), seed.store_trash(server.url))
    memory = [aftermath.resident_mebibytes(server.process)]
    for contract, path in CONTRACTS.items():
        examples = _examples(contract, arguments)
        more = [option for tag in (*accounts.TAGS, *accounts.ADMINISTRATED) for option in ("--exclude-tag", tag)]
        more += ["--include-path-regex", arguments.paths] if arguments.paths else []
        if contract != "generic" and arguments.times == 1 and not arguments.paths:
            more += ["--exclude-path-regex", _OF_MANY]
        _run_schemathesis(report, contract, server.url, path, folder, examples, arguments, "tests.fuzz.hooks", more)
        memory.append(aftermath.resident_mebibytes(server.process))
    if not arguments.paths:
        _torture(report, server, arguments)
    if not aftermath.is_alive(server.process):
        report.faults.append("the server's process has ended")
    memory.append(aftermath.resident_mebibytes(server.process))
    report.say(f"memory of the server, from the start to the end: {' → '.join(map(str, memory))} MiB")
    if memory[-1] - memory[0] > GROWTH_MEBIBYTES:
        report.faults.append(f"the server's memory grew by more than {GROWTH_MEBIBYTES} MiB")
    report.faults += [f"the server logged: {line}" for line in aftermath.log_errors(server.log)]


def _torture(report: Report, server: RunningServer, arguments: argparse.Namespace) -> None:
    began = time.monotonic()
    attacks = torture(server.port, with_slow=not arguments.quick)
    report.say(f"attacks: {attacks.count} in {time.monotonic() - began:.0f} s")
    report.faults += attacks.faults


def _run_schemathesis(
    report: Report,
    contract: str,
    url: str,
    path: str,
    folder: Path,
    examples: int,
    arguments: argparse.Namespace,
    hooks: str,
    more: list[str],
) -> None:
    output = folder / f"{contract}.txt"
    options = ["--seed", str(arguments.seed), "--max-examples", str(examples), *more]
    command = ["run", f"{url}{path}", "--url", url, "--no-color", *options]
    code = _exit_code(command, folder, output, hooks, AT_MOST_SECONDS * arguments.times)
    phases = run_folder.take_tally(folder)
    for phase, entry in phases.items():
        statuses = ", ".join(f"{count} × {status}" for status, count in sorted(entry["statuses"].items()))
        report.say(f"{contract} contract, {phase}: {entry['cases']} cases in {entry['seconds']:.0f} s ({statuses})")
    if code != 0 or not phases:
        text = output.read_text(encoding="utf-8", errors="replace")
        report.faults.append(f"Schemathesis with the {contract} contract (exit code {code}):\n{text}")


def _exit_code(arguments: list[str], folder: Path, output: Path, module: str, at_most: int) -> int | str:
    """Run Schemathesis, with its output in a file, and return its exit code, or a text where there is none."""
    hooks = {"PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": module, run_folder.VARIABLE: str(folder)}
    # Hypothesis keeps there what it has worked out about Unicode, which takes it seconds; no examples, by the configuration.
    hooks["HYPOTHESIS_STORAGE_DIRECTORY"] = str(ROOT / ".hypothesis")
    program = Path(sys.executable).with_name("st")
    command = [str(program), "--config-file", str(CONFIGURATION), *arguments]
    with output.open("wb") as out:
        try:
            return subprocess.run(
                command,
                check=False,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **hooks},
                cwd=folder,
                timeout=at_most,
            ).returncode
        except subprocess.TimeoutExpired:
            return f"none within {at_most} s"


def main() -> int:
    arguments = _parser().parse_args()
    names = DATABASES[arguments.database]
    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        running = {name: pool.submit(fuzz, name, arguments) for name in names}
    faults = []
    for name, future in running.items():
        try:
            faults += [f"[{name}] {each}" for each in future.result().faults]
        except NoServer as error:
            sys.stdout.write(f"PostgreSQL was left out: {error}.\n")
            faults += [f"[{name}] there is no server"] if arguments.database == name else []
    sys.stdout.write("".join(f"\n{fault}\n" for fault in faults))
    sys.stdout.write(f"\nFuzz run with seed {arguments.seed}: {len(faults)} faults.\n")
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make fuzz", description="Fuzz the real server.")
    both = "both, the default, leaves PostgreSQL out where none can be had"
    parser.add_argument("--database", choices=DATABASES, default="both", help=f"the database; {both}")
    parser.add_argument("--quick", action="store_true", help="few random cases, and no attack that has to wait")
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same requests (default 7)")
    parser.add_argument("--examples", type=int, help="random cases for each operation and contract")
    parser.add_argument("--paths", help="a regular expression: only operations whose path matches, and no attacks")
    parser.add_argument("--times", type=int, default=1, help="so many times the random cases that are usual")
    return parser


if __name__ == "__main__":
    sys.exit(main())
