"""`tabularium check`: what is wrong in an application file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from server.cli.arguments import optional_file
from server.cli.failures import FAILED
from tabularium.application import load_schema
from tabularium.config.problems import ConfigurationError, Position, Problem, listing
from tabularium.schema.model import Schema


@click.command
@optional_file
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_context
def check(context: click.Context, file: Path, as_json: bool) -> None:
    """List the errors and warnings of an application file.

    FILE is app.yaml unless another is named. No database is needed. The exit code is 1 if there are errors.

    \b
    Example:
      tabularium check shop/app.yaml
    """
    errors: Sequence[Problem] = ()
    try:
        loaded = load_schema(file)
        warnings: Sequence[Problem] = (*loaded.warnings, *_missing_variables(loaded.schema, file))
    except ConfigurationError as error:
        errors, warnings = error.problems, error.warnings
    click.echo(_json(errors, warnings) if as_json else _text(file, errors, warnings))
    context.exit(FAILED if errors else 0)


def _missing_variables(schema: Schema, file: Path) -> Iterator[Problem]:
    """Go through the variables that serving will need. The file is right without them, so each is a warning only."""
    names = () if schema.auth is None else schema.auth.credential_variables
    for name in names:
        if not os.environ.get(name) and not os.environ.get(f"{name}_FILE"):
            place = Position(0, file.name, 1, 1)
            yield Problem(
                place,
                "auth.strategies",
                f"the variable {name} is not set, without which it cannot be served",
                "warning",
            )


def _json(errors: Sequence[Problem], warnings: Sequence[Problem]) -> str:
    report = {
        "valid": not errors,
        "errors": [problem.as_json() for problem in errors],
        "warnings": [problem.as_json() for problem in warnings],
    }
    return json.dumps(report, ensure_ascii=False, indent=2)


def _text(file: Path, errors: Sequence[Problem], warnings: Sequence[Problem]) -> str:
    lines = [*listing(errors), *(f"warning: {line}" for line in listing(warnings))]
    return "\n".join([*lines, f"{file}: {_count(errors, 'error')}, {_count(warnings, 'warning')}"])


def _count(problems: Sequence[Problem], noun: str) -> str:
    return f"{len(problems) or 'no'} {noun}{'' if len(problems) == 1 else 's'}"
