"""The application file as an argument. Nothing of the product is loaded here, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

FILE_TYPE: Final = click.Path(dir_okay=False, path_type=Path)
optional_file = click.argument("file", type=FILE_TYPE, default=Path("app.yaml"))
"""The application file of commands that take nothing else."""
required_file = click.argument("file", type=FILE_TYPE)
