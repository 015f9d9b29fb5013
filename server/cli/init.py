"""`tabularium init`: a new application to begin with."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

import click

from server.cli.failures import Failed

TEMPLATES: Final = ("crm", "blog", "tasks")
_NAME: Final = "app.yaml"


@click.command
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option("--template", type=click.Choice(TEMPLATES), default="crm", show_default=True, help="What to begin with.")
def init(folder: Path, template: str) -> None:
    """Write a working application file to FOLDER, by default this one.

    The folder is made if it is missing. A file that is there already is never overwritten.

    \b
    Example:
      tabularium init shop --template blog
    """
    target = folder / _NAME
    content = files("server.cli").joinpath("templates", template, _NAME).read_bytes()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            out.write(content)
    except FileExistsError:
        raise Failed(f"{target} is there already, and is not overwritten.") from None
    except OSError as error:
        raise Failed(f"{target} cannot be written: {error.strerror}.") from None
    click.echo(f"Wrote {target}. Serve it with: tabularium serve {target}")
