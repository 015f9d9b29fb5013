"""`tabularium secret`: secrets for the environment."""

from __future__ import annotations

import click

from tabularium.settings import new_secret


@click.group
def secret() -> None:
    """Make secrets."""


@secret.command
def generate() -> None:
    """Print a new random secret of 43 characters, different every time.

    \b
    Example:
      tabularium secret generate
    """
    click.echo(new_secret())
