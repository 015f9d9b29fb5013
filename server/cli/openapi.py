"""`tabularium openapi`: the contract as a file."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from server.cli.application import OPERATOR
from server.cli.arguments import optional_file
from server.cli.failures import told
from server.cli.output import write_file
from server.typed_contract import typed_contract_bytes
from tabularium.access.identity import GUEST
from tabularium.application import load_schema


@click.command
@optional_file
@click.option(
    "--expand",
    type=click.Choice(["tables"]),
    help="Write out paths and schemas for every table, in the place of those that serve any table.",
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of standard output."
)
def openapi(file: Path, expand: str | None, output: Path | None) -> None:
    """Print the OpenAPI 3.1 contract of the application.

    FILE is app.yaml unless another is named. It is what the server sends at /docs/openapi.json.

    \b
    Examples:
      tabularium openapi shop/app.yaml --output openapi.json
      tabularium openapi shop/app.yaml --expand tables --output shop.json
    """
    with told():
        schema = load_schema(file).schema
    document = files("generated").joinpath("openapi.json").read_bytes()
    if expand is not None:
        document = typed_contract_bytes(document, schema, GUEST if schema.auth is None else OPERATOR)
    with write_file(output) as out:
        out.write(document)
