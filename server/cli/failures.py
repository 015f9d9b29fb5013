"""Failures as the person at the terminal sees them: what and why, on stderr, and an exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import IO, Any, Final

import click

from tabularium.config.problems import ConfigurationError, listing
from tabularium.db.options import UnsuitableDatabase
from tabularium.errors import TabulariumError
from tabularium.records.transfer import ImportRefused
from tabularium.schema.migration.apply import MigrationRefused
from tabularium.settings import SettingsError

FAILED: Final = 1

ExitCodes = Mapping[type[Exception], int]
_NO_CODES: Final[ExitCodes] = MappingProxyType({})


class Failed(click.ClickException):
    """Ends the command. The message is shown as it is, and may have several lines."""

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # declared for classes, read from instances

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.message.rstrip("\n"), file=file, err=file is None)


def _refused_import(error: ImportRefused) -> str:
    count = "1 error" if error.total == 1 else f"{error.total:,} errors"
    return "\n".join([*error.lines(), f"Nothing was stored: {count}."])


_MESSAGES: Final[Mapping[type[Exception], Callable[[Any], str]]] = MappingProxyType(
    {
        ConfigurationError: lambda error: "\n".join(listing(error.problems)),
        SettingsError: lambda error: "\n".join(f"environment: {problem}" for problem in error.problems),
        MigrationRefused: lambda error: error.text,
        UnsuitableDatabase: lambda error: f"The database cannot be used: {error}.",
        ImportRefused: _refused_import,
        TabulariumError: lambda error: error.message,
    }
)
"""How each kind of failure is worded. All other exceptions are defects, which show their stack."""


@contextmanager
def told(codes: ExitCodes = _NO_CODES) -> Iterator[None]:
    """Turn the failures that a person can do something about into `Failed`, with the exit code that `codes` has."""
    try:
        yield
    except tuple(_MESSAGES) as error:
        message = next(write for kind, write in _MESSAGES.items() if isinstance(error, kind))(error)
        code = next((code for kind, code in codes.items() if isinstance(error, kind)), FAILED)
        raise Failed(message, code) from error
