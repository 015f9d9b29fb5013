"""The command line: `tabularium …`. Each command is a module of its own, loaded when it is called for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

import click

from tabularium import __version__

COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "init": "server.cli.init:init",
        "check": "server.cli.check:check",
        "serve": "server.cli.serve:serve",
        "migrate": "server.cli.migrate:migrate",
        "openapi": "server.cli.openapi:openapi",
        "import": "server.cli.import_csv:import_csv",
        "export": "server.cli.export_csv:export_csv",
        "secret": "server.cli.secret:secret",
    }
)
"""The commands in the order of the help, and where each one is."""


class _Commands(click.Group):
    """Loads a command when it is named: some of them need a second for their libraries."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


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
