from __future__ import annotations

import subprocess
import sys

import click
import pytest

from server.cli import COMMANDS, main
from tests.cli.conftest import Command

SUBCOMMANDS = ["migrate plan", "migrate apply", "secret generate"]
SINGLE = [name for name in COMMANDS if name not in ("migrate", "secret")]


def test_the_help_lists_every_command_and_the_exit_codes(command: Command) -> None:
    result = command("--help")
    assert result.exit_code == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in result.output] == []
    assert "Exit codes: 0 done, 1 failed" in result.output
    assert "..." not in result.output.partition("Commands:")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_has_the_first_sentence_of_the_help_of_each(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.get_short_help_str(limit=200) == COMMANDS[name][1]


def test_the_help_loads_neither_the_product_nor_a_library_for_http() -> None:
    code = "import sys; from server.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1].split()
    assert {"sqlalchemy", "connexion", "tabularium.schema.build", "server.cli.check"}.isdisjoint(loaded)


@pytest.mark.parametrize("name", [*SINGLE, *SUBCOMMANDS])
def test_the_help_of_each_command_has_an_example_of_itself(command: Command, name: str) -> None:
    result = command(*name.split(), "--help")
    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"tabularium {name} " in result.output or f"tabularium {name}\n" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["check", "--nothing"],
        ["check", "a.yaml", "b.yaml"],
        ["import"],
        ["import", "app.yaml", "products"],
        ["import", "app.yaml", "products", "missing.csv"],
        ["export", "app.yaml"],
        ["init", "--template", "nothing"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "http"],
        ["serve", "--workers", "0"],
        ["migrate", "guess"],
        ["backup", "app.yaml"],
        ["doctor", "app.yaml"],
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_right(command: Command, arguments: list[str]) -> None:
    result = command(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr
    assert result.stdout == ""


def test_python_can_run_it_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "server.cli", "secret", "generate"], capture_output=True, check=True)
    assert len(done.stdout.strip()) == 43
