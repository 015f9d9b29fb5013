"""Where results go: to a file that is whole or not there, or to standard output; and progress to the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from server.cli.failures import Failed


@contextmanager
def write_file(path: Path | None) -> Iterator[BinaryIO]:
    """Open standard output, or the file at `path`, which takes its place only when the block ends without error."""
    try:
        with _standard_output() if path is None else _open(path) as file:
            yield file
    except BrokenPipeError:  # whoever reads has enough: click ends the command without a word
        raise
    except OSError as error:
        raise Failed(f"{path or 'Standard output'} cannot be written: {error.strerror}.") from error


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    target = path.resolve()  # what a link points at is written, and the link stays
    if target.exists() and not target.is_file():
        # A device or a pipe, such as /dev/null: a file must not take its place.
        with target.open("wb") as file:
            yield file
        return
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    try:
        with unfinished.open("xb") as file:
            yield file
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def progress(label: str, length: int, *, hidden: bool = False) -> Iterator[Callable[[int], None]]:
    """Draw a bar on standard error if that is a terminal, and give what moves it to a position from 0 to `length`."""
    hidden = hidden or not sys.stderr.isatty()
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden) as bar:
        yield lambda position: bar.update(position - bar.pos)
