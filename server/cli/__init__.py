"""The command line: `tabularium …`. Each command is a module of its own, loaded when it is called for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

import click

from tabularium import __version__

COMMANDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "init": ("server.cli.init:init", "Write a working application file to FOLDER, by default this one."),
        "check": ("server.cli.check:check", "List the errors and warnings of an application file."),
        "serve": ("server.cli.serve:serve", 'Serve an application, after the safe steps of "migrate apply".'),
        "migrate": ("server.cli.migrate:migrate", "Compare file and database, make the database follow."),
        "openapi": ("server.cli.openapi:openapi", "Print the OpenAPI 3.1 contract of the application."),
        "import": ("server.cli.import_csv:import_csv", "Import the rows of a CSV file into a table."),
        "export": ("server.cli.export_csv:export_csv", "Export the records of a table as CSV."),
        "admin": ("server.cli.admin:admin", "Make administrators."),
        "secret": ("server.cli.secret:secret", "Make secrets."),
    }
)
"""The commands in the order of the help: where each one is, and the first sentence of its own help."""


class _Commands(click.Group):
    """Loads a command when it is named: some of them need a second for their libraries."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # Without this click would load every command for its first sentence.
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Serve the tables that one YAML file describes, as a complete REST API.

    \b
    Start with:
      tabularium init shop
      tabularium serve shop/app.yaml

    Exit codes: 0 done, 1 failed or errors found, 2 wrong usage; "serve" has some more.
    """
